"""A threaded server becomes one with asyncio."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Stage, Task
from labsupport.exercises.peers import PATIENCE, Peer, Unmet
from labsupport.tape.events import clock
from labsupport.tape.watched import Plain

from .looking_up import PAGE, SLOW, awaited, looks_up
from .port_mistakes import ALL_LOOKED_UP, MISTAKES, NEW, PAGES, SOLUTION, STARTER, THREADED
from .readers import with_little_room
from .waking import wakes

__all__ = ["PORT_TO_ASYNCIO"]

#: Seconds after which a case is over, also on a busy machine.
_LONGEST: Final = 15.0
#: Seconds that clients get after the stop: nobody is to be cut; or whoever stays is, and must be in `_CUT` seconds.
_LONG: Final = 60.0
_SHORT: Final = 0.2
_CUT: Final = 2.0


# --- the clients -----------------------------------------------------------------------------


def _case(title: str, play: Callable[[Stage], None], grace: float = _LONG) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        wakes(stage)
        with stage.learner.adopt():
            listener = stage.listen()
        return listener, looks_up(stage), grace

    def played(stage: Stage) -> None:
        try:
            play(stage)
        finally:
            looks_up(stage).free.set()
        looks_up(stage).stop()
        for peer in stage.peers:
            peer.sock.close()
        stage.until(lambda: stage.gone)

    call = "await port_to_asyncio(listener, look_up, stop, grace)"
    return Case(title, call, played, given, use=awaited, longest=_LONGEST, stops=True)


def _asks(peer: Peer, text: str) -> None:
    peer.says(text.encode())
    peer.hears(text.upper().encode())


def _in_turn(stage: Stage) -> None:
    amara, bo = stage.client("Amara"), stage.client("Bồ")
    _asks(amara, "héllo\n")
    bo.says(b"by")
    stage.rest()
    bo.says(b"tes\nand ")
    bo.hears(b"BYTES\n")
    _asks(amara, "again\n")
    bo.says(b"more\n")
    bo.hears(b"AND MORE\n")
    bo.finishes()
    bo.hears_the_end()


def _one_takes_long(stage: Stage) -> None:
    amara, bo = stage.client("Amara"), stage.client("Bồ")
    _asks_for_long(stage, amara)
    _asks(bo, "quick\n")
    looks_up(stage).free.set()
    amara.hears(SLOW.decode().upper().encode())


def _asks_for_long(stage: Stage, peer: Peer) -> None:
    """Ask for what takes long; go on when it is being looked up."""
    peer.says(SLOW)
    met = looks_up(stage)
    if not stage.until(met.begun.is_set):
        raise Unmet(peer.name, "a look_up() of its line", "none")


def _reads_nothing(stage: Stage) -> None:
    bo = stage.client("Bồ")
    chen = with_little_room(stage, "Chen")
    met = looks_up(stage)
    chen.says(PAGE * PAGES)
    before, until = -1, clock() + PATIENCE
    while before < met.times < PAGES and clock() < until:
        before = met.times
        stage.rest()
    if met.times >= PAGES:
        raise Unmet(chen.name, "no more answers made than there is room for", ALL_LOOKED_UP)
    _asks(bo, "still there?\n")
    page = met.look_up(PAGE)
    for _ in range(PAGES // 10):
        chen.hears(page * 10)


def _one_is_reset(stage: Stage) -> None:
    amara, bo = stage.client("Amara"), stage.client("Bồ")
    _asks_for_long(stage, amara)
    amara.resets()
    stage.rest()
    looks_up(stage).free.set()
    _asks(bo, "and me?\n")


def _stops(stage: Stage) -> None:
    amara = stage.client("Amara")
    _asks_for_long(stage, amara)
    looks_up(stage).stop()
    stage.rest()
    _is_closed(stage)
    looks_up(stage).free.set()
    amara.hears(SLOW.decode().upper().encode())
    amara.finishes()
    amara.hears_the_end()


def _is_closed(stage: Stage) -> None:
    """The listener, so that the kernel refuses whoever comes now.  Else `Unmet`."""
    if not stage.until(lambda: stage.listen().fileno() == -1):
        raise Unmet(NEW, "a refusal, for the stop has come", "in: the listener is open")


def _one_stays(stage: Stage) -> None:
    bo = stage.client("Bồ")
    _asks(bo, "héllo\n")
    looks_up(stage).stop()
    _is_cut(stage, bo)


def _is_cut(stage: Stage, peer: Peer) -> None:
    """The learner's side ends a connection on which nothing happens, in its own time.  Else `Unmet`."""
    peer.awaits = "the end of the connection"
    Plain.settimeout(peer.sock, PATIENCE / 3)
    until = clock() + _CUT
    while clock() < until:
        stage.steps += 1
        try:
            if not peer.sock.recv(4096):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    else:
        raise Unmet(peer.name, peer.awaits, "none")
    peer.awaits = ""


PORT_TO_ASYNCIO: Final = Task(
    name="port_to_asyncio",
    chapter=7,
    prompt=(
        "**Port it to asyncio.** This server answers each line by `look_up(line)`, which blocks. Write it as "
        "`async def port_to_asyncio(listener, look_up, stop, grace)`, one coroutine a client: nobody waits for another "
        "one's answer, and no more answers are made for a client than it takes. When `stop`, an `asyncio.Event`, is "
        "set: close the listener, give all who are there `grace` seconds to finish, cut whoever is left, and "
        "return. It is awaited in a loop that runs, as in a notebook.\n\n```python\n" + THREADED + "```"
    ),
    hints=(
        "`await asyncio.start_server(handler, sock=listener)` accepts, and calls handler(reader, writer) for each.",
        "`await asyncio.to_thread(look_up, line)` has a thread wait. `await writer.drain()` waits for the client.",
        "Keep each task that you create, with its writer, in a dict; `task.add_done_callback(here.pop)` takes it out.",
        (
            "At the end: server.close(); asyncio.wait(tasks, timeout=grace); writer.transport.abort() for whoever is "
            "left; wait for those tasks too."
        ),
    ),
    starter=STARTER,
    solution=SOLUTION,
    alternatives=(
        """\
import asyncio


async def port_to_asyncio(listener, look_up, stop, grace):
    tasks = set()

    async def handler(reader, writer):
        tasks.add(asyncio.current_task())
        try:
            async for line in reader:
                answer = await asyncio.get_running_loop().run_in_executor(None, look_up, line)
                writer.write(answer)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            tasks.discard(asyncio.current_task())
            writer.close()

    async with await asyncio.start_server(handler, sock=listener, limit=4096) as server:
        await stop.wait()
        server.close()
        done, late = await asyncio.wait(tasks, timeout=grace) if tasks else (set(), set())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
""",
        """\
import asyncio


async def answer(sock, look_up):
    loop, rest = asyncio.get_running_loop(), b""
    with sock:
        try:
            while data := await loop.sock_recv(sock, 1000):
                *lines, rest = (rest + data).split(b"\\n")
                for line in lines:
                    await loop.sock_sendall(sock, await asyncio.to_thread(look_up, line + b"\\n"))
        except OSError:
            pass


async def accept(listener, look_up, tasks):
    while True:
        sock, _ = await asyncio.get_running_loop().sock_accept(listener)
        task = asyncio.create_task(answer(sock, look_up))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def port_to_asyncio(listener, look_up, stop, grace):
    listener.setblocking(False)
    tasks = set()
    door = asyncio.create_task(accept(listener, look_up, tasks))
    await stop.wait()
    door.cancel()
    await asyncio.wait([door])
    listener.close()
    for patience in (grace, None):
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
""",
    ),
    cases=(
        _case("Amara and Bồ ask in turn; lines come in pieces", _in_turn),
        _case("Amara's answer takes long; Bồ asks meanwhile", _one_takes_long),
        _case(f"Chen asks for {PAGES} long answers and reads none; then he reads", _reads_nothing),
        _case("Amara resets while her answer is looked up", _one_is_reset),
        _case("the stop comes while Amara's answer is looked up", _stops),
        _case("the stop comes, and Bồ says nothing and stays", _one_stays, _SHORT),
    ),
    praise=(
        "One thread for all of them, and nobody waited for anybody else: what blocks went to a thread of its own, what "
        "is not read was not made, and at the stop every task was waited for, none of them for ever."
    ),
    mistakes=MISTAKES,
)

"""A gap: what an echo server with selectors does with what it cannot send yet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from labsupport.exercises.conformance.servers import ECHO, Clients
from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers import Peer, Unmet
from labsupport.tape.events import clock

from .readers import fills, with_little_room
from .selector_mistakes import MISTAKES, OFTEN, QUIET, STARTER, threads, written
from .selects import Returns, counted
from .waking import wakes

__all__ = ["SELECTOR_ECHO"]

#: Seconds for which nobody says anything.
_QUIET: Final = 0.3
#: Seconds after which a case is over, also on a busy machine.
_LONGEST: Final = 12.0
#: What clients of any server do.
_CLIENTS: Final = dict(Clients(list(ECHO)).plays(b"", at_once=True))


# --- the clients -----------------------------------------------------------------------------


def _one_thread(outcome: Outcome) -> str:
    return "" if threads(outcome) <= 1 else "one thread for all clients"


def _case(title: str, play: Callable[[Stage], None]) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        wakes(stage)
        stage.noted["returns"] = stage.afterwards.enter_context(counted(stage.learner))
        return (stage.listen(),)

    return Case(title, "selector_echo(listener)", play, given, serves=True, longest=_LONGEST, holds=_one_thread)


def _says(peer: Peer, text: str) -> None:
    peer.says(text.encode())
    peer.hears(text.encode())


def _quiet(stage: Stage) -> None:
    amara = stage.client("Amara")
    _says(amara, "héllo")
    _nobody_speaks(stage)
    bo = stage.client("Bồ")
    _says(bo, "你好")
    _says(amara, "still here")


def _nobody_speaks(stage: Stage) -> None:
    """`Unmet` if select() comes back again and again meanwhile."""
    returns: Returns = stage.noted["returns"]
    before, until = replace(returns), clock() + _QUIET
    stage.noted[QUIET] = before
    while clock() < until:
        threading.Event().wait(0.005)
        if max(returns.ready - before.ready, returns.nobody - before.nobody) >= OFTEN:
            raise Unmet("Amara", "a server that waits while nobody says anything", "one that asks again and again")
    del stage.noted[QUIET]


def _never_reads(stage: Stage) -> None:
    dewi = stage.client("Dewi")
    chen = with_little_room(stage, "Chen")
    sent = fills(stage, chen)
    _says(dewi, "नमस्ते")
    chen.hears(sent)
    _says(chen, "thanks")


def _half_close(stage: Stage) -> None:
    dewi = with_little_room(stage, "Dewi")
    sent = fills(stage, dewi)
    dewi.finishes()
    dewi.hears(sent)
    dewi.hears_the_end()


def _reset(stage: Stage) -> None:
    eli = with_little_room(stage, "Eli")
    fills(stage, eli)
    eli.resets()
    stage.rest()
    _says(stage.client("Amara"), "me too")


def _come_and_go(stage: Stage) -> None:
    """So many that the numbers of their sockets are given out again."""
    crowd = [stage.client(f"client {number}") for number in range(1, 7)]
    for each in crowd:
        each.finishes()
        each.hears_the_end()
    stage.rest()
    _says(stage.client("Femi"), "and me?")


SELECTOR_ECHO: Final = Task(
    name="selector_echo",
    chapter=7,
    prompt=(
        "**An echo that keeps what it could not send.** One thread, all clients. What a client sends goes back to it, "
        "byte for byte; but one that reads late has no room for it, and none of the others may wait for that one. "
        "Fill the gap, in at most five lines: send what the client takes *now*, keep the rest in `unsent`, and tell "
        "the selector what to ask for next. A client that never reads must not fill your memory."
    ),
    hints=(
        "When may you call send()? And when, while something is kept for a client, may you read more from it?",
        "`client.send(data)` returns how many bytes it took. `data[sent:]` is the rest.",
        "`selector.modify(client, EVENT_WRITE)` asks only whether it can be written to; then it is not read from.",
        (
            "Send if `events & EVENT_WRITE`. At the end, every time: "
            "`selector.modify(client, EVENT_WRITE if unsent[client] else EVENT_READ)`."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        written("""\
            try:
                unsent[client] = unsent[client][client.send(unsent[client]) :]
            except BlockingIOError:
                pass  # no room; all of it is kept
            selector.modify(client, EVENT_WRITE if unsent[client] else EVENT_READ)
        """),
        """\
import selectors


class Client:
    def __init__(self, selector, sock):
        sock.setblocking(False)
        self.selector, self.sock, self.kept, self.finished = selector, sock, bytearray(), False
        selector.register(sock, selectors.EVENT_READ, self)

    def go_on(self, events):
        if events & selectors.EVENT_WRITE:
            del self.kept[: self.sock.send(self.kept)]
        if events & selectors.EVENT_READ:
            data = self.sock.recv(1024)
            self.kept += data
            self.finished = not data
        wants = selectors.EVENT_READ if not self.finished and len(self.kept) < 8192 else 0
        if self.kept:
            wants |= selectors.EVENT_WRITE
        if wants:
            self.selector.modify(self.sock, wants, self)
        else:
            self.leave()

    def leave(self):
        self.selector.unregister(self.sock)
        self.sock.close()


def selector_echo(listener):
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, events in selector.select():
                if key.data is None:
                    Client(selector, listener.accept()[0])
                    continue
                try:
                    key.data.go_on(events)
                except OSError:
                    key.data.leave()
""",
        """\
import asyncio


async def echo(reader, writer):
    writer.transport.set_write_buffer_limits(0)
    try:
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def serve(listener):
    async with await asyncio.start_server(echo, sock=listener, limit=1000) as server:
        await server.serve_forever()


def selector_echo(listener):
    asyncio.run(serve(listener))
""",
    ),
    cases=(
        _case("Amara says something, nobody speaks for a while, then Bồ comes", _quiet),
        _case("six clients come and go, then Femi comes", _come_and_go),
        _case("Dewi sends until there is room for no more, finishes, and only then reads", _half_close),
        _case("Chen sends without end and reads nothing; Dewi is served; then Chen reads", _never_reads),
        _case("Eli resets while something is kept for him, then Amara comes", _reset),
        *(_case(title, _CLIENTS[title]) for title in ("a question comes byte by byte", "12 clients at once")),
    ),
    praise=(
        "Every byte came back, and none of it waited in your memory for longer than it had to: while a client did not "
        "read, it was not read from. All of that in one thread, which slept whenever there was nothing to do."
    ),
    mistakes=MISTAKES,
)

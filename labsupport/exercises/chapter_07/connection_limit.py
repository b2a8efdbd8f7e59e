"""A server with a limit of connections, that answers the one too many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers import Peer

from .gate import behind_a_gate, gate, opens
from .limit_mistakes import MISTAKES, STARTER, written
from .limit_signs import BUSY, stands_behind
from .waking import all_leave, wakes

__all__ = ["CONNECTION_LIMIT"]

#: Seconds after which a case is over, also on a busy machine.
_LONGEST: Final = 12.0


# --- the clients -----------------------------------------------------------------------------


def _case(
    title: str, play: Callable[[Stage], None], limit: int, holds: Callable[[Outcome], str] = lambda _: ""
) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        wakes(stage)
        return stage.listen(), limit, gate(stage)

    def played(stage: Stage) -> None:
        play(stage)
        all_leave(stage)

    call = f"connection_limit(listener, {limit})"
    return Case(title, call, played, given, serves=True, holds=holds, use=behind_a_gate, longest=_LONGEST)


def _is_served(peer: Peer, text: str) -> None:
    peer.says(text.encode())
    peer.hears(text.encode())


def _is_refused(peer: Peer) -> None:
    peer.hears(BUSY)
    peer.hears_the_end()


def _three_wait(stage: Stage) -> None:
    amara, bo, chen = (stage.client(name) for name in ("Amara", "Bồ", "Chen"))
    for each in (amara, bo, chen):
        each.says("héllo".encode())
    stage.rest()
    opens(stage)
    for each in (amara, bo):
        each.hears("héllo".encode())
    _is_refused(chen)
    chen.leaves()
    _is_served(amara, "你好")


def _one_resets(stage: Stage) -> None:
    opens(stage)
    amara = stage.client("Amara")
    _is_served(amara, "héllo")
    stage.rest()
    amara.resets()
    stage.rest()
    dewi = stage.client("Dewi")
    _is_served(dewi, "नमस्ते")


def _refused_stay(stage: Stage) -> None:
    """Two are refused, and do not go: that is nobody's matter but their own."""
    opens(stage)
    amara = stage.client("Amara")
    _is_served(amara, "héllo")
    for name in ("Chen", "Dewi"):
        _is_refused(stage.client(name))
    _is_served(amara, "still here")
    amara.finishes()
    amara.hears_the_end()
    stage.rest()
    _is_served(stage.client("Eli"), "at last")


def _goes_on(outcome: Outcome) -> str:
    return "a loop that goes on to accept while one stays that was refused" if stands_behind(outcome) else ""


CONNECTION_LIMIT: Final = Task(
    name="connection_limit",
    chapter=7,
    prompt=(
        "**A limit that answers.** `connection_limit(listener, limit)` is an echo for at most `limit` clients at once. "
        "The one too many hears `b'busy\\n'` and then the end, at once, whatever it has sent already: it neither waits "
        "nor is reset, and keeps nobody waiting though it may not go. When a client has gone, by a reset too, its "
        "place is free for the next one."
    ),
    hints=(
        "What does a client notice that connects to a listener whose program does not accept?",
        "Count those you serve. `threading.Semaphore(limit)`: `acquire(blocking=False)` says whether there is a place.",
        "Give the place back in `finally`, so that a reset does it too.",
        (
            "Refuse in a thread: sendall(b'busy\\n'), shutdown(socket.SHUT_WR), then recv() until b'' with a timeout, "
            "for a close with unread bytes is a reset."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        """\
import selectors
import socket
from selectors import EVENT_READ


def connection_limit(listener, limit):
    selector = selectors.DefaultSelector()
    selector.register(listener, EVENT_READ)
    served = set()
    while True:
        for key, _ in selector.select():
            sock = key.fileobj
            if sock is listener:
                sock, _ = listener.accept()
                sock.setblocking(False)
                selector.register(sock, EVENT_READ)
                if len(served) < limit:
                    served.add(sock)
                else:
                    sock.send(b"busy\\n")
                    sock.shutdown(socket.SHUT_WR)
                continue
            try:
                data = sock.recv(4096)
            except OSError:
                data = b""
            if not data:
                served.discard(sock)
                selector.unregister(sock)
                sock.close()
            elif sock in served:
                sock.send(data)
""",
        """\
import asyncio


async def serve(listener, limit):
    here = 0

    async def attend(reader, writer):
        nonlocal here
        served = here < limit
        here += served
        try:
            if not served:
                writer.write(b"busy\\n")
                writer.write_eof()
            async with asyncio.timeout(None if served else 1):
                while data := await reader.read(1000):
                    if served:
                        writer.write(data)
                        await writer.drain()
        except OSError:
            pass
        finally:
            here -= served
            writer.close()

    async with await asyncio.start_server(attend, sock=listener) as server:
        await server.serve_forever()


def connection_limit(listener, limit):
    asyncio.run(serve(listener, limit))
""",
    ),
    cases=(
        _case("three have come and said something before the server begins", _three_wait, 2),
        _case("Amara resets, then Dewi comes", _one_resets, 1),
        _case("Chen and Dewi are refused and do not go; Amara leaves, then Eli comes", _refused_stay, 1, _goes_on),
    ),
    praise=(
        "Whoever had no place was told so, at once, and could read it to the end; whoever left gave the place back, "
        "however they left. The kernel would have let them all in, and told nobody anything."
    ),
    mistakes=MISTAKES,
)

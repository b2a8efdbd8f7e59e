"""Two polite programs: each sends all before it reads, and with more than the buffers hold both wait for ever."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Case, Stage, Task
from labsupport.exercises.peers import PATIENCE, Peer, Unmet
from labsupport.tape.events import clock
from labsupport.tape.watched import Plain, endpoint_of

from .polite_mistakes import MISTAKES, STARTER

__all__ = ["POLITE_DEADLOCK"]

_WHO: Final = "the peer"
_END: Final = "the end (recv() gives b'')"
_MINE: Final = b"After you, please. "
_THEIRS: Final = "Después de usted. ".encode()
#: Bytes of each side, and of the buffers, of which the kernel makes twice as much (socket(7)).
_MUCH: Final = 300_000
_BUFFER: Final = 32_768
#: Seconds between two looks whether anybody is there.
_LOOK: Final = 0.05


def _case(title: str, play: Callable[[Stage], None], size: int) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        sock, peer = stage.lent(name=_WHO)
        for each in (sock, peer.sock):
            Plain.setsockopt(each, socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            Plain.setsockopt(each, socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        mine, theirs = (text * (size // len(text)) for text in (_MINE, _THEIRS))
        stage.noted |= {"sock": sock, "peer": peer, "mine": mine, "theirs": theirs}
        stage.returns = theirs
        return sock, mine

    return Case(title, "polite_deadlock(sock, mine)", play, given)


# --- the peer --------------------------------------------------------------------------------


def _peer(stage: Stage) -> Peer:
    peer = stage.noted["peer"]
    assert isinstance(peer, Peer)
    return peer


def _says_little(stage: Stage) -> None:
    peer = _peer(stage)
    stage.rest()
    peer.says(stage.noted["theirs"])
    peer.finishes()
    peer.hears(stage.noted["mine"])
    peer.hears_the_end()


def _sends_first(stage: Stage) -> None:
    """It begins when the learner's side can do no more.  Who has sent all by then relies on a buffer."""
    stage.rest()
    if endpoint_of(stage.noted["sock"]).sent == len(stage.noted["mine"]):
        raise Unmet(_WHO, "its bytes read", "all of the other's first: a buffer was large enough, this time")
    _pours(stage)
    _compares(stage, _drinks(stage))


def _reads_first(stage: Stage) -> None:
    got = _drinks(stage)
    _pours(stage)
    _compares(stage, got)


def _pours(stage: Stage) -> None:
    """Send all, unseen, and finish.  `Unmet` if there is no room for long."""
    left = memoryview(stage.noted["theirs"])
    while left:
        left = left[_unseen(stage, Plain.send, left, "its bytes read") :]
    _peer(stage).finishes()


def _drinks(stage: Stage) -> bytes:
    """Read, unseen, until the other end finishes.  `Unmet` if it does not."""
    got = bytearray()
    while data := _unseen(stage, Plain.recv, _BUFFER, _END):
        got += data
    return bytes(got)


def _compares(stage: Stage, got: bytes) -> None:
    """Was that what was to be sent?"""
    mine = stage.noted["mine"]
    if got != mine:
        raise Unmet(_WHO, f"{len(mine):,} bytes", f"{len(got):,} bytes" if len(got) != len(mine) else "others")


def _unseen(stage: Stage, call: Callable[..., Any], what: Any, awaits: str) -> Any:
    """A call on the peer's socket, off the tape: how much goes through one call is not the same on every run."""
    sock, until = _peer(stage).sock, clock() + PATIENCE
    Plain.settimeout(sock, _LOOK)
    stage.steps += 1
    while True:
        try:
            return call(sock, what)
        except TimeoutError:
            if stage.gone or clock() > until:
                raise Unmet(_WHO, awaits, "nothing") from None
        except OSError as error:
            raise Unmet(_WHO, awaits, error.strerror or type(error).__name__) from None


POLITE_DEADLOCK: Final = Task(
    name="polite_deadlock",
    chapter=6,
    prompt=(
        "**Two polite programs.** `polite_deadlock(sock, mine)` sends all of `mine`, finishes sending, and returns all "
        "that the peer sends, to its end. The one below is right for small messages. With more than the buffers hold, "
        "both wait for ever, each in its sendall(). Change it so that it finishes with any amount, whether its peer "
        "sends first or reads first. About five new lines."
    ),
    hints=(
        "Draw it: four buffers, two of them yours. Which are full when both wait? Who could empty one?",
        "Neither order is right, sending first or reading first: both must be able to go on at any time.",
        "Two threads may use one socket, as long as only one of them sends and only one reads.",
        "`threading.Thread(target=…)` for sendall() and shutdown(); read in this one; join() before you return.",
    ),
    starter=STARTER,
    solution="""\
import socket
import threading


def polite_deadlock(sock, mine):
    def send():
        sock.sendall(mine)
        sock.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    theirs = bytearray()
    while chunk := sock.recv(65536):
        theirs += chunk
    sender.join()
    return bytes(theirs)
""",
    alternatives=(
        """\
import select
import socket


def polite_deadlock(sock, mine):
    sock.setblocking(False)
    left, theirs, reading = memoryview(mine), [], True
    if not left:
        sock.shutdown(socket.SHUT_WR)
    while left or reading:
        readable, writable, _ = select.select([sock] if reading else [], [sock] if left else [], [])
        if readable:
            theirs.append(sock.recv(65536))
            reading = bool(theirs[-1])
        if writable:
            left = left[sock.send(left) :]
            if not left:
                sock.shutdown(socket.SHUT_WR)
    return b"".join(theirs)
""",
        """\
import asyncio


async def both(sock, mine):
    reader, writer = await asyncio.open_connection(sock=sock)

    async def send():
        writer.write(mine)
        await writer.drain()
        writer.write_eof()

    _, theirs = await asyncio.gather(send(), reader.read())
    writer.close()
    await writer.wait_closed()  # what is not sent yet is sent before
    return theirs


def polite_deadlock(sock, mine):
    sock.setblocking(False)
    return asyncio.run(both(sock, mine))
""",
    ),
    cases=(
        _case("much to say, and a peer that reads to the end before it sends", _reads_first, _MUCH),
        _case("much to say, and a peer that sends all before it reads", _sends_first, _MUCH),
        _case("both sides have little to say", _says_little, 40),
    ),
    praise=(
        "Whoever is first, and however much there is: what can be sent is sent, what has come is read, and nobody "
        "waits for one who waits."
    ),
    mistakes=MISTAKES,
)

"""A sender that cannot fill memory: it takes no more than its peer does, gives up in time, and loses nothing."""

from __future__ import annotations

import itertools
import select
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from labsupport import kernel
from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.engine.clock import Clock
from labsupport.exercises.peers import PATIENCE as SOON
from labsupport.exercises.peers import Peer, Unmet
from labsupport.tape.events import clock
from labsupport.tape.streams import SENDING
from labsupport.tape.watched import Plain

from .sender_mistakes import MISTAKES, PATIENCE, STARTER, written
from .sender_signs import LIMIT, SPINS, refusals, source
from .source import Rest, Source, Unsent

__all__ = ["BOUNDED_SENDER"]

_WHO: Final = "the reader"
_WORDS: Final = tuple(word.encode() for word in ("héllo", "नमस्ते", "你好", "xin chào", "habari"))
#: A piece that no small buffer takes whole, and how many there are: 4 MB.
_PIECE: Final = b"Nobody reads this. " * 2600
_MANY: Final = 80
#: Bytes; the kernel makes more of it (socket(7)).
_SMALL: Final = 16_384
#: Seconds after which a sender that has not given up never will: five times its patience.
_FOR_EVER: Final = 5 * PATIENCE
#: Of the sender's patience, so much passes while its source thinks about the next piece.
_THINKS: Final = 0.6


def _case(title: str, pieces: Sequence[bytes], play: Callable[[Stage], None], *, room: int | None = None,
          thinks: bool = False, small: bool = False) -> Case:  # fmt: skip
    def given(stage: Stage) -> tuple[object, ...]:
        sock, reader = stage.lent(name=_WHO)
        reader.room = room
        if small:
            _make_small(sock, reader.sock)
        its_clock = stage.clock(stands=small, skips=False)  # where it stands, the script lets it go on
        if small:
            _ends_who_spins(stage, its_clock)
        met = Source(pieces, sock, (lambda: its_clock.passes(_THINKS * PATIENCE)) if thinks else None)
        stage.noted |= {"sock": sock, "reader": reader, "source": met, "clock": its_clock}
        stage.returns = Unsent((), met)
        return sock, met, PATIENCE

    return Case(title, f"bounded_sender(sock, source, {PATIENCE})", play, given, holds=_bounded, use=_used)


def _used(answer: Callable[..., object], *given: Any) -> object:
    result = answer(*given)
    return Rest(bytes(result)) if isinstance(result, bytes | bytearray | memoryview) else result


def _make_small(*socks: socket.socket) -> None:
    for sock in socks:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            Plain.setsockopt(sock, socket.SOL_SOCKET, option, _SMALL)


def _bounded(outcome: Outcome) -> str:
    if source(outcome).held > LIMIT:
        return f"it never holds more than {LIMIT:,} bytes that it has not sent"
    return "it waits until there is room, and asks then" if refusals(outcome) > SPINS else ""


# --- the reader ------------------------------------------------------------------------------


def _reader(stage: Stage) -> Peer:
    reader = stage.noted["reader"]
    assert isinstance(reader, Peer)
    return reader


def _takes_all(stage: Stage) -> None:
    """In one recv(), so that it is one on every run."""
    reader, met = _reader(stage), stage.noted["source"]
    whole = b"".join(met.pieces)
    if not stage.until(lambda: (waits := kernel.unread(reader.sock)) is None or waits >= len(whole)):
        raise Unmet(_WHO, f"{len(whole)} bytes", f"{kernel.unread(reader.sock)} of them")
    reader.hears(whole)
    met.delivered = whole


def _takes_nothing(stage: Stage) -> None:
    """Until the sender has given up.  What has arrived by then is read unseen: it is no part of the story."""
    nap, now = threading.Event(), clock()
    until = now + _FOR_EVER
    while not stage.gone and clock() < until:
        nap.wait(0.005)
        stage.steps += 1
        before, now = now, clock()
        if _refused(stage) <= SPINS:  # else time stands for it, until it has looked at its clock
            stage.noted["clock"].passes(now - before)
        if sum(call.error is not None and call.error.type is TimeoutError for call in stage.calls(*SENDING)) > 1:
            raise Unmet(_WHO, "a sender that gives up", "one that goes on")
    if not stage.gone:
        raise Unmet(_WHO, "a sender that gives up", "one that waits")
    stage.noted["source"].delivered = _arrived(_reader(stage).sock, stage.noted["sock"])


def _refused(stage: Stage) -> int:
    """How often a send was told that there is no room, and the program did not sleep after it."""
    times = sum(call.error is not None and call.error.type is BlockingIOError for call in stage.calls(*SENDING))
    return times - len(stage.noted["clock"].naps)


def _ends_who_spins(stage: Stage, its_clock: Clock) -> None:
    """Whoever asks for room all the time, and for the time too, is ended there: at the same place on every run."""
    looks, read = itertools.count(), its_clock.read

    def counted(name: str) -> float:
        if next(looks) > SPINS and _refused(stage) > SPINS:
            raise Unmet(_WHO, "a sender that waits until there is room", "one that asks all the time")
        return read(name)

    its_clock.read = counted  # type: ignore[method-assign]  # this one clock's


def _arrived(sock: socket.socket, sender: socket.socket) -> bytes:
    """All that the sender's kernel was given: until it has no more, or the sender has closed and the end is here."""
    found, until = b"", clock() + SOON
    while clock() < until:
        if select.select([sock], [], [], 0.05)[0]:
            data = Plain.recv(sock, 65_536)
            if not data:
                break
            found += data
        elif sender.fileno() != -1 and not kernel.unsent(sender):
            break
    return found


BOUNDED_SENDER: Final = Task(
    name="bounded_sender",
    chapter=6,
    prompt=(
        "**A sender that cannot fill memory.** `bounded_sender(sock, source, patience)` takes pieces (bytes) from an "
        f"iterator and sends them. It never holds more than {LIMIT:,} bytes that it has not sent: while its peer does "
        "not read, it leaves the source alone. When the kernel has taken nothing for `patience` seconds it gives up. "
        "It returns the bytes that it took and did not send, so that nothing is lost: `b''`, if all were sent. About "
        "nine lines."
    ),
    hints=(
        "What ends a wait for room? Which call tells how much of a piece the kernel took, and which does not?",
        "`for piece in source:` takes the next piece when the body is done: have nothing of the old one left by then.",
        "`settimeout(patience)` is the patience of one call. send() says what it took, or raises TimeoutError.",
        "For each piece: `while piece:`, `try: piece = piece[sock.send(piece):]`, `except TimeoutError: return piece`.",
    ),
    starter=STARTER,
    solution="""\
def bounded_sender(sock, source, patience):
    sock.settimeout(patience)
    for piece in source:
        left = memoryview(piece)  # a slice of it copies nothing
        while left:
            try:
                left = left[sock.send(left) :]
            except TimeoutError:
                return bytes(left)
    return b""
""",
    alternatives=(
        written("piece = piece[sock.send(piece):]"),
        """\
import itertools
import select


def bounded_sender(sock, source, patience):
    sock.setblocking(False)
    for piece in source:
        piece = bytearray(piece)
        while piece:
            _, writable, _ = select.select([], [sock], [], patience)
            if not writable:
                return piece
            del piece[: sock.send(piece)]
    return b""
""",
        """\
import time
from collections import deque


def bounded_sender(sock, source, patience):
    sock.setblocking(False)
    source, queue, moved = iter(source), deque(), time.monotonic()
    while True:
        if not queue:
            queue.extend(piece for piece in [next(source, b"")] if piece)
            moved = time.monotonic()
        if not queue:
            return b""
        try:
            count = sock.send(queue[0])
        except BlockingIOError:
            if time.monotonic() - moved > patience:
                return b"".join(queue)
            time.sleep(0.01)
            continue
        moved = time.monotonic()
        rest = queue.popleft()[count:]
        if rest:
            queue.appendleft(rest)
""",
    ),
    cases=(
        _case("the reader takes all, and the kernel seven bytes at a time", _WORDS, _takes_all, room=7),
        _case("the source takes its time, longer in all than the sender's patience", _WORDS, _takes_all, thinks=True),
        _case("the reader reads nothing", (_PIECE,) * _MANY, _takes_nothing, small=True),
    ),
    praise=(
        "There were 4 MB to send and nobody who read: you took what fits in the buffers and a piece, and stopped. What "
        "arrived and what you gave back are together what you took, to the byte."
    ),
    mistakes=MISTAKES,
)

"""A change to a working program: one deadline for all the calls that it takes to read n bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Outcome, Stage, Task
from labsupport.exercises.peers import Peer
from labsupport.tape.watched import Plain

from .deadline_mistakes import EVERY, MESSAGE, MISTAKES, OVER, PATIENCE, SECONDS, STARTER, left_with, waited_anew

__all__ = ["RECV_WITH_DEADLINE"]

_N: Final = len(MESSAGE)
_HOUR: Final = 3600.0
#: Seconds within which a reader is back in a call; one that polls is never at rest.
_REST: Final = 0.2


# --- the other side --------------------------------------------------------------------------


def _case(title: str, seconds: float, play: Callable[[Stage], None]) -> Case:
    def given(stage: Stage) -> tuple[socket.socket, int, float]:
        sock, stage.noted["sender"] = stage.connected()
        Plain.settimeout(sock, PATIENCE)  # unseen: so it was lent
        return sock, _N, seconds

    return Case(title, f"recv_with_deadline(sock, {_N}, {seconds})", play, given, holds=_as_it_was)


def _sender(stage: Stage) -> Peer:
    sender = stage.noted["sender"]
    assert isinstance(sender, Peer)
    return sender


def _as_it_was(outcome: Outcome) -> str:
    if waited_anew(outcome) and outcome.noted.get("dripped"):
        return "each recv() waits for no longer than what is left of the deadline"
    return "" if left_with(outcome) == PATIENCE else f"the socket goes back with its own timeout, {PATIENCE:g} s"


def _drips(stage: Stage, data: bytes) -> None:
    """A byte at a time, each some time after the one before was taken, as long as anybody takes them."""
    sender, nap = _sender(stage), threading.Event()
    for at in range(len(data)):
        stage.rest(_REST)
        if stage.calls("close") or sender.learner_left():
            return
        sender.says(data[at : at + 1])
        stage.until(lambda at=at: _taken(stage) > at)  # type: ignore[misc]  # a lambda of no arguments
        nap.wait(EVERY)


def _taken(stage: Stage) -> int:
    return sum(call.length or 0 for call in stage.calls("recv", "recv_into", "recvmsg", "recvfrom"))


def _whole(stage: Stage) -> None:
    stage.returns = MESSAGE
    sender = _sender(stage)
    stage.rest(_REST)  # who is first, the reader or the sender, is to be the same on every run
    sender.says_in_pieces([MESSAGE[:7]])
    sender.says(MESSAGE[7:] + b"the next message")


def _half(stage: Stage) -> None:
    stage.raises = TimeoutError
    stage.rest(_REST)
    _sender(stage).says(MESSAGE[:6])
    _is_left(_sender(stage))


def _late_piece(stage: Stage) -> None:
    """Time passes for the learner's clock, while the first piece is on its way."""
    stage.raises = TimeoutError
    clock = stage.clock(skips=False)
    stage.rest(_REST)
    clock.passes(2 * SECONDS)
    _sender(stage).says(MESSAGE[:6])
    _is_left(_sender(stage))


def _drip(stage: Stage) -> None:
    stage.raises = TimeoutError
    _drips(stage, MESSAGE)


def _drip_and_silence(stage: Stage) -> None:
    stage.raises = TimeoutError
    stage.noted["dripped"] = True
    _drips(stage, MESSAGE[:2])
    _is_left(_sender(stage))


def _is_left(sender: Peer) -> None:
    sender.is_left("no more of your time than it was given")


def _over(stage: Stage) -> None:
    stage.raises = TimeoutError


def _set_back(stage: Stage) -> None:
    stage.raises = TimeoutError
    clock = stage.clock(skips=False)
    stage.rest(_REST)
    clock.is_set(-_HOUR)
    stage.noted["set_back"] = True
    _drips(stage, MESSAGE)


def _early_end(stage: Stage) -> None:
    stage.raises = EOFError
    stage.rest(_REST)
    _sender(stage).says_in_pieces([MESSAGE[:6]])
    _sender(stage).finishes()


RECV_WITH_DEADLINE: Final = Task(
    name="recv_with_deadline",
    chapter=4,
    prompt=(
        "**One deadline.** Below the gap is `recv_exactly`, as in chapter 02. Change it: return exactly `n` bytes, or "
        "raise `TimeoutError` when `seconds` have passed since the call, however the bytes drip in. What is left may "
        "be nothing from the beginning. Trust a clock that nobody can set. About five new lines. (The socket is lent: "
        "it goes back with the timeout that it came with, and the lines that see to this are there.)"
    ),
    hints=(
        "A deadline is a moment: compute it once, before the loop. What must be known before each recv()?",
        "`time.monotonic()` never goes back. The deadline is `time.monotonic() + seconds`.",
        "`left = deadline - time.monotonic()` is what settimeout() gets before each recv(). It shrinks.",
        "If `left <= 0`, there is nothing to wait for: `raise TimeoutError`. settimeout() would refuse it.",
    ),
    starter=STARTER,
    solution="""\
import time


def recv_with_deadline(sock, n, seconds):
    deadline = time.monotonic() + seconds
    before = sock.gettimeout()
    data = b""
    try:
        while len(data) < n:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{len(data)} of {n} bytes in {seconds} s")
            sock.settimeout(left)
            chunk = sock.recv(n - len(data))
            if not chunk:
                raise EOFError(f"the peer finished after {len(data)} of {n} bytes")
            data += chunk
        return data
    finally:
        sock.settimeout(before)  # whoever lent us the socket gets it back as it was
""",
    alternatives=(
        """\
import select
from time import monotonic


def recv_with_deadline(sock, n, seconds):
    end = monotonic() + seconds
    data = bytearray()
    while len(data) < n:
        readable, _, _ = select.select([sock], [], [], max(0, end - monotonic()))
        if not readable or monotonic() > end:
            raise TimeoutError
        chunk = sock.recv(n - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)
""",
        """\
import contextlib
import time


@contextlib.contextmanager
def lent(sock):
    before = sock.gettimeout()
    try:
        yield
    finally:
        sock.settimeout(before)


def recv_with_deadline(sock, n, seconds):
    begun, buffer, got = time.perf_counter(), memoryview(bytearray(n)), 0
    with lent(sock):
        while got < n:
            sock.settimeout(max(seconds - (time.perf_counter() - begun), 0.001))
            count = sock.recv_into(buffer[got:])
            if time.perf_counter() - begun > seconds:
                raise TimeoutError
            if count == 0:
                raise EOFError
            got += count
    return bytes(buffer)
""",
        """\
import time


def recv_with_deadline(sock, n, seconds):
    end, before, data = time.monotonic() + seconds, sock.gettimeout(), b""
    sock.setblocking(False)
    try:
        while len(data) < n:
            if time.monotonic() >= end:
                raise TimeoutError("too late")
            try:
                chunk = sock.recv(n - len(data))
            except BlockingIOError:
                time.sleep(0.005)
                continue
            if chunk == b"":
                raise EOFError
            data += chunk
        return data
    finally:
        sock.settimeout(before)
""",
    ),
    cases=(
        _case(f"{_N} bytes in two pieces, in time, and the next message behind them", 2, _whole),
        _case("a third of it at once, and then nothing", SECONDS, _half),
        _case("a third of it, and when it has come the deadline has passed", SECONDS, _late_piece),
        _case(f"a byte every {EVERY:g} s: all of it would take twice as long as there is", SECONDS, _drip),
        _case("two bytes one by one, and then nothing", SECONDS, _drip_and_silence),
        _case("the deadline has passed already: so much is left of the caller's own", OVER, _over),
        _case("a drip again, and meanwhile somebody sets the clock on the wall back by an hour", SECONDS, _set_back),
        _case("the sender finishes after a third", 2, _early_end),
    ),
    praise=(
        "A drip, a silence, a clock that was set back and a deadline that had passed before you began: whoever calls "
        "your function waits for as long as they said, and no longer. The socket went back as it came."
    ),
    mistakes=MISTAKES,
)

"""What goes wrong where one deadline is to hold for many calls, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome
from labsupport.tape.events import Call
from labsupport.tape.streams import RECEIVING

__all__ = ["EVERY", "MESSAGE", "MISTAKES", "OVER", "PATIENCE", "SECONDS", "STARTER", "left_with", "waited_anew"]

#: What the sender says, and of what follows it the beginning.
MESSAGE: Final = "नमस्ते".encode()
#: The deadline, in seconds, and the pause between two bytes of a drip, which lasts twice as long as the deadline.
SECONDS: Final = 0.8
EVERY: Final = 0.1
#: What is left of a deadline that has passed.
OVER: Final = -0.2
#: The timeout with which the socket comes, in seconds.
PATIENCE: Final = 5.0

STARTER: Final = """\
import time


def recv_with_deadline(sock, n, seconds):
    raise NotImplementedError  # in its place, and in the loop: one deadline for all calls of recv()
    before = sock.gettimeout()
    data = b""
    try:
        while len(data) < n:
            chunk = sock.recv(n - len(data))
            if not chunk:
                raise EOFError(f"the peer finished after {len(data)} of {n} bytes")
            data += chunk
        return data
    finally:
        sock.settimeout(before)  # whoever lent us the socket gets it back as it was
"""


# --- the signs of mistakes -------------------------------------------------------------------


def _timeouts(outcome: Outcome) -> list[Call]:
    return outcome.calls("settimeout", "setblocking")


def left_with(outcome: Outcome) -> object:
    """The timeout that the socket has when all is over."""
    calls = _timeouts(outcome)
    if not calls:
        return PATIENCE
    timeout = calls[-1].asked[0] if calls[-1].asked else None
    return timeout if calls[-1].op == "settimeout" else None if timeout else 0.0


def waited_anew(outcome: Outcome) -> bool:
    """Whether a recv() came to its timeout, and had as long for it as if it had been the first."""
    late = [call for call in outcome.receives if call.error is not None and call.error.type is TimeoutError]
    if not late or late[0] is outcome.receives[0]:
        return False
    set_before = [call.asked[0] for call in outcome.calls("settimeout") if call.order < late[0].order]
    return bool(set_before) and isinstance(set_before[-1], int | float) and set_before[-1] >= SECONDS


def _all_of_it(outcome: Outcome) -> bool:
    return outcome.raises is TimeoutError and outcome.result == MESSAGE


def _a_timeout_for_each_call(outcome: Outcome) -> Facts | None:
    if not _all_of_it(outcome) or outcome.noted.get("set_back"):
        return None
    return {"n": len(outcome.receives), "every": EVERY, "seconds": SECONDS}


def _wall_clock(outcome: Outcome) -> Facts | None:
    goes_on = outcome.waiting is not None and outcome.waiting.op in RECEIVING
    return {} if outcome.noted.get("set_back") and (goes_on or _all_of_it(outcome)) else None


def _looks_too_late(outcome: Outcome) -> Facts | None:
    late = outcome.raised(TimeoutError) and outcome.raises is TimeoutError and waited_anew(outcome)
    return {"seconds": SECONDS} if late else None


def _never_set(outcome: Outcome) -> Facts | None:
    waits = outcome.waiting is not None and outcome.waiting.op in RECEIVING
    return {} if waits and not _timeouts(outcome) else None


def _no_time_left(outcome: Outcome) -> Facts | None:
    negative = outcome.failed(ValueError, "settimeout") or isinstance(outcome.error, BlockingIOError)
    return {} if negative and outcome.error is not None else None


def _returns_half(outcome: Outcome) -> Facts | None:
    got, late = outcome.result, outcome.failed(TimeoutError, *RECEIVING)
    half = isinstance(got, bytes) and len(got) < len(MESSAGE)
    return {"k": len(outcome.received), "n": len(MESSAGE)} if half and late and outcome.error is None else None


def _keeps_its_timeout(outcome: Outcome) -> Facts | None:
    well = outcome.ended and (outcome.result == outcome.returns or outcome.raised(TimeoutError))
    return {"before": PATIENCE} if well and left_with(outcome) != PATIENCE and not waited_anew(outcome) else None


# --- the wrong programs ----------------------------------------------------------------------


def _program(
    before: str, each: str, received: str = "chunk = sock.recv(n - len(data))", *, restores: bool = True
) -> str:
    """The function, with a statement before the loop and one before each recv()."""
    return f"""\
import time


def recv_with_deadline(sock, n, seconds):
    before = sock.gettimeout()
    {before}
    data = b""
    try:
        while len(data) < n:
            {each}
            {received}
            if not chunk:
                raise EOFError(f"the peer finished after {{len(data)}} of {{n}} bytes")
            data += chunk
        return data
    finally:
        {"sock.settimeout(before)" if restores else "pass"}
"""


_CHECKED: Final = """\
left = end - time.{clock}()
            if left <= 0:
                raise TimeoutError("too late")
            sock.settimeout(left)"""

MISTAKES: Final = (
    Mistake(
        "a_timeout_for_each_call",
        _program("sock.settimeout(seconds)", "pass"),
        "A byte every {every} s kept you reading until all was there, {n} calls long, and no timeout of {seconds} s "
        "ever fired: it counts from each call. Fix one deadline before the loop, and give each recv() what is left "
        "of it.",
        _a_timeout_for_each_call,
        {"n": len(MESSAGE), "every": EVERY, "seconds": SECONDS},
    ),
    Mistake(
        "wall_clock",
        _program("end = time.time() + seconds", _CHECKED.format(clock="time")),
        "The clock on the wall was set back by an hour during the check, and your deadline moved with it: time.time() "
        "does what people and time servers tell it. time.monotonic() never goes back.",
        _wall_clock,
    ),
    Mistake(
        "looks_too_late",
        _program(
            "end = time.monotonic() + seconds",
            "sock.settimeout(seconds)",
            "chunk = sock.recv(n - len(data))\n            if time.monotonic() > end:\n"
            '                raise TimeoutError("too late")',
        ),
        "There is a deadline, and you look at it only when recv() has returned. The last recv() had the whole "
        "{seconds} s again, though some of the time was gone. Set the timeout to what is left, before each call.",
        _looks_too_late,
        {"seconds": SECONDS},
    ),
    Mistake(
        "never_set",
        _program(
            "end = time.monotonic() + seconds",
            'if time.monotonic() > end:\n                raise TimeoutError("too late")',
        ),
        "The sender fell silent, and your code sits in recv(): it looks at its clock between the calls, and no call "
        "ends. settimeout() is what wakes a recv(); set it to what is left.",
        _never_set,
    ),
    Mistake(
        "no_time_left",
        _program("end = time.monotonic() + seconds", "sock.settimeout(end - time.monotonic())"),
        "The deadline had passed, so nothing was left of it, and that is no timeout: settimeout() refuses a negative "
        "number, and 0 means 'do not wait at all' (BlockingIOError). Raise TimeoutError when nothing is left.",
        _no_time_left,
    ),
    Mistake(
        "returns_half",
        _program(
            "end = time.monotonic() + seconds",
            _CHECKED.format(clock="monotonic"),
            "try:\n                chunk = sock.recv(n - len(data))\n            except TimeoutError:\n"
            "                return data",
        ),
        "The time was over after {k} of {n} bytes, and you returned those {k} as if they were all. Whoever asked for "
        "{n} relies on getting {n}: let TimeoutError through.",
        _returns_half,
        {"k": 6, "n": len(MESSAGE)},
    ),
    Mistake(
        "keeps_its_timeout",
        _program("end = time.monotonic() + seconds", _CHECKED.format(clock="monotonic"), restores=False),
        "The socket came with a timeout of {before:g} s and went back with the last one that you set. It is lent: the "
        "next recv() of whoever gave it to you ends too early. Put it back in `finally`, whatever happened.",
        _keeps_its_timeout,
        {"before": PATIENCE},
    ),
)

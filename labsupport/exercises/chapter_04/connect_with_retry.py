"""Try again, with sense: a deadline, pauses that grow and differ, and only for errors that can pass."""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final

from labsupport.exercises.engine import Case, Outcome, Stage, Task

from .retry_mistakes import MISTAKES, STARTER
from .retry_signs import MOST, STORM, closed_by_learner, equal_pauses, overslept, service
from .service import REFUSED, SILENT, THERE, Attempt, Connected, Service, no_name, reset, unreachable

__all__ = ["CONNECT_WITH_RETRY"]

#: Seconds, on the learner's clock: a sleep takes no time.
_LONG: Final = 60.0
_SHORT: Final = 10.0


# --- the other side --------------------------------------------------------------------------


def _case(
    title: str,
    plan: Sequence[Attempt],
    seconds: float = _LONG,
    *,
    raises: type[BaseException] | None = None,
    holds: Callable[[Outcome], str] | None = None,
    most: int = 1000,
    use: Callable[..., object] | None = None,
) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        met = Service(stage, plan, seconds, most)
        stage.raises = raises
        if raises is None:
            stage.returns = Connected((), met)
        return stage.address, seconds, met.connect

    def play(stage: Stage) -> None:
        stage.noted["service"].play(stage)

    more: dict[str, Any] = {"use": use} if use is not None else {}
    return Case(title, f"connect_with_retry(address, {seconds:g}, connect)", play, given, holds=holds or _fine, **more)


def _fine(outcome: Outcome) -> str:
    """What every case asks for besides its end."""
    met = service(outcome)
    if outcome.raises is None and closed_by_learner(outcome):
        return "it returns a socket that is still open"
    if met.attempts > 2 and sum(nap.seconds for nap in met.clock.naps) == 0:
        return "a pause between two attempts"
    return ""


def _lasting(outcome: Outcome) -> str:
    """An error that cannot pass goes through at once, and is not another of the same class."""
    met = service(outcome)
    if outcome.error is not met.met[-1] or met.attempts > 2:
        return f"it lets {type(met.met[-1]).__name__} through at once"
    return ""


def _in_time(outcome: Outcome) -> str:
    met = service(outcome)
    late = [(timeout, left) for timeout, left in met.timeouts if timeout is None or timeout > max(left, 0) + 0.5]
    if overslept(outcome) is not None:
        return "no sleep beyond the deadline"
    if late:
        return "no attempt that may last beyond the deadline: its timeout is what is left"
    if outcome.error is not met.met[-1]:
        return "it raises the last error of connect() itself"
    return _fine(outcome)


def _apart(outcome: Outcome) -> str:
    return "two clients sleep differently long" if equal_pauses(outcome) else _fine(outcome)


def _twice(answer: Callable[..., object], *given: object) -> object:
    answer(*given)
    return answer(*given)


def _lasts(what: str, error: Callable[[], Exception]) -> Case:
    plan: list[Attempt] = [REFUSED, error, error, error, THERE]
    return _case(f"refused once, and then {what}", plan, raises=type(error()), holds=_lasting)


CONNECT_WITH_RETRY: Final = Task(
    name="connect_with_retry",
    chapter=4,
    prompt=(
        "**Try again, with sense.** One attempt is `connect(address, timeout=…)`: it returns a connected socket, or "
        "raises. Try until one succeeds, and return its socket; when `seconds` are over, raise the last error. Errors "
        "that may pass: refused, reset, timed out, unreachable. Every other goes through at once. Between attempts "
        "sleep a random part (full jitter) of a pause that doubles. No sleep and no attempt beyond the deadline. (Use "
        "`time.sleep`: in the check it takes no time, and the clock goes on all the same.)"
    ),
    hints=(
        "Three questions after each failure: may it pass? Is time left? How long do I sleep?",
        (
            "Refused, reset and broken are `ConnectionError`; timed out is `TimeoutError`; unreachable has no class: "
            "`error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH)`. All are OSErrors, and so are many that do not "
            "pass."
        ),
        "`left = deadline - time.monotonic()` bounds the timeout of an attempt, and the sleep after it.",
        (
            "In the loop: `try: return connect(address, timeout=left)`, `except OSError as error:` and there `raise` "
            "unless it may pass and time is left; then `time.sleep(min(random.uniform(0, pause), left))`, `pause *= 2`."
        ),
    ),
    starter=STARTER,
    solution="""\
import errno
import random
import socket
import time

UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH)


def may_pass(error):
    return isinstance(error, (ConnectionError, TimeoutError)) or error.errno in UNREACHABLE


def connect_with_retry(address, seconds, connect=socket.create_connection):
    deadline = time.monotonic() + seconds
    pause = 0.1
    while True:
        try:
            return connect(address, timeout=max(deadline - time.monotonic(), 0.01))
        except OSError as error:
            left = deadline - time.monotonic()
            if not may_pass(error) or left <= 0:
                raise
        time.sleep(min(random.uniform(0, pause), left))
        pause = min(2 * pause, 5)
""",
    alternatives=(
        """\
import errno
import socket
from random import random
from time import monotonic, sleep

PASSING = {errno.ECONNREFUSED, errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH}


def connect_with_retry(address, seconds, connect=socket.create_connection):
    end, number, last = monotonic() + seconds, 0, None
    while (left := end - monotonic()) > 0:
        try:
            return connect(address, timeout=left)
        except TimeoutError as error:
            last = error
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno not in PASSING:
                raise
            last = error
        nap = random() * min(0.05 * 2**number, 2)
        if nap > end - monotonic():
            break
        sleep(nap)
        number += 1
    raise last or TimeoutError("no time at all")
""",
        """\
import errno
import random
import socket
import time


def pauses(first=1, most=30):
    while True:
        yield random.uniform(0, first)
        first = min(first * 2, most)


def connect_with_retry(address, seconds, connect=socket.create_connection):
    begun = time.perf_counter()
    for pause in pauses():
        left = seconds - (time.perf_counter() - begun)
        try:
            return connect(address, min(left, 3))
        except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, TimeoutError) as error:
            why = error
        except OSError as error:
            if error.errno not in (errno.EHOSTUNREACH, errno.ENETUNREACH):
                raise
            why = error
        if time.perf_counter() - begun + pause >= seconds:
            raise why
        time.sleep(pause)
""",
    ),
    cases=(
        _case(
            "refused, reset, refused, and then it is there",
            [REFUSED, reset, REFUSED, THERE],
        ),
        _case("refused, then no way leads there, and then it is there", [REFUSED, unreachable, THERE]),
        _lasts("the name has no address", no_name),
        _lasts("the certificate is not valid", lambda: ssl.SSLCertVerificationError(1, "certificate verify failed")),
        _lasts("the right is missing", lambda: PermissionError(errno.EACCES, os.strerror(errno.EACCES))),
        _lasts("a file of certificates is missing", lambda: FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))),
        _lasts("a port that cannot be one", lambda: OverflowError("connect(): port must be 0-65535.")),
        _case("refused, and then nobody answers at all", [REFUSED, SILENT], _SHORT, raises=OSError, holds=_in_time),
        _case(
            "refused for ever (the ladder shows the first three)", [REFUSED], _SHORT,
            raises=OSError, holds=_in_time, most=MOST,
        ),
        _case(
            "two clients, each refused five times, and both begin at the same moment",
            [*[REFUSED] * STORM, THERE, *[REFUSED] * STORM, THERE], holds=_apart, use=_twice,
        ),
    ),
    praise=(
        "You waited for what could pass and gave up at once on what could not; your pauses grew and differed from your "
        "neighbour's, and none of them went past the deadline. A hundred such clients are a drizzle, not a wave."
    ),
    mistakes=MISTAKES,
)  # fmt: skip

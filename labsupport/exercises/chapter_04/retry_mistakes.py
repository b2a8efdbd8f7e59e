"""What goes wrong where a client tries again."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Mistake, fill

from .retry_signs import (
    MOST,
    another_error,
    at_once,
    closes_it,
    equal_pauses_sign,
    gives_up_early,
    hammers,
    lets_a_reset_through,
    lets_one_pass,
    no_timeout,
    own_connect,
    retries_the_hopeless,
    sleeps_past_the_deadline,
    unbound,
)
from .service import no_name, unreachable

__all__ = ["MISTAKES", "STARTER"]

STARTER: Final = """\
import errno
import random
import socket
import time


def connect_with_retry(address, seconds, connect=socket.create_connection):
    deadline = time.monotonic() + seconds
    pause = 0.1
    while True:
        # One attempt; after an error that may pass, sleep, and go round again.
        raise NotImplementedError
"""


# --- the wrong programs ----------------------------------------------------------------------

_PASSING: Final = """
try:
    return connect(address, timeout={timeout})
except OSError as error:
    if not isinstance(error, (ConnectionError, TimeoutError)):
        if error.errno not in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            raise
    if time.monotonic() >= deadline:
        raise
{sleep}
"""
_LEFT: Final = "max(deadline - time.monotonic(), 0.01)"
_JITTER: Final = "time.sleep(min(random.uniform(0, pause), max(0, deadline - time.monotonic())))\npause *= 2"

MISTAKES: Final = (
    Mistake(
        "retries_the_hopeless",
        fill(
            STARTER,
            """
            try:
                return connect(address, timeout=max(deadline - time.monotonic(), 0.01))
            except OSError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(min(random.uniform(0, pause), max(0, deadline - time.monotonic())))
            pause *= 2
            """,
        ),
        "You met an error {n} times that cannot pass: {error}. Retry what may pass (refused, timed out, reset, "
        "unreachable); a wrong name, a bad certificate or a missing right will be just as wrong in a second.",
        retries_the_hopeless,
        {"n": 3, "error": f"gaierror: {no_name()}"},
    ),
    Mistake(
        "sleeps_past_the_deadline",
        fill(STARTER, _PASSING.format(timeout=_LEFT, sleep="time.sleep(pause)\npause *= 2")),
        "You slept {t} s with {left} s left of the deadline. Whoever waits for you waits longer than they said: sleep "
        "what is left at most. (And a pause that is the same for all brings a hundred clients back at once: sleep a "
        "random part of it.)",
        sleeps_past_the_deadline,
        {"t": "6.4", "left": "3.6"},
    ),
    Mistake(
        "equal_pauses",
        fill(
            STARTER,
            _PASSING.format(
                timeout=_LEFT, sleep="time.sleep(min(pause, max(0, deadline - time.monotonic())))\npause *= 2"
            ),
        ),
        "Two clients that failed at the same moment slept the same pauses ({pauses} s, …), so they come back at the "
        "same moment, and so would a hundred. Sleep a random part of each pause: random.uniform(0, pause).",
        equal_pauses_sign,
        {"pauses": "0.1, 0.2, 0.4"},
    ),
    Mistake(
        "at_once",
        fill(STARTER, _PASSING.format(timeout=_LEFT, sleep="")),
        "You tried {n} times without a pause. A service that is getting up again is knocked at by all its clients as "
        "fast as they can, and falls. Sleep between two attempts, a little longer each time.",
        at_once,
        {"n": 4},
    ),
    Mistake(
        "no_timeout",
        fill(STARTER, _PASSING.format(timeout="None", sleep=_JITTER)),
        "Nobody answered your attempt, and it had no timeout: it lasted until the kernel gave it up (on Linux after "
        "about two minutes), with {left} s left of the deadline. Give each attempt what is left: "
        "connect(address, timeout=left).",
        no_timeout,
        {"left": "10"},
    ),
    Mistake(
        "hammers",
        fill(STARTER, _PASSING.format(timeout=_LEFT, sleep="time.sleep(random.uniform(0, 0.1))")),
        "You tried {n} times in less than 10 s, for your pause does not grow. The longer a service is away, the longer "
        "it may need, and the more clients wait for it: let the pause double.",
        hammers,
        {"n": MOST},
    ),
    Mistake(
        "gives_up_early",
        fill(
            STARTER,
            """
            for attempt in range(3):
                try:
                    return connect(address, timeout=seconds)
                except (ConnectionError, TimeoutError) as error:
                    last = error
                    time.sleep(random.uniform(0, pause))
                    pause *= 2
            raise last
            """,
        ),
        "You gave up after {n} attempts, and there was time left: the service came up at the next. How long somebody "
        "is ready to wait is said in `seconds`; count those, not the attempts.",
        gives_up_early,
        {"n": 3},
    ),
    Mistake(
        "lets_a_reset_through",
        fill(
            STARTER,
            f"""
try:
    return connect(address, timeout={_LEFT})
except (ConnectionRefusedError, TimeoutError):
    if time.monotonic() >= deadline:
        raise
{_JITTER}
""",
        ),
        "{error} ended your attempts, and it may pass: a server that starts again breaks its connections off. It is of "
        "the same family as ConnectionRefusedError; ConnectionError catches them all.",
        lets_a_reset_through,
        {"error": "ConnectionResetError"},
    ),
    Mistake(
        "lets_one_pass",
        fill(
            STARTER,
            f"""
try:
    return connect(address, timeout={_LEFT})
except (ConnectionError, TimeoutError):
    if time.monotonic() >= deadline:
        raise
{_JITTER}
""",
        ),
        "'{error}' ended your attempts, and it may pass: a network comes back, a cable is put in. It has no "
        "exception class of its own; look at error.errno: ENETUNREACH and EHOSTUNREACH.",
        lets_one_pass,
        {"error": unreachable()},
    ),
    Mistake(
        "another_error",
        fill(
            STARTER,
            _PASSING.format(timeout=_LEFT, sleep=_JITTER).replace(
                "deadline:\n        raise\n", 'deadline:\n        raise TimeoutError("gave up") from error\n'
            ),
        ),
        "The time was over, and you raised {own}; the last attempt had ended with {last}. Whoever called you looks at "
        "the error for what to do next, and a new one hides it: raise the last error itself.",
        another_error,
        {"own": "TimeoutError: gave up", "last": "TimeoutError: timed out"},
    ),
    Mistake(
        "own_connect",
        fill(
            STARTER,
            """
            try:
                return socket.create_connection(address, timeout=1)
            except ConnectionError:
                if time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
            pause *= 2
            """,
        ),
        "You connected with a function of your own choice, and never called `connect`. Whoever calls yours decides how "
        "a connection is made (with TLS, say); socket.create_connection is only what is used if they do not care.",
        own_connect,
    ),
    Mistake(
        "closes_it",
        fill(
            STARTER,
            f"""
try:
    with connect(address, timeout={_LEFT}) as sock:
        return sock
except (ConnectionError, TimeoutError):
    if time.monotonic() >= deadline:
        raise
{_JITTER}
""",
        ),
        "You returned a socket that is closed: `return` leaves the `with`, and that closes it. Whoever asked for the "
        "connection will use it and close it: return it without `with`.",
        closes_it,
    ),
    Mistake(
        "unbound_in_finally",
        fill(
            STARTER,
            """
            try:
                sock = connect(address, timeout=1)
                return sock
            except (ConnectionError, TimeoutError):
                time.sleep(random.uniform(0, pause))
                pause *= 2
            finally:
                sock.close()
            """,
        ),
        "The attempt failed ({error}), so there is no `{name}` to close in `finally`, and the NameError hides the real "
        "error. (In a notebook a `{name}` of an older cell may be closed instead.) Close only what was made.",
        unbound,
        {"name": "sock", "error": "ConnectionRefusedError"},
    ),
)

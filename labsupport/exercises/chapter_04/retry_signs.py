"""The facts by which it shows what is wrong where a client tries again."""

from __future__ import annotations

import re
from typing import Final

from labsupport.exercises.engine import Facts, Outcome
from labsupport.exercises.engine.values import error_text

from .service import Service

__all__ = [
    "MOST",
    "STORM",
    "another_error",
    "at_once",
    "closed_by_learner",
    "closes_it",
    "equal_pauses",
    "equal_pauses_sign",
    "gives_up_early",
    "hammers",
    "lets_a_reset_through",
    "lets_one_pass",
    "no_timeout",
    "overslept",
    "own_connect",
    "retries_the_hopeless",
    "service",
    "sleeps_past_the_deadline",
    "unbound",
    "unbound_name",
]

#: So many attempts within ten seconds are too many.
MOST: Final = 60
#: So often is each of two clients refused that failed at the same moment.
STORM: Final = 5
#: Clocks are added up in floating point.
_CLOSE: Final = 1e-6


def service(outcome: Outcome) -> Service:
    """What the learner's attempts met in this case."""
    found = outcome.noted["service"]
    assert isinstance(found, Service)
    return found


def overslept(outcome: Outcome) -> tuple[float, float] | None:
    """The first sleep that went past the deadline, and what was left of it; or None."""
    met = service(outcome)
    left = [(nap.seconds, met.seconds - nap.before) for nap in met.clock.naps]
    return next(((nap, rest) for nap, rest in left if nap > rest + _CLOSE), None)


def equal_pauses(outcome: Outcome) -> list[float]:
    """The pauses of two clients, if those of one are those of the other; else none."""
    met = service(outcome)
    naps = [nap.seconds for nap in met.clock.naps]
    half = len(naps) // 2
    return naps[:half] if len(met.given) == 2 and naps and naps[:half] == naps[half:] else []


def closed_by_learner(outcome: Outcome) -> bool:
    """Whether the socket that was returned had been closed by then."""
    given = [getattr(sock, "_endpoint", None) for sock in service(outcome).given]
    return any(call.endpoint in given for call in outcome.calls("close"))


def retries_the_hopeless(outcome: Outcome) -> Facts | None:
    """An error that cannot pass was met more than once."""
    lasting = [error for error in service(outcome).met if outcome.raises and isinstance(error, outcome.raises)]
    if outcome.raises in (None, OSError) or len(lasting) < 2:
        return None
    return {"n": len(lasting), "error": f"{type(lasting[0]).__name__}: {lasting[0]}"}


def sleeps_past_the_deadline(outcome: Outcome) -> Facts | None:
    """A sleep went past the deadline."""
    found = overslept(outcome)
    if found is None or outcome.raises is not OSError:
        return None
    return {"t": f"{found[0]:.1f}", "left": f"{max(found[1], 0):.1f}"}


def equal_pauses_sign(outcome: Outcome) -> Facts | None:
    """Two clients slept the same pauses."""
    pauses = equal_pauses(outcome)
    return {"pauses": ", ".join(f"{pause:g}" for pause in pauses[:3])} if pauses else None


def at_once(outcome: Outcome) -> Facts | None:
    """There was no pause at all."""
    met = service(outcome)
    sleepless = sum(nap.seconds for nap in met.clock.naps) == 0
    return {"n": met.attempts} if sleepless and met.attempts > 2 and met.given and not _lasting(outcome) else None


def _lasting(outcome: Outcome) -> bool:
    return outcome.raises is not None and outcome.raises is not OSError


def no_timeout(outcome: Outcome) -> Facts | None:
    """An attempt without a timeout outlasted the deadline."""
    met = service(outcome)
    bare = [rest for timeout, rest in met.timeouts if timeout is None]
    late = met.left < -1 and outcome.raises is OSError
    return {"left": f"{bare[-1]:.0f}"} if bare and late and overslept(outcome) is None else None


def hammers(outcome: Outcome) -> Facts | None:
    """There were too many attempts in the time."""
    met = service(outcome)
    return {"n": MOST} if met.most == MOST and met.given and met.left > 0 else None


def gives_up_early(outcome: Outcome) -> Facts | None:
    """The next attempt would have succeeded, and time was left."""
    met = service(outcome)
    early = outcome.ended and outcome.raises is None and not met.given and met.comes_up_next and met.left > 0
    own = outcome.error is None or outcome.error in met.met
    return {"n": met.attempts} if early and own and met.attempts > 2 else None


def _ended_by(outcome: Outcome) -> Exception | None:
    """The error that went through, where none was to."""
    met = service(outcome).met
    through = outcome.raises is None and bool(met) and outcome.error is met[-1] and service(outcome).left > 0
    return met[-1] if through else None


def lets_a_reset_through(outcome: Outcome) -> Facts | None:
    """A connection that was broken off ended it."""
    error = _ended_by(outcome)
    lost = isinstance(error, ConnectionError) and gives_up_early(outcome) is None
    return {"error": type(error).__name__} if lost else None


def lets_one_pass(outcome: Outcome) -> Facts | None:
    """An error that may pass, and has no class of its own, ended it."""
    error = _ended_by(outcome)
    return None if error is None or isinstance(error, ConnectionError) else {"error": error}


def another_error(outcome: Outcome) -> Facts | None:
    """The time was over, and what was raised was no error of an attempt."""
    met, error = service(outcome).met, outcome.error
    own = outcome.raises is OSError and isinstance(error, OSError) and all(error is not each for each in met)
    return {"own": error_text(error), "last": error_text(met[-1])} if own and met else None


def own_connect(outcome: Outcome) -> Facts | None:
    """`connect` was never called."""
    return {} if outcome.calls("connect") and not service(outcome).attempts else None


def closes_it(outcome: Outcome) -> Facts | None:
    """What was returned had been closed."""
    return {} if closed_by_learner(outcome) and outcome.result in service(outcome).given else None


def unbound(outcome: Outcome) -> Facts | None:
    """A name that was never bound was to be closed."""
    if not isinstance(outcome.error, NameError) or not service(outcome).met:
        return None
    return {"name": unbound_name(outcome.error), "error": type(service(outcome).met[-1]).__name__}


def unbound_name(error: NameError) -> str:
    """The name that was not bound; an UnboundLocalError has it in its message only."""
    found = re.search(r"'(\w+)'", str(error))
    return found[1] if found else "it"

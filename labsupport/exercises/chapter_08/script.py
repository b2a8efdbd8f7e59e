"""The attack script at the end of a check: small, bounded, and beside one good client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from labsupport.exercises import attacks
from labsupport.exercises.engine import Verdict

__all__ = ["holds"]

#: Seconds between two visits of the good client: a learner waits for thirty of them.
_PACE: Final = 0.005


def holds(
    maker: Callable[[Any], None], speech: attacks.Speech, which: tuple[attacks.Attack, ...], later: float
) -> Verdict | None:  # fmt: skip
    """Attack the server that `maker(listener)` runs: the verdict where it did not hold, or None.

    How long a visit of the good client took is not asked, for this machine may be busy; only whether there was one
    that was answered, and whether anything was left `later` seconds after.
    """
    report = attacks.run(maker, replace(speech, pace=_PACE), which, later=later, announce=lambda _: None)
    wrong = next((each for each in report.results if not each.skipped and _fell(each.facts)), None)
    if wrong is None:
        return None
    called = f"attacks.run(…), with {wrong.name}"
    return Verdict("failed", wrong.verdict.message, called=called, expected="a server that holds")


def _fell(facts: attacks.Facts | None) -> bool:
    if facts is None:
        return True  # it did not answer before the attack
    return bool(facts.ended) or facts.felt.answered == 0 or not facts.recovered or facts.back is None

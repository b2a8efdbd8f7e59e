"""When a question comes back: FSRS, the free spaced repetition scheduler, by the library `fsrs`.

Nothing of the schedule is kept.  It follows from the answers, so two files can be joined, and a better schedule needs
no change of the file.  There is no chance in it (the library's fuzz is off) and no step shorter than a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from ._state import Answer

if TYPE_CHECKING:
    import fsrs

__all__ = ["due_after"]

#: Whoever has answered a question so well sees it once a year.
_LONGEST: Final = 365


@cache
def _scheduler() -> fsrs.Scheduler:
    import fsrs

    return fsrs.Scheduler(learning_steps=(), relearning_steps=(), maximum_interval=_LONGEST, enable_fuzzing=False)


def due_after(answers: Sequence[Answer]) -> datetime:
    """When the question comes back, after these answers in the order of their times, one at least.  UTC.

    By the library's default parameters and 90 % to be remembered: after a first right answer in two days.
    """
    import fsrs

    card = fsrs.Card(card_id=0)
    for answer in answers:
        when = datetime.fromisoformat(answer["when"]).astimezone(UTC)
        card, _ = _scheduler().review_card(card, fsrs.Rating[answer["grade"].title()], when)
    return card.due

"""Which questions come back today.

A prediction comes back after the learner has committed to it; the questions at the end of a chapter come for the first
time on the day after the first prediction in that chapter.  When each comes again follows from its answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from labsupport import progress

from .chapters import Chapter
from .questions import Question

__all__ = ["due"]

_FIRST: Final = timedelta(days=1)


def due(chapters: Sequence[Chapter], now: datetime | None = None) -> list[Question]:
    """The questions that are due by the end of this day, here where the learner is; those first that wait longest."""
    state = progress.load()
    today = (now or datetime.now(UTC)).astimezone().date()
    times = {question: _time(question, chapter, state) for chapter in chapters for question in chapter.questions}
    found = [(when, question) for question, when in times.items() if when and when.astimezone().date() <= today]
    return [question for _, question in sorted(found, key=lambda pair: pair[0])]


def _time(question: Question, chapter: Chapter, state: progress.State) -> datetime | None:
    """When a question comes, None while it is not yet time to ask it at all."""
    answers = state["recall"].get(question.key)
    if answers:
        return progress.due_after(answers)
    made = [state["predictions"][one.key]["when"] for one in chapter.predictions if one.key in state["predictions"]]
    if question.choices or not made:
        return None
    return min(map(datetime.fromisoformat, made)) + _FIRST

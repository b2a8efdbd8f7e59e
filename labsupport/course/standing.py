"""How far a learner has come in each chapter, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labsupport import progress

from .chapters import Chapter

__all__ = ["Standing", "next_exercise", "standings"]


@dataclass(frozen=True)
class Standing:
    """A chapter, the names of its exercises that are `passed`, and how many of its predictions were made."""

    chapter: Chapter
    passed: frozenset[str]
    predicted: int

    @property
    def exercises(self) -> tuple[int, int]:
        """How many exercises are passed, and how many there are."""
        return len(self.passed), len(self.chapter.exercises)

    @property
    def predictions(self) -> tuple[int, int]:
        """How many predictions were made, and how many there are."""
        return self.predicted, len(self.chapter.predictions)

    @property
    def words(self) -> str:
        """Both in words: "2 of 4 exercises, 3 of 9 predictions"."""
        return f"{_of(*self.exercises, 'exercise')}, {_of(*self.predictions, 'prediction')}"


def _of(done: int, count: int, name: str) -> str:
    return f"{done} of {count} {name}{'' if count == 1 else 's'}"


def standings(chapters: Sequence[Chapter]) -> list[Standing]:
    """The standing in each of these chapters, as it is kept now."""
    state = progress.load()
    passed = {name for name, done in state["exercises"].items() if done["status"] == "passed"}
    return [
        Standing(
            chapter,
            frozenset(passed & chapter.exercises.keys()),
            sum(question.key in state["predictions"] for question in chapter.predictions),
        )
        for chapter in chapters
    ]


def next_exercise(found: Sequence[Standing]) -> tuple[Chapter, str] | None:
    """The first exercise of a core that is not passed; after these the first of all; None where all are passed."""
    left = [(one.chapter, name) for one in found for name in one.chapter.exercises if name not in one.passed]
    core = [pair for pair in left if pair[0].is_core(pair[1])]
    return next(iter(core or left), None)

"""An exercise whose answer decides: for each of several questions one of a few choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .choice import Choice
from .values import value_text
from .verdict import Verdict

__all__ = ["Decided", "Deciding", "Question"]


@dataclass(frozen=True)
class Question:
    """What is to be decided: `asks`; what to say to whoever chose each of the `choices`; and the `right` one."""

    asks: str
    choices: Mapping[str, str]
    right: str


@dataclass(frozen=True)
class Decided:
    """What was chosen, by the number of the question, from 1 on; and the numbers of those that were chosen `wrong`."""

    choices: Mapping[int, str]
    wrong: tuple[int, ...]


@dataclass(eq=False, repr=False)
class Deciding(Choice):
    """Decide every question: the answer is a dictionary from its number to a choice.  Each wrong choice is answered.

    - `questions`: the first has number 1.
    """

    questions: tuple[Question, ...] = ()

    def _verdict(self, answer: object) -> Verdict:
        chosen = _by_number(answer)
        if answer is ... or (chosen and all(each is ... for each in chosen.values())):
            return Verdict("not attempted", f"Put a choice in the place of each `...`: {self._shape()}.")
        said = self._no_choices(answer, chosen)
        if said or chosen is None:
            return Verdict("failed", said, returned=value_text(answer), expected=self._shape())
        choices = {number: str(choice).upper() for number, choice in chosen.items()}
        wrong = tuple(
            number for number, one in enumerate(self.questions, 1) if choices[number] != one.right
        )  # fmt: skip
        return self._judged(Decided(choices, wrong))

    def _no_choices(self, answer: object, chosen: dict[int, object] | None) -> str:
        """Why this cannot be judged, or ""."""
        if chosen is None:
            return f"The answer is a dictionary from numbers to choices, and this is {value_text(answer)}."
        for number, question in enumerate(self.questions, 1):
            if chosen.get(number, ...) is ...:
                return f"Number {number} is not decided yet."
            choice = chosen[number]
            if not isinstance(choice, str) or choice.upper() not in question.choices:
                return f"Number {number}: {value_text(choice)} is none of {self._words()}."
        more = sorted(set(chosen) - set(range(1, len(self.questions) + 1)))
        return f"There is no number {more[0]}: they run from 1 to {len(self.questions)}." if more else ""

    def _words(self) -> str:
        return " and ".join(repr(choice) for choice in self.questions[0].choices)

    def _how(self) -> str:
        return f"put its name between the brackets, exercises.{self.name}.check({self.name})."

    def _shape(self) -> str:
        first = next(iter(self.questions[0].choices))
        return f"a dictionary such as {{1: {first!r}, …, {len(self.questions)}: {first!r}}}"

    def _is_right(self, picked: Any) -> bool:
        return not picked.wrong

    def _count(self, picked: Any) -> str:
        return f"{len(self.questions) - len(picked.wrong)} of {len(self.questions)} decided well"

    def _expected(self) -> str:
        return f"all {len(self.questions)}"

    def _said(self, picked: Any) -> str:
        return self._told(picked, picked.wrong[0])

    def _more(self, picked: Any, message: str) -> tuple[str, ...]:
        told = (self._told(picked, number) for number in picked.wrong)
        return tuple(each for each in told if each != message)

    def _all(self, picked: Any) -> tuple[str, ...]:
        return tuple(self._told(picked, number) for number in sorted(picked.choices))

    def _told(self, picked: Any, number: int) -> str:
        choice = picked.choices[number]
        return f"Number {number}, {choice}: {self.questions[number - 1].choices[choice]}"


def _by_number(answer: object) -> dict[int, object] | None:
    """The choices by number; of a list the first is number 1.  None for what is neither."""
    if isinstance(answer, list | tuple):
        return dict(enumerate(answer, 1))
    if isinstance(answer, dict) and all(type(number) is int for number in answer):
        return dict(answer)
    return None

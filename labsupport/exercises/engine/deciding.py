"""An exercise whose answer decides: for each of several questions one of a few choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .case import Facts, Mistake
from .choice import Choice
from .values import value_text
from .verdict import Verdict

__all__ = ["Decided", "Deciding", "Question", "decisions", "gaps", "tempting_mistakes"]


@dataclass(frozen=True)
class Question:
    """What is to be decided: `asks`; what to say to whoever chose each of the `choices`; and the `right` one.

    - `tempting`: a wrong choice that many make, and the name of that `mistake`; "" where none is.
    """

    asks: str
    choices: Mapping[str, str]
    right: str
    tempting: str = ""
    mistake: str = ""

    def chosen(self, answer: object) -> str | None:
        """The choice that is meant, as it is written here: capitals do not matter.  None if it is none of them."""
        if not isinstance(answer, str):
            return None
        return next((choice for choice in self.choices if choice.upper() == answer.upper()), None)


@dataclass(frozen=True)
class Decided:
    """What was chosen, by the number of the question, from 1 on; and the numbers of those that were chosen `wrong`."""

    choices: Mapping[int, str]
    wrong: tuple[int, ...]


@dataclass(eq=False, repr=False)
class Deciding(Choice):
    """Decide every question: the answer is a dictionary from its number to a choice.  Each wrong choice is answered.

    - `questions`: the first has number 1; all have the same choices.
    """

    questions: tuple[Question, ...] = ()

    def _verdict(self, answer: object) -> Verdict:
        chosen = _by_number(answer)
        if answer is ... or (chosen and all(each is ... for each in chosen.values())):
            return Verdict("not attempted", f"Put a choice in the place of each `...`: {self._shape()}.")
        said = self._no_choices(answer, chosen)
        if said or chosen is None:
            return Verdict("failed", said, returned=value_text(answer), expected=self._shape())
        choices = {number: one.chosen(chosen[number]) or "" for number, one in enumerate(self.questions, 1)}
        wrong = tuple(number for number, one in enumerate(self.questions, 1) if choices[number] != one.right)
        return self._judged(Decided(choices, wrong))

    def _no_choices(self, answer: object, chosen: dict[int, object] | None) -> str:
        """Why this cannot be judged, or ""."""
        if chosen is None:
            return f"The answer is a dictionary from numbers to choices, and this is {value_text(answer)}."
        for number, question in enumerate(self.questions, 1):
            if chosen.get(number, ...) is ...:
                return f"Number {number} is not decided yet."
            if question.chosen(chosen[number]) is None:
                return f"Number {number}: {value_text(chosen[number])} is none of {_listed(question.choices)}."
        more = sorted(set(chosen) - set(range(1, len(self.questions) + 1)))
        return f"There is no number {more[0]}: they run from 1 to {len(self.questions)}." if more else ""

    def _how(self) -> str:
        return f"put its name between the brackets, exercises.{self.name}.check({self.name})."

    def _shape(self) -> str:
        return f"a dictionary such as {self.example}"

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
        return _told(number, self.questions[number - 1], picked.choices[number])


def _by_number(answer: object) -> dict[int, object] | None:
    """The choices by number; of a list the first is number 1.  None for what is neither."""
    if isinstance(answer, list | tuple):
        return dict(enumerate(answer, 1))
    if isinstance(answer, dict) and all(type(number) is int for number in answer):
        return dict(answer)
    return None


def _told(number: int, question: Question, choice: str) -> str:
    return f"Number {number}, {choice!r}: {question.choices[choice]}"


def _listed(choices: Mapping[str, str]) -> str:
    *most, last = map(repr, choices)
    return f"{', '.join(most)} and {last}"


# --- answers as text -------------------------------------------------------------------------


def decisions(name: str, choices: Mapping[int, str]) -> str:
    """The source of an answer to the exercise of this name."""
    lines = "".join(f"    {number}: {choice!r},\n" for number, choice in choices.items())
    return f"{name} = {{\n{lines}}}\n".replace("'", '"')


def gaps(name: str, count: int, note: str) -> str:
    """The starter: a gap for each question, the first with this note."""
    lines = "".join(f"    {number}: ...,{f'  # {note}' if number == 1 else ''}\n" for number in range(1, count + 1))
    return f"{name} = {{\n{lines}}}\n"


def tempting_mistakes(name: str, questions: Sequence[Question]) -> tuple[Mistake, ...]:
    """For each question with a choice that tempts: that one is made, and it is the first wrong one."""
    right = {number: question.right for number, question in enumerate(questions, 1)}
    return tuple(
        Mistake(
            question.mistake,
            decisions(name, {**right, number: question.tempting}),
            _told(number, question, question.tempting),
            _first_is(number, question.tempting),
        )
        for number, question in enumerate(questions, 1)
        if question.mistake
    )


def _first_is(number: int, choice: str) -> Callable[[Decided], Facts | None]:
    def sign(decided: Decided) -> Facts | None:
        return {} if decided.wrong[:1] == (number,) and decided.choices[number] == choice else None

    return sign

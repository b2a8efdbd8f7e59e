"""An exercise whose answer is a choice: some of several numbered things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .exercise import Exercise
from .values import value_text
from .verdict import Verdict

__all__ = ["Choice", "Fault", "Picked"]


@dataclass(frozen=True)
class Fault:
    """Something to find: the lines at which it may be named, what is wrong there, and a question that leads to it."""

    lines: tuple[int, ...]
    what: str
    question: str


@dataclass(frozen=True)
class Picked:
    """What was chosen: the faults `found` and `missing`, and the lines that are `sound`."""

    lines: frozenset[int]
    found: tuple[Fault, ...]
    missing: tuple[Fault, ...]
    sound: tuple[int, ...]


@dataclass(eq=False, repr=False)
class Choice(Exercise):
    """Name the lines with a fault: at least `enough` faults, and no line that is sound.

    - `faults`: what there is to find; `sound`: why a line that people suspect is right, by line number.
    - `last`: the highest line number; `example`: an answer that gives nothing away.
    """

    faults: tuple[Fault, ...] = ()
    sound: Mapping[int, str] = field(default_factory=dict)
    enough: int = 1
    last: int = 0
    example: str = "{1, 2}"

    def _verdict(self, answer: object) -> Verdict:
        if answer is ...:
            return Verdict("not attempted", f"Put the numbers of the lines in the place of `...`: {self._shape()}.")
        lines = _numbers(answer)
        if lines is None:
            return Verdict(
                "failed",
                f"The answer is a set of line numbers, without quotes, and this is {value_text(answer)}.",
                returned=value_text(answer),
                expected=self._shape(),
            )
        outside = sorted(line for line in lines if not 1 <= line <= self.last)
        if outside:
            return Verdict("failed", f"There is no line {outside[0]}: the lines run from 1 to {self.last}.")
        return self._judged(self._picked(lines))

    def _how(self) -> str:
        return f"put all numbers into one set, with braces: exercises.{self.name}.check({self.example})."

    def _shape(self) -> str:
        return f"a set of line numbers such as {self.example}"

    def _picked(self, lines: frozenset[int]) -> Picked:
        found = tuple(fault for fault in self.faults if lines & set(fault.lines))
        named = {line for fault in self.faults for line in fault.lines}
        missing = tuple(fault for fault in self.faults if fault not in found)
        return Picked(lines, found, missing, tuple(sorted(lines - named)))

    def _judged(self, picked: Any) -> Verdict:
        if self._is_right(picked):
            return Verdict("passed", self.praise, returned=self._count(picked), notes=self._all(picked))
        found = next(((each, facts) for each in self.mistakes if (facts := each.sign(picked)) is not None), None)
        message = found[0].says.format(**found[1]) if found else self._said(picked)
        return Verdict(
            "failed",
            message,
            mistake=found[0].name if found else None,
            returned=self._count(picked),
            expected=self._expected(),
            notes=self._more(picked, message),
        )

    # --- what another kind of choice does otherwise ------------------------------------------

    def _is_right(self, picked: Any) -> bool:
        return not picked.sound and len(picked.found) >= self.enough

    def _count(self, picked: Any) -> str:
        return f"{len(picked.found)} of {len(self.faults)} faults, and {len(picked.sound)} lines that are sound"

    def _expected(self) -> str:
        return f"at least {self.enough} faults, and no line that is sound"

    def _more(self, picked: Any, message: str) -> tuple[str, ...]:  # noqa: ARG002  here one sentence is enough
        return ()

    def _said(self, picked: Any) -> str:
        if picked.sound:
            line = picked.sound[0]
            return f"Look at line {line} again. {self.sound.get(line, 'It does what it should.')}"
        count = f"You have {len(picked.found)} faults, and {self.enough} are asked."
        return f"{count} A question: {picked.missing[0].question}"

    def _all(self, picked: Any) -> tuple[str, ...]:
        """Every fault, those first that were not found."""
        faults = (*((fault, "not found: ") for fault in picked.missing), *((fault, "") for fault in picked.found))
        return tuple(f"Line {fault.lines[0]}, {how}{fault.what}" for fault, how in faults)


def _numbers(answer: object) -> frozenset[int] | None:
    """The line numbers in anything that holds whole numbers; None for what does not."""
    if not isinstance(answer, set | frozenset | list | tuple | range):
        return None  # not any iterable: one without end would never be answered
    found = list(answer)
    return frozenset(found) if all(type(each) is int for each in found) else None

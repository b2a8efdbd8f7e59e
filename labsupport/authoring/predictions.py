"""The question of a `predict(...)`, read from its source, for pages on which nothing runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from nbformat import NotebookNode

from labsupport.course import questions

from .normal import is_prediction

__all__ = ["Prediction", "asked", "read"]

#: The systems on which another choice may be right, as they are written.
_OTHERS: Final[Mapping[str, str]] = {"macos": "macOS", "windows": "Windows"}


@dataclass(frozen=True)
class Prediction:
    """A question, its choices with what is said to those who chose each, and the choice that is right.

    Where systems differ, that of Linux, on which the stored outputs were made; `elsewhere` has the others', by system.
    """

    question: str
    choices: Mapping[str, str]
    right: str
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @property
    def lettered(self) -> Iterator[tuple[str, str, str]]:
        """Each choice with the letter that it has on the slide, and what is said to it."""
        return ((letter, *each) for letter, each in zip("ABCDEFGH", self.choices.items(), strict=False))

    def letter(self, choice: str) -> str:
        """The letter of a choice."""
        return next(letter for letter, each, _ in self.lettered if each == choice)


def asked(cells: Iterable[NotebookNode]) -> list[Prediction]:
    """The predictions that these cells ask for."""
    return [read(cell.source) for cell in cells if is_prediction(cell)]


def read(source: str) -> Prediction:
    """The prediction that a cell asks for; its arguments are constants."""
    found = next(questions.asked(source, chapter=0))
    right = found.right
    if isinstance(right, str):
        return Prediction(found.text, found.choices, right)
    elsewhere = {name: right[system] for system, name in _OTHERS.items() if right[system] != right["linux"]}
    return Prediction(found.text, found.choices, right["linux"], elsewhere)

"""A row of the tables: what some bytes are called, how they are laid out, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

from labsupport.tls.parts import Part

from .cursor import Cursor

__all__ = ["CONTENTS", "Field", "Reading", "Shape", "fields"]

#: The bytes themselves, behind a length.
CONTENTS: Final = "contents"

_CUT: Final = "Not all of it is there."


class Reading(NamedTuple):
    """What a shape found.  `label`, `explanation`, `source`: where the bytes say more than the table's row."""

    value: str = ""
    parts: tuple[Part, ...] = ()
    error: str = ""
    label: str = ""
    explanation: str = ""
    source: str = ""


class Shape(Protocol):
    """A layout of bytes."""

    def read(self, cursor: Cursor) -> Reading:
        """Read what is laid out like this, and leave the cursor behind it."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """A row: what some bytes are called, how they are laid out, what they are for and where that is written."""

    label: str
    shape: Shape
    explanation: str = ""
    source: str = ""

    def part(self, cursor: Cursor) -> Part:
        """The part that begins where the cursor stands, which goes behind it."""
        start = cursor.at
        seen = self.shape.read(cursor)
        cursor.facts.parts_left -= 1
        return Part(
            start,
            cursor.at,
            seen.label or self.label,
            " ".join(filter(None, (self.explanation, seen.explanation))) or (_CUT if seen.error else ""),
            (not self.explanation and seen.source) or self.source,
            seen.value,
            tuple(self._explained(part) for part in seen.parts),
            opened=cursor.facts.data[start : cursor.at],
            error=seen.error,
        )

    def _explained(self, part: Part) -> Part:
        """What is said of a field is said of its contents too."""
        if part.label != CONTENTS or part.explanation:
            return part
        return replace(part, explanation=self.explanation, source=self.source)


def fields(source: str, *rows: tuple[str, Shape, str]) -> tuple[Field, ...]:
    """Fields that one section of one document describes: (label, shape, explanation) each."""
    return tuple(Field(label, shape, explanation, source) for label, shape, explanation in rows)

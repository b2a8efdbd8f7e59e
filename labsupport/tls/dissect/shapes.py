"""How bytes are laid out: the presentation language of TLS (RFC 9846, section 3), as objects that read.

A table of `Field`s made of these is the specification: what a message is taken into, and what is said of each part,
come from the same row.  Whatever the bytes, a shape reads on from where its cursor stands, so the parts of a part
follow each other without gap or overlap; what is wrong is said in the part where it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from labsupport.tls.parts import Part

from .cursor import Cursor
from .field import CONTENTS, Field, Reading, Shape, fields
from .registry import Registry

__all__ = [
    "CONTENTS",
    "Choice",
    "Field",
    "Fixed",
    "Many",
    "Number",
    "Reading",
    "Rest",
    "Shape",
    "Struct",
    "Vector",
    "Whole",
    "fields",
    "left_over",
]

#: A list is told by so many of its entries.
_TOLD: Final = 4
_VECTORS: Final = "RFC 9846, section 3.4"


def left_over(cursor: Cursor) -> Iterable[Part]:
    """The bytes behind the last field."""
    if cursor.left:
        error = f"{_bytes(cursor.left)} left over: nothing is defined to stand here."
        found = Field("left over", Rest(), "Bytes behind the last field of the structure around them.", _VECTORS)
        part = found.part(cursor)
        yield Part(part.start, part.end, part.label, part.explanation, part.source, opened=part.opened, error=error)


@dataclass(frozen=True, slots=True)
class Number:
    """An unsigned integer of `size` bytes, the most significant first (section 3.3), perhaps with a name."""

    size: int
    names: Registry | None = None
    unit: str = ""

    def read(self, cursor: Cursor) -> Reading:
        """Read it."""
        raw = cursor.take(self.size)
        if len(raw) < self.size:
            return Reading(error=f"{_bytes(self.size)} expected, and the data ends after {len(raw)}.")
        number = int.from_bytes(raw)
        if self.names is None:
            return Reading(f"{number} {self.unit}".rstrip())
        entry = self.names[number]
        return Reading(entry.name, explanation=entry.meaning, source=entry.source)


@dataclass(frozen=True, slots=True)
class Fixed:
    """`size` bytes, no more and no fewer."""

    size: int
    say: Callable[[bytes], str] | None = None

    def read(self, cursor: Cursor) -> Reading:
        """Read them."""
        raw = cursor.take(self.size)
        if len(raw) < self.size:
            return Reading(error=f"{_bytes(self.size)} expected, and the data ends after {len(raw)}.")
        return Reading(self.say(raw) if self.say else "")


@dataclass(frozen=True, slots=True)
class Rest:
    """All bytes up to the end of the structure around them, perhaps none."""

    say: Callable[[bytes], str] | None = None

    def read(self, cursor: Cursor) -> Reading:
        """Read them."""
        raw = cursor.take(cursor.left)
        return Reading(self.say(raw) if self.say else "")


@dataclass(frozen=True, slots=True)
class Struct:
    """Fields one after the other.

    - `value`: the field whose value is the structure's; "" where none is.
    - `optional`: how many of the last fields may be absent.
    """

    fields: tuple[Field, ...]
    value: str = ""
    optional: int = 0

    def read(self, cursor: Cursor) -> Reading:
        """Read them all, or as many as there are bytes for."""
        parts: list[Part] = []
        value = error = ""
        for number, field in enumerate(self.fields):
            if not cursor.left and number >= len(self.fields) - self.optional:
                break
            part = field.part(cursor)
            if self.value in (part.label, field.label):
                value = part.value
            if part.end > part.start:
                parts.append(part)
            elif part.error:
                error = f"The data ends where {field.label} should begin."
                break
        return Reading(value, tuple(parts), error)


@dataclass(frozen=True, slots=True)
class Whole:
    """`of`, and nothing behind it.  All its bytes are in parts, also where it is one field without any."""

    of: Shape

    def read(self, cursor: Cursor) -> Reading:
        """Read it; bytes that are left over become a part that says so."""
        start = cursor.at
        seen = self.of.read(cursor)
        parts = seen.parts or _one(start, cursor, seen.value)
        return seen._replace(parts=(*parts, *left_over(cursor)))


def _one(start: int, cursor: Cursor, value: str) -> tuple[Part, ...]:
    if start == cursor.at:
        return ()
    return (Part(start, cursor.at, CONTENTS, "", value=value, opened=cursor.facts.data[start : cursor.at]),)


def values(parts: Sequence[Part]) -> str:
    """A list told by the values of its first entries."""
    return _told([part.value or part.label for part in parts])


def labels(parts: Sequence[Part]) -> str:
    """A list told by the labels of its first entries."""
    return _told([part.label for part in parts])


def _told(words: list[str]) -> str:
    more = [f"and {len(words) - _TOLD} more"] if len(words) > _TOLD else []
    return ", ".join(words[:_TOLD] + more)


@dataclass(frozen=True, slots=True)
class Many:
    """As many of one field as there are bytes for; `say` tells of them."""

    item: Field
    say: Callable[[Sequence[Part]], str] = values

    def read(self, cursor: Cursor) -> Reading:
        """Read them all."""
        parts: list[Part] = []
        while cursor.left:
            if cursor.facts.parts_left <= 0:
                parts.append(_MORE.part(cursor))
            else:
                parts.append(self.item.part(cursor))
        return Reading(self.say(parts), tuple(parts))


@dataclass(frozen=True, slots=True)
class Vector:
    """A length, then from `least` to `most` bytes: what RFC 9846 writes `<least..most>` (section 3.4).

    `of` is the layout of what follows the length.
    """

    least: int
    most: int
    of: Shape = Rest()

    def read(self, cursor: Cursor) -> Reading:
        """Read the length and what it counts."""
        length = Field("length", Number((self.most.bit_length() + 7) // 8), _LENGTH, _VECTORS).part(cursor)
        if length.error:
            return Reading(parts=(length,) if length.end > length.start else (), error=length.error)
        count = int(length.value)
        error = self._wrong(count, cursor.left)
        inside = cursor.inside(count)
        seen = Whole(self.of).read(inside)
        value = seen.value if seen.parts else "empty"
        return seen._replace(value=value, parts=(length, *seen.parts), error=error or seen.error)

    def _wrong(self, count: int, left: int) -> str:
        if count > left:
            return f"The length says {_bytes(count)}, and {left} follow."
        if not self.least <= count <= self.most:
            return f"The length says {_bytes(count)}; {self.least} to {self.most} are allowed."
        return ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The layout that `choose` picks by what it sees ahead."""

    choose: Callable[[Cursor], Shape]

    def read(self, cursor: Cursor) -> Reading:
        """Read what it is."""
        return self.choose(cursor).read(cursor)


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


_LENGTH: Final = "How many bytes of this field follow."
_MORE: Final = Field(
    "further entries", Rest(), "More entries than are shown one by one: a list as long as this is no usual one."
)

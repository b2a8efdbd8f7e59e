"""Which messages a flight holds, and where their parts stand in its tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labsupport.tls.parts import CONTINUED, SEALED_RECORD, TAIL, Flight, Part

__all__ = ["Found", "Path", "broken", "field", "found"]

#: Where a part stands: the number of its record in the flight, of its part in the record, and so on.
Path = tuple[int, ...]

#: One message may fill several records, and of these there may be several: one box.
_MANY: Final = frozenset({"NewSessionTicket", "application data", SEALED_RECORD})


@dataclass(frozen=True)
class Found:
    """A message: its `name`, and its `parts` with their places; more than one where it goes on in the next record.

    `error`: what is wrong with the first of its records, or "".
    """

    name: str
    parts: tuple[tuple[Path, Part], ...]
    error: str = ""

    @property
    def secret(self) -> bool:
        """Whether an eavesdropper cannot read it."""
        return any(part.secret for _, part in self.parts)


def found(flight: Flight) -> list[Found]:
    """The messages of a flight, in order; several tickets, and several pieces of data, are one."""
    kept: list[Found] = []
    for number, record in enumerate(flight.parts):
        for one in _inside(record, number):
            goes_on = one.parts[0][1].label.endswith(CONTINUED) or one.name in _MANY
            if kept and kept[-1].name == one.name and goes_on:
                kept[-1] = Found(one.name, kept[-1].parts + one.parts, kept[-1].error or one.error)
            else:
                kept.append(one)
    return kept


def _inside(record: Part, number: int) -> list[Found]:
    """The messages in a record, behind its header and before its tail; or bytes that are no record at all."""
    inside = [
        Found(part.label.removesuffix(CONTINUED), (((number, place), part),), record.error)
        for place, part in enumerate(record.parts)
        if place and part.label not in TAIL
    ]
    alone = Found(record.label, (((number,), record),), record.error)
    return inside or [alone] * bool(record.error)


def field(message: Found, name: str) -> tuple[Path, Part] | None:
    """The first part of a message that bears this name, with its place."""
    inside = (one for path, part in message.parts for one in _placed(path, part))
    return next(((path, part) for path, part in inside if part.label == name), None)


def _placed(path: Path, part: Part) -> Iterator[tuple[Path, Part]]:
    """A part and all that it consists of, in order, each with its place."""
    yield path, part
    for number, one in enumerate(part.parts):
        yield from _placed((*path, number), one)


def broken(part: Part) -> Part | None:
    """The smallest part in which something is wrong, the first of several."""
    inside = (broken(one) for one in part.parts)
    return next(filter(None, inside), part if part.error else None)

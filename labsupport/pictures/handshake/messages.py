"""Which messages a flight holds, and where their parts stand in its tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labsupport.tls.parts import Flight, Part

__all__ = ["FINISHED", "SEALED", "Found", "Path", "broken", "field", "found", "whole"]

#: Where a part stands: the number of its record in the flight, of its part in the record, and so on.
Path = tuple[int, ...]

#: What nobody here can open, in TLS 1.3 and before.
SEALED: Final = "encrypted_record"
#: In TLS 1.2 the one handshake message that is encrypted: it follows ChangeCipherSpec (RFC 5246, section 7.3).
FINISHED: Final = "encrypted handshake message"

#: What stands behind the content of an encrypted record (RFC 9846, section 5.2).
_TAIL: Final = frozenset({"type", "zeros", "authentication tag"})
#: One message may fill several records, and of these there may be several: one box.
_MANY: Final = frozenset({"NewSessionTicket", "application data", SEALED})
_CONTINUED: Final = " (continued)"


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
            goes_on = one.parts[0][1].label.endswith(_CONTINUED) or one.name in _MANY
            if kept and kept[-1].name == one.name and goes_on:
                kept[-1] = Found(one.name, kept[-1].parts + one.parts, kept[-1].error or one.error)
            else:
                kept.append(one)
    return kept


def _inside(record: Part, number: int) -> list[Found]:
    """The messages in a record, behind its header and before its tail; or bytes that are no record at all."""
    inside = [
        Found(part.label.removesuffix(_CONTINUED), (((number, place), part),), record.error)
        for place, part in enumerate(record.parts)
        if place and part.label not in _TAIL
    ]
    alone = Found(record.label, (((number,), record),), record.error)
    return inside or [alone] * bool(record.error)


def whole(part: Part) -> Iterator[Part]:
    """A part and all that it consists of, in order."""
    yield part
    for one in part.parts:
        yield from whole(one)


def field(message: Found, name: str) -> Part | None:
    """The first part of a message that bears this name."""
    parts = (one for _, part in message.parts for one in whole(part))
    return next((one for one in parts if one.label == name), None)


def broken(part: Part) -> Part | None:
    """The smallest part in which something is wrong, the first of several."""
    inside = (broken(one) for one in part.parts)
    return next(filter(None, inside), part if part.error else None)

"""A transcript as text: a line for each part, so that nothing is said by colour alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .parts import Flight, Part

__all__ = ["listing"]

#: In front of what an eavesdropper cannot read.
MARK: Final = "▒"
#: Characters of a value that are shown.
_WIDE: Final = 88


def listing(flights: Sequence[Flight], error: str, depth: int | None = None) -> str:
    """The flights, one line a part, `depth` levels deep; what is encrypted begins with ▒."""
    lines: list[str] = []
    for number, flight in enumerate(flights):
        lines += [
            f"flights[{number}], {flight.sender} → {flight.receiver}: {flight.name}",
            *_lines(flight.parts, depth, 1),
            "",
        ]
    if error:
        lines += [f"Error: {error}", ""]
    if any(part.secret for flight in flights for part in flight.parts):
        lines += [f"{MARK} encrypted: an eavesdropper cannot read it"]
    return "\n".join(lines).rstrip() + "\n"


def _lines(parts: Sequence[Part], depth: int | None, level: int) -> Iterator[str]:
    if depth is not None and level > depth:
        return
    for part in parts:
        yield _line(part, level)
        if part.error:
            yield f"{'':14}{'  ' * level}! {part.error}"
        yield from _lines(part.parts, depth, level + 1)


def _line(part: Part, level: int) -> str:
    """Offsets of the first and the last byte, the label, and what the bytes say."""
    mark = MARK if part.secret else " "
    value = part.value if len(part.value) <= _WIDE else f"{part.value[: _WIDE - 1]}…"
    where = f"{part.start}-{part.end - 1}"
    return f"{mark} {where:>11} {'  ' * level}{part.label}{': ' if value else ''}{value}"

"""How large the boxes are.  Pixels; text is 12 pixels high everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .model import Chip, Label
from .words import ARROW, cells, fit

__all__ = ["CELL", "CHIP", "LINE", "Box", "box"]

#: Width of a character of a monospaced font of 12 px: 0.6 em, and a little for the widest of them.
CELL: Final = 7.25
#: Width of a character of the sans-serif font, on the safe side.
SANS: Final = 7.0
LINE: Final = 17
CHIP: Final = 20
PAD: Final = 8
#: In a column no wider than this the letter of a lane has no circle.
TIGHT: Final = 114
MOST_CHIPS: Final = 6


@dataclass(slots=True)
class Box:
    """A label as it is drawn: `lines` of text, then `trouble`, then rows of chips with their (x, width).

    `up`, `down`: how far it reaches above and below the line on which its first text stands.
    """

    width: float
    up: float
    down: float
    lines: list[str]
    trouble: list[str]
    chips: list[list[tuple[Chip, float, float]]]
    frame: bool


def box(label: Label, room: float, mark: str) -> Box:
    """Fit a label into `room` pixels; `mark`: the letter of its lane, which stands before it, or ""."""
    frame = label.kind in ("call", "sync")
    inner = room - 2 * PAD
    lead = (18 if room > TIGHT else 12) if mark and frame else 0
    lock = 30 if label.tls else 0
    if label.kind in ("state", "note", "head"):
        lines = _prose(f"{mark}: {label.text}" if mark and label.kind == "note" else label.text, room)
        return Box(_longest(lines, SANS), 8, LINE * len(lines) - 9, lines, [], [], frame)
    lines = _split(label.text, inner - lead - lock) if label.text != ARROW or not label.trouble else []
    if label.tls and len(lines) != 1 and cells(label.text) * CELL <= inner - lead:
        lines = [label.text, ""]  # the sign of TLS stands on the last line
    if not label.trouble and not label.chips and len(lines) == 1:
        return Box(cells(lines[0]) * CELL + lead + lock + 2 * PAD, 12, 12, lines, [], [], frame)
    trouble = _camel(label.trouble, inner - lead * (not lines)) if label.trouble else []
    chips = _chips(label.chips, inner)
    text = _longest(lines, CELL) + lead + lock
    name = _longest(trouble, CELL) + 2 * CELL + lead * (not lines) if trouble else 0.0
    width = max(text, name, *map(_row_width, chips))
    extra = LINE * (len(lines) - 1 + len(trouble)) + CHIP * len(chips)
    return Box(min(width, inner) + 2 * PAD, 12, 12 + extra + (1 if chips else 0), lines, trouble, chips, frame)


def _longest(lines: list[str], width: float) -> float:
    return max(map(cells, lines), default=0) * width


def _row_width(row: list[tuple[Chip, float, float]]) -> float:
    return row[-1][1] + row[-1][2]


def _split(text: str, room: float) -> list[str]:
    """Break a call before "=" or after "…" when it does not fit, else cut it."""
    limit = int(room // CELL)
    if cells(text) <= limit:
        return [text]
    tight = text.replace(" = ", "=")
    if cells(tight) <= limit:
        return [tight]
    for long, short in (("connection", "conn."), ("SHUT_", "")):
        if long in text:
            return _split(text.replace(long, short), room)
    head, equals, tail = text.partition(" = ")
    if equals:
        return [fit(head, limit), fit("= " + tail, limit)]
    for joint in (".", ": "):
        head, found, tail = text.rpartition(joint)
        if found and cells(head) < limit:
            return [head + found.strip(". "), fit(found.strip(": ") + tail, limit)]
    head, _, tail = text.removesuffix(" B").rpartition(" ")
    tail += " B" if text.endswith(" B") else ""
    return [fit(head, limit), fit(tail, limit)] if head and cells(head) <= limit else [fit(text, limit)]


def _camel(name: str, room: float) -> list[str]:
    """The name of an exception, broken before a capital letter when it is too long."""
    limit = int(room // CELL) - 2
    if len(name) <= limit:
        return [name]
    at = max((place for place in range(1, min(limit, len(name))) if name[place].isupper()), default=limit)
    return [name[:at], fit(name[at:], limit)]


def _prose(text: str, room: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and cells(lines[-1]) + 1 + cells(word) <= int(room // SANS):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _chips(chips: list[Chip], room: float) -> list[list[tuple[Chip, float, float]]]:
    """Lay chips out in rows; of very many the middle ones become one."""
    rows: list[list[tuple[Chip, float, float]]] = []
    x = 0.0
    for chip in _few(chips):
        text = fit(chip.text, max(1, int((room - 12) // CELL) - len(chip.name) - 1)) if chip.text else ""
        width = (cells(text) + len(chip.name) + (1 if text else 0)) * CELL + 12
        if not rows or x + width > room:
            rows.append([])
            x = 0.0
        rows[-1].append((Chip(chip.number, text, chip.last), x, width))
        x += width + 4
    return rows


def _few(chips: list[Chip]) -> list[Chip]:
    if len(chips) <= MOST_CHIPS:
        return chips
    middle = chips[MOST_CHIPS - 2 : -1]
    return [*chips[: MOST_CHIPS - 2], Chip(middle[0].number, "", middle[-1].number), chips[-1]]

"""How large the boxes are.  Pixels; text is 12 pixels high everywhere."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .model import Chip, Label
from .words import ELLIPSIS, cells

__all__ = ["CELL", "CHIP", "LINE", "Box", "box", "cut", "pixels"]

#: Width of a character of a monospaced font of 12 px: 0.6 em, and a little for the widest of them.
CELL: Final = 7.25
#: Width of any other letter, and of an emoji: 1 em and 1.37 em, the widest of the fonts that systems bring.
LETTER: Final = 12.5
EMOJI: Final = 16.5
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
    if label.kind == "mark":
        return Box(0, 0, 0, [], [], [], False)
    frame = label.kind in ("call", "sync")
    inner = room - 2 * PAD
    lead = (18 if room > TIGHT else 12) if mark and frame else 0
    lock = 30 if label.tls else 0
    if label.kind in ("state", "note", "head"):
        lines = _prose(f"{mark}: {label.text}" if mark and label.kind == "note" else label.text, room)
        return Box(_longest(lines) * SANS / CELL, 8, LINE * len(lines) - 9, lines, [], [], frame)
    lines = _split(label.text, inner - lead - lock) if label.text != ELLIPSIS or not label.trouble or label.tls else []
    if label.tls and lines != [label.text]:
        whole = (text for text in (label.text, label.text.replace(" …", "…")) if pixels(text) <= inner - lead)
        lines = next(([text, ""] for text in whole), lines)  # the sign of TLS stands on the last line
    if not label.trouble and not label.chips and len(lines) == 1:
        return Box(pixels(lines[0]) + lead + lock + 2 * PAD, 12, 12, lines, [], [], frame)
    trouble = _camel(label.trouble, inner - lead * (not lines)) if label.trouble else []
    chips = _chips(label.chips, inner)
    text = _longest(lines) + lead + lock
    name = _longest(trouble) + 2 * CELL + lead * (not lines) if trouble else 0.0
    width = max(text, name, *map(_row_width, chips))
    extra = LINE * (len(lines) - 1 + len(trouble)) + CHIP * len(chips)
    return Box(min(width, inner) + 2 * PAD, 12, 12 + extra + (1 if chips else 0), lines, trouble, chips, frame)


def _longest(lines: list[str]) -> float:
    return max(map(pixels, lines), default=0.0)


@lru_cache(4096)
def pixels(text: str) -> float:
    """How wide the text is at most in a monospaced font of 12 px.

    Only Latin, Greek and Cyrillic letters are sure to be in such a font; for all others each browser takes a font of
    its own.
    """
    return len(text) * CELL if text.isascii() else sum(map(_pixels, text))


def _pixels(character: str) -> float:
    columns, code = cells(character), ord(character)
    if not columns or code < 0x530 or 0x2000 <= code < 0x2600:
        return columns * CELL
    symbol = unicodedata.category(character) in ("So", "Sk")
    return EMOJI if symbol else LETTER


def cut(text: str, room: float) -> str:
    """The text in at most `room` pixels, but for one character, with "…" where something is left out."""
    if pixels(text) <= room:
        return text
    kept, used = "", 0.0
    for character in text:
        used += pixels(character)
        if used > room - CELL:
            break
        kept += character
    return kept + ELLIPSIS


def _row_width(row: list[tuple[Chip, float, float]]) -> float:
    return row[-1][1] + row[-1][2]


def _split(text: str, room: float) -> list[str]:
    """Break a call before "=" or after "…" when it does not fit, else cut it."""
    if pixels(text) <= room:
        return [text]
    tight = text.replace(" = ", "=")
    if pixels(tight) <= room:
        return [tight]
    for long, short in (("connection", "conn."), ("SHUT_", "")):
        if long in text:
            return _split(text.replace(long, short), room)
    head, equals, tail = text.partition(" = ")
    if equals:
        return [cut(head, room), cut("= " + tail, room)]
    for joint in (".", ": "):
        head, found, tail = text.rpartition(joint)
        if found and pixels(head) + CELL <= room:
            return [head + found.strip(". "), cut(found.strip(": ") + tail, room)]
    head, _, tail = text.removesuffix(" B").rpartition(" ")
    tail += " B" if text.endswith(" B") else ""
    return [cut(head, room), cut(tail, room)] if head and pixels(head) <= room else [cut(text, room)]


def _camel(name: str, room: float) -> list[str]:
    """The name of an exception, broken before a capital letter when it is too long."""
    limit = int(room // CELL) - 2
    if len(name) <= limit:
        return [name]
    at = max((place for place in range(1, min(limit, len(name))) if name[place].isupper()), default=limit)
    return [name[:at], cut(name[at:], limit * CELL)]


def _prose(text: str, room: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and pixels(f"{lines[-1]} {word}") * SANS / CELL <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _chips(chips: list[Chip], room: float) -> list[list[tuple[Chip, float, float]]]:
    """Lay chips out in rows; of very many the middle ones become one."""
    rows: list[list[tuple[Chip, float, float]]] = []
    x = 0.0
    for chip in _few(chips):
        lead = len(chip.name) * CELL + 12
        text = cut(chip.text, room - lead - CELL) if chip.text else ""
        width = pixels(text) + lead + (CELL if text else 0)
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

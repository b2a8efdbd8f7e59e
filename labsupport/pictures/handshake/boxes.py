"""The boxes of a handshake: what is written in each, broken into lines, and how large that makes it.  Pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labsupport.pictures.ladder.measure import CELL, cut, pixels

from .messages import Path
from .model import Message, Shown

__all__ = ["ARM", "CHIP", "LINE", "PAD", "SIGN", "STRIPE", "Box", "Chip", "Frame", "box", "frame", "wrap"]

LINE: Final = 17
CHIP: Final = 21
PAD: Final = 8
#: The bar at a box's left edge, by which its colour is seen from afar.
STRIPE: Final = 6
#: Between a lifeline and a box: the shaft of an arrow, or its tip.
ARM: Final = 34
_NARROW_ARM: Final = 22
#: What "in clear" and the eye take.
SIGN: Final = 76
#: Width of a character of 12 px in a sans-serif font, on the safe side.
_SANS: Final = 6.7
#: From this width on the words stand beside the name, not below it.
_BESIDE: Final = 600
_NAME: Final = 172


@dataclass(frozen=True)
class Frame:
    """Where things stand across: the lifelines, and the boxes between them.

    `beside`: words stand beside the names, not below; `air`: how much higher than its text needs a box is.
    """

    width: float
    client: float
    server: float
    left: float
    right: float
    beside: bool
    air: float = 0


@dataclass(frozen=True)
class Chip:
    """A field: its name, what it says, its place in the tree, and where it stands in its row."""

    name: str
    value: str
    path: Path
    x: float
    width: float


@dataclass(frozen=True)
class Box:
    """A message that fits its frame: `says` and `wrong` as lines, `chips` in rows; `words`: where these begin."""

    message: Message
    words: float
    says: list[str]
    chips: list[list[Chip]]
    wrong: list[str]
    height: float


def frame(width: float, air: float = 0) -> Frame:
    """The arrangement for a picture of this width."""
    beside = width >= _BESIDE
    edge, arm = (46, ARM) if beside else (15, _NARROW_ARM)
    return Frame(width, edge, width - edge, edge + arm, width - edge - arm, beside, air)


def box(message: Message, place: Frame) -> Box:
    """Fit a message into a frame."""
    inside = place.left + STRIPE + PAD
    words = inside + _NAME if place.beside else inside
    room = place.right - PAD - words - (SIGN if place.beside else 0)
    says, chips = wrap(message.says, room), _chips(message.fields, room)
    wrong = wrap(message.wrong, place.right - PAD - words - 16)
    lines = len(says) + len(wrong) + (0 if place.beside else 1)
    return Box(message, words, says, chips, wrong, LINE * max(lines, 1) + CHIP * len(chips) + 11 + place.air)


def wrap(sentence: str, room: float) -> list[str]:
    """A sentence in lines of at most so many pixels."""
    lines: list[str] = []
    for word in sentence.split():
        if lines and (len(lines[-1]) + 1 + len(word)) * _SANS <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _chips(fields: tuple[Shown, ...], room: float) -> list[list[Chip]]:
    rows: list[list[Chip]] = []
    x = 0.0
    for name, whole, path in fields:
        value = cut(whole, room - pixels(name) - CELL - 12) if whole else ""
        width = pixels(f"{name} {value}".strip()) + 12
        if not rows or x + width > room:
            rows.append([])
            x = 0.0
        rows[-1].append(Chip(name, value, path, x, width))
        x += width + 4
    return rows

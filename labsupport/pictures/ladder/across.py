"""Where lanes and columns stand from left to right.

Clients stand left of the gap, all others right of it.  One conversation has room for a column
of labels a lane; of several, the lifelines stand in two bundles and each side shares one column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .model import Lane

__all__ = ["EDGE", "NARROW", "WIDE", "Across", "Place", "across"]

#: What a place of 400 pixels has room for, with a scroll bar or a margin.
NARROW: Final = 384
WIDE: Final = 800
EDGE: Final = 10


@dataclass(slots=True)
class Place:
    """Where a lane stands: the `x` of its lifeline, and the column of its labels, from `start` to `end`.

    `side`: -1 when labels end left of the lifeline (right-aligned), +1 when they begin right of it.
    """

    x: float
    start: float
    end: float
    side: int
    column: int

    @property
    def room(self) -> float:
        """The widest label."""
        return self.end - self.start


@dataclass(slots=True)
class Across:
    """An arrangement.

    `gap`: where nothing but wires and bands stands; `step`: from one band to the next, unless they are many;
    `beach`: all the room for bands beside a lifeline.
    """

    width: int
    style: str
    places: list[Place]
    gap: tuple[float, float]
    step: float
    beach: float


def across(lanes: list[Lane], width: int) -> Across:
    """The arrangement of `lanes` for a width of `WIDE` or `NARROW`."""
    left, right = [lane for lane in lanes if lane.left], [lane for lane in lanes if not lane.left]
    if not left or not right:
        return _one_side(lanes)
    if width == WIDE and len(left) == 1 and len(right) == 2 and right[1].kind == "listener":
        return _spread(width)
    return _bundles(left, right, width)


def _spread(width: int) -> Across:
    """Client, connection, listener, each with labels of its own."""
    client = Place(200, EDGE, 186, -1, 0)
    connection = Place(426, 440, 604, 1, 1)
    listener = Place(width - 52, 610, width - 66, -1, 2)
    return Across(width, "spread", [client, connection, listener], (200, 426), 10, 75)


def _bundles(left: list[Lane], right: list[Lane], width: int) -> Across:
    """Lifelines in two bundles, the labels of each side in one column."""
    count = len(left) + len(right) - 2
    wide = width == WIDE
    between = 46 if wide else 22 if count <= 2 else 18 if count <= 4 else 13
    edge = EDGE if wide else 3
    rest = width - 2 * edge - 2 * 14 - between * count
    room = min(176.0, (rest - (190 if wide else max(40, 84 - 10 * count))) / 2)
    gap = min(300.0, rest - 2 * room)
    room = (rest - gap) / 2
    places: dict[int, Place] = {}
    x = edge + room + 14
    for lane in left:
        places[lane.index] = Place(x, edge, edge + room, -1, 0)
        x += between
    start = x - between
    x = start + gap
    for lane in right:
        places[lane.index] = Place(x, width - edge - room, width - edge, 1, 1)
        x += between
    alone = len(left) == len(right) == 1
    beach = gap / 2 - 24 if alone else 27 if wide else between - 8 if count > 2 else 15
    step = 9 if wide else 6
    ordered = [places[k] for k in range(len(places))]
    return Across(width, "bundle", ordered, (start, start + gap), step, max(beach, step))


def _one_side(lanes: list[Lane]) -> Across:
    """Only listeners, or only clients: lifelines in the middle, labels right of them; narrow at any width."""
    x = NARROW / 2 - 60
    start = x + 14 + 26 * (len(lanes) - 1)
    places = [Place(x + 26 * lane.index, start, min(NARROW - EDGE, start + 200), 1, 0) for lane in lanes]
    return Across(NARROW, "bundle", places, (x, x), 9, 9)

"""Where everything stands.  Two widths, one set of rows.

Lanes stand side by side, those of clients left of the gap, all others right of it.  Labels
stand in *columns* beside them: of the labels that share a column and a row, each stands below
the one before.  A row is as high as the wide and the narrow arrangement need it to be, so
that both pictures are of one height and one file can hold both.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from .measure import Box, box
from .model import Band, Label, Lane, Story, Wait, Wire
from .story import Source, tell

__all__ = ["NARROW", "WIDE", "Layout", "Place", "Row", "lay_out", "lay_out_both"]

NARROW: Final = 400
WIDE: Final = 800
EDGE: Final = 10
ANCHOR: Final = 18
_RANK: Final = {"call": 0, "sync": 1, "head": 2, "state": 3, "note": 4}


@dataclass(slots=True)
class Place:
    """Where a lane stands: the `x` of its lifeline, and the column of its labels.

    `side`: -1 when they end left of the lifeline (right-aligned), +1 when they begin right of it.
    """

    x: float
    start: float
    end: float
    side: int
    column: int


@dataclass(slots=True)
class Row:
    """A row's place, in pixels from the top, and what begins in it."""

    top: float
    height: float
    labels: list[Label] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)


@dataclass
class Layout:
    """A story with its measures.

    - `places[lane.index]`, `boxes[label.index]`, `anchors[label.index]` (the y of its first text).
    - `rows`; `top`: where the first begins; `height`: of all, without the legend.
    - `gap`: the x from which and to which nothing but wires and bands stands; `step`: between two bands.
    """

    story: Story
    width: int
    places: list[Place]
    boxes: list[Box]
    anchors: list[float]
    rows: list[Row]
    gap: tuple[float, float]
    step: float
    marks: list[bool]
    style: str = "bundle"
    top: float = 0
    height: float = 0

    def y(self, lane: int, row: int) -> float:
        """The height on a lifeline at which something happens in `row`."""
        if row >= len(self.rows):
            return self.height
        found = [self.anchors[label.index] for label in self.rows[row].labels if label.lane == lane]
        return min(found) if found else self.rows[row].top + ANCHOR

    def signed(self, lane: int) -> bool:
        """Whether a lane that begins inside the picture begins with a sign on its lifeline, not with a label."""
        return self.style == "spread" or self.marks[lane]

    def head(self, lane: Lane) -> tuple[float, float]:
        """The middle and the width of the box with a lane's name."""
        width = max(78.0, len(lane.title) * 8 + 20)
        return min(max(self.places[lane.index].x, width / 2 + 2), self.width - width / 2 - 2), width

    @cached_property
    def levels(self) -> dict[int, int]:
        """Names that would overlap stand on several levels; 0 is the lowest."""
        until: list[float] = []
        found: dict[int, int] = {}
        for lane in sorted(self.story.lanes, key=lambda lane: self.places[lane.index].x):
            if lane.born is None:
                x, width = self.head(lane)
                level = next((k for k, end in enumerate(until) if end < x - width / 2), len(until))
                until[level : level + 1] = [x + width / 2 + 4]
                found[lane.index] = level
        return found

    @cached_property
    def arrivals(self) -> dict[tuple[int, int], Band]:
        """The band that begins where a label's bytes arrive: by label and lane."""
        return {(band.begin.index, band.lane): band for band in self.story.bands}

    @cached_property
    def shore(self) -> dict[int, list[Band]]:
        """The bands beside each lane."""
        found: dict[int, list[Band]] = defaultdict(list)
        for band in self.story.bands:
            found[band.lane].append(band)
        return found

    @property
    def waits(self) -> list[Wait]:
        """The calls that wait."""
        return self.story.waits

    @property
    def bands(self) -> list[Band]:
        """The bytes that wait."""
        return self.story.bands


def lay_out(source: Source, narrow: bool = False) -> Layout:
    """The ladder of an excerpt, for a width of `WIDE` or of `NARROW` pixels, its rows as low as they can be."""
    story = tell(source)
    layout = _arrange(story, NARROW if narrow else WIDE)
    _stack(story, layout)
    return layout


def lay_out_both(source: Source) -> tuple[Layout, Layout]:
    """The wide and the narrow layout of one story: the same rows at the same heights."""
    story = tell(source)
    wide, small = _arrange(story, WIDE), _arrange(story, NARROW)
    _stack(story, wide, small)
    return wide, small


# --- across ---------------------------------------------------------------------------------------


def _arrange(story: Story, width: int) -> Layout:
    left = [lane for lane in story.lanes if lane.left]
    right = [lane for lane in story.lanes if not lane.left]
    style = "bundle"
    if not left or not right:
        width = NARROW
        places, gap, step = _one_side(story.lanes, width)
    elif width == WIDE and len(left) == 1 and _classical(right):
        places, gap, step = _spread(story.lanes, width)
        style = "spread"
    else:
        places, gap, step = _bundles(left, right, width)
    marks = [bool(lane.mark) for lane in story.lanes]
    boxes = [box(label, _room(places[label.lane]), story.lanes[label.lane].mark) for label in story.labels]
    return Layout(story, width, places, boxes, [], [], gap, step, marks, style)


def _room(place: Place) -> float:
    return place.end - place.start


def _classical(right: list[Lane]) -> bool:
    return len(right) == 2 and right[1].kind == "listener"


def _spread(lanes: list[Lane], width: int) -> tuple[list[Place], tuple[float, float], float]:
    """Client, connection, listener, each with labels of its own."""
    client = Place(200, EDGE, 186, -1, 0)
    connection = Place(426, 440, 604, 1, 1)
    listener = Place(width - 52, 610, width - 66, -1, 2)
    return [client, connection, listener], (200, 426), 10


def _bundles(left: list[Lane], right: list[Lane], width: int) -> tuple[list[Place], tuple[float, float], float]:
    """Lifelines in two bundles, the labels of each side in one column."""
    count = len(left) + len(right) - 2
    wide = width == WIDE
    between = 46 if wide else 22 if count <= 2 else 18
    across = width - 2 * EDGE - 2 * 14 - between * count
    room = min(176.0, (across - (190 if wide else 84 - 10 * count)) / 2)
    gap = min(300.0, across - 2 * room)
    room = (across - gap) / 2
    places: dict[int, Place] = {}
    x = EDGE + room + 14
    for lane in left:
        places[lane.index] = Place(x, EDGE, EDGE + room, -1, 0)
        x += between
    start = x - between
    x = start + gap
    for lane in right:
        places[lane.index] = Place(x, width - EDGE - room, width - EDGE, 1, 1)
        x += between
    return [places[index] for index in range(len(places))], (start, start + gap), 9 if wide else 6


def _one_side(lanes: list[Lane], width: int) -> tuple[list[Place], tuple[float, float], float]:
    """Only listeners, or only clients: lifelines in the middle, labels right of them."""
    x = width / 2 - 60
    start = x + 14 + 26 * (len(lanes) - 1)
    places = [Place(x + 26 * lane.index, start, min(width - EDGE, start + 200), 1, 0) for lane in lanes]
    return places, (x, x), 9


# --- down -----------------------------------------------------------------------------------------


def _stack(story: Story, *layouts: Layout) -> None:
    rows: list[list[Label]] = [[] for _ in range(story.rows)]
    for label in story.labels:
        rows[label.row].append(label)
    for labels in rows:
        labels.sort(key=lambda label: (_RANK[label.kind] > 1, label.lane, _RANK[label.kind], label.index))
    wires: dict[int, list[Wire]] = defaultdict(list)
    for wire in story.wires:
        wires[wire.source.row].append(wire)
    for layout in layouts:
        layout.anchors = [0.0] * len(story.labels)
        layout.top = 52.0 + _names_above(layout)
    top = max(layout.top for layout in layouts)
    for number, labels in enumerate(rows):
        height = max(_fill(layout, labels, top) for layout in layouts)
        for layout in layouts:
            layout.rows.append(Row(top, height, labels, wires.get(number, [])))
        top += height
    for layout in layouts:
        layout.height = top + 14


def _names_above(layout: Layout) -> float:
    """What the names need where lifelines are too close for them to stand side by side."""
    if layout.style == "bundle" and any(layout.marks):
        lanes = [lane for lane in layout.story.lanes if lane.born is None]
        return 17.0 * max(sum(1 for lane in lanes if lane.left == left) for left in (True, False))
    return 32.0 * max(layout.levels.values(), default=0)


def _fill(layout: Layout, labels: list[Label], top: float) -> float:
    """Put the labels of a row into their columns; the height that they need."""
    bottom: dict[int, float] = {}
    born: dict[int, Label] = {}
    for label in labels:
        shape = layout.boxes[label.index]
        column = layout.places[label.lane].column
        anchor = top + ANCHOR if column not in bottom else bottom[column] + 3 + shape.up
        if label.kind == "head":
            anchor = max(anchor, top + ANCHOR + 20)
            born[label.lane] = label
        elif label.kind == "state" and label.lane in born and layout.signed(label.lane):
            anchor = max(anchor, layout.anchors[born[label.lane].index])
            layout.anchors[born[label.lane].index] = anchor
        layout.anchors[label.index] = anchor
        if label.kind != "head" or not layout.signed(label.lane):
            bottom[column] = anchor + shape.down
    signs = [layout.anchors[label.index] + 14 for label in born.values()]
    lowest = max([*bottom.values(), *signs], default=top)
    return max(lowest - top + 8, 36)

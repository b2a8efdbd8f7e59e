"""Where everything stands.  Two widths, one set of rows.

Labels stand in columns beside the lifelines: of those that share a column and a row, each stands
below the one before.  For a stored picture a row is as high as the wide and the narrow arrangement
need it to be, so that both are of one height and one file can hold both.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from .across import EDGE, NARROW, WIDE, Across, Place, across
from .measure import CELL, Box, box, pixels
from .model import Band, Label, Lane, Story, Wait, Wire
from .story import Source, tell

__all__ = ["EDGE", "NARROW", "WIDE", "Layout", "Place", "Row", "lay_out", "lay_out_both"]

#: From the top of a row to its first line of text.
ANCHOR: Final = 18
#: Between two wires of one row, with room for what is written on the lower; a birth stands closer to its handshake.
APART: Final = 28
BIRTH: Final = 20
#: Between the wire by which accept() hands a connection over and a note below it.
HANDED_OVER: Final = 20
_RANK: Final = {"mark": -1, "call": 0, "sync": 1, "head": 2, "state": 3, "note": 4}


@dataclass(slots=True)
class Row:
    """A row's place, in pixels from the top, and what begins in it."""

    top: float
    height: float
    labels: list[Label] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)


class Layout:
    """A story with its measures.

    - `places[lane.index]`, `boxes[label.index]`, `anchors[label.index]` (the y of its first text);
      `marks[lane.index]`: whether its labels bear a letter.
    - `gap`, `beach`, `step`: as in `Across`, the step less where many bands wait at once.
    - `rows`; `top`: where the first begins; `height`: of all, without the legend; `width`.
    """

    def __init__(self, story: Story, where: Across) -> None:
        self.story = story
        self.width, self.style, self.places = where.width, where.style, where.places
        self.gap, self.beach = where.gap, where.beach
        most = max((band.slot for band in story.bands), default=0)
        self.step = max(3.0, min(where.step, where.beach / most)) if most else where.step
        self.marks = [bool(lane.mark) for lane in story.lanes]
        self.boxes: list[Box] = [
            box(label, self.places[label.lane].room, story.lanes[label.lane].mark) for label in story.labels
        ]
        self.anchors = [0.0] * len(story.labels)
        self.rows: list[Row] = []
        self.top = 52.0 + self._names_above()
        self.height = 0.0

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
        width = max(78.0, pixels(lane.title) * 8 / CELL + 20)
        return min(max(self.places[lane.index].x, width / 2 + 2), self.width - width / 2 - 2), width

    @property
    def tight(self) -> bool:
        """Whether lifelines are so close that their letters have no circles."""
        return self.width == NARROW and len(self.places) > 6

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
    def sloping(self) -> list[Wire]:
        """The wires that arrive in a later row than they leave."""
        return [wire for wire in self.story.wires if wire.until is not None]

    @cached_property
    def crossed(self) -> set[int]:
        """The rows in which a wire begins, or through which one slopes."""
        rows = {wire.source.row for wire in self.story.wires}
        return rows.union(*(range(wire.source.row, wire.last_row + 1) for wire in self.sloping))

    def heights(self, wire: Wire) -> tuple[float, float]:
        """Where it leaves and where it arrives."""
        source = wire.target if wire.kind == "ACK" and wire.target is not None else wire.source
        y = self.anchors[source.index]
        return y, self.anchors[wire.until.index] if wire.until is not None else y

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

    def _names_above(self) -> float:
        """What the names need where lifelines are too close for them to stand side by side."""
        if self.style == "bundle" and any(self.marks):
            lanes = [lane for lane in self.story.lanes if lane.born is None]
            return 17.0 * max(sum(1 for lane in lanes if lane.left == left) for left in (True, False))
        return 32.0 * max(self.levels.values(), default=0)


def lay_out(source: Source, narrow: bool = False) -> Layout:
    """The ladder of an excerpt, for a width of `WIDE` or of `NARROW` pixels, its rows as low as they can be."""
    story = tell(source)
    layout = Layout(story, across(story.lanes, NARROW if narrow else WIDE))
    _stack(story, layout)
    return layout


def lay_out_both(source: Source) -> tuple[Layout, Layout]:
    """The wide and the narrow layout of one story: the same rows at the same heights."""
    story = tell(source)
    wide, small = (Layout(story, across(story.lanes, width)) for width in (WIDE, NARROW))
    _stack(story, wide, small)
    return wide, small


def _stack(story: Story, *layouts: Layout) -> None:
    """Rows from the top down."""
    rows: list[list[Label]] = [[] for _ in range(story.rows)]
    for label in story.labels:
        rows[label.row].append(label)
    wires: dict[int, list[Wire]] = defaultdict(list)
    for wire in story.wires:
        wires[wire.source.row].append(wire)
    busy = {
        (wire.target if wire.kind == "ACK" and wire.target else wire.source).index
        for wire in story.wires
        if wire.kind != "handed"
    } | {wire.until.index for wire in story.wires if wire.until is not None}
    top = max(layout.top for layout in layouts)
    for layout in layouts:
        layout.top = top
    for number, labels in enumerate(rows):
        labels.sort(key=lambda label: (_RANK[label.kind] > 1, label.lane, _rank(label), label.index))
        handed = {wire.lane for wire in wires[number] if wire.kind == "handed"}
        height = max(_fill(layout, labels, top, busy, handed) for layout in layouts)
        for layout in layouts:
            layout.rows.append(Row(top, height, labels, wires.get(number, [])))
        top += height
    for layout in layouts:
        layout.height = top + 14


def _rank(label: Label) -> int:
    """In which order the labels of a lane stand in a row: what a link did before the state that follows from it."""
    return _RANK["head"] if label.kind == "note" and label.by_link else _RANK[label.kind]


def _fill(layout: Layout, labels: list[Label], top: float, busy: set[int], handed: set[int]) -> float:
    """Put the labels of a row into their columns; the height that they need.

    Those that a wire leaves from (`busy`) also stand at different heights, or two wires would be drawn as one.
    Beside a lane that accept() hands over (`handed`) the first line is left free, if that wire passes there.
    """
    taken: list[float] = []
    bottom: dict[int, float] = {}
    born: dict[int, Label] = {}
    for label in labels:
        shape = layout.boxes[label.index]
        column = layout.places[label.lane].column
        anchor = top + ANCHOR if column not in bottom else bottom[column] + 3 + shape.up
        if label.kind == "note" and label.lane in handed and layout.style == "spread":
            anchor = max(anchor, top + ANCHOR + HANDED_OVER)
        if label.kind == "head":
            anchor = max(anchor, top + ANCHOR + BIRTH)
            born[label.lane] = label
        elif label.kind == "state" and label.lane in born and layout.signed(label.lane):
            anchor = max(anchor, layout.anchors[born[label.lane].index])
            layout.anchors[born[label.lane].index] = anchor
        if label.index in busy:
            apart = BIRTH if label.kind == "head" else APART
            while any(abs(anchor - other) < apart for other in taken):
                anchor += 2
            taken.append(anchor)
        layout.anchors[label.index] = anchor
        if label.kind != "head" or not layout.signed(label.lane):
            bottom[column] = anchor + shape.down
    signs = [layout.anchors[label.index] + 14 for label in born.values()]
    return max(max([*bottom.values(), *signs], default=top) - top + 8, 36)

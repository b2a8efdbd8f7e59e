"""A story while it is being told: what its tellers share."""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from labsupport.tape.events import Call, Event, Note, newest
from labsupport.tape.exchange import Exchange

from .cast import Cast
from .kinds import drawn
from .model import Band, Label, Lane, Wait, Wire
from .plot import Plot
from .states import Facts

__all__ = ["Draft", "Source"]


class Source(Protocol):
    """What a picture is made from: an `Excerpt`, or anything that has these three."""

    @property
    def events(self) -> list[Event]:
        """In the order in which they began."""

    @property
    def exchange(self) -> Exchange:
        """Which bytes of which send came out of which recv."""

    @property
    def dropped(self) -> int:
        """How many older events are lost."""


class Draft:
    """Labels, waits, wires and bands so far.

    - `begins[event]`, `ends[event]`: the labels of an event; `closings[lane]`: where its program
      let go of it; `facts[lane]`: what its states follow from.
    - `numbers[number in the exchange]`: the number in the picture.  The exchange counts the sends as they
      happened to come, the picture by row and lane, so that it is the same on every run.
    """

    def __init__(self, source: Source) -> None:
        self.events, self.exchange, self.dropped = source.events, source.exchange, source.dropped
        calls = [event for event in self.events if isinstance(event, Call) and drawn(event)]
        notes = [event for event in self.events if isinstance(event, Note)]
        self.cast = Cast(calls, notes, self.exchange, newest(self.events))
        self.shown = frozenset(self.cast.connections)
        self.plot = Plot(self.events, self.exchange)
        self.labels: list[Label] = []
        self.waits: list[Wait] = []
        self.wires: list[Wire] = []
        self.bands: list[Band] = []
        self.begins: dict[Event, Label] = {}
        self.ends: dict[Event, Label] = {}
        self.closings: dict[Lane, Label] = {}
        self.facts: dict[Lane, Facts] = defaultdict(Facts)
        self.numbers = self._numbers()

    def _numbers(self) -> dict[int, int]:
        sends: dict[int, tuple[int, int, bytes, int]] = {}
        for arrow in self.exchange.arrows:
            if arrow.source is not None and arrow.connection in self.shown and arrow.source in self.plot.begin:
                lane = self.cast.lane(arrow.source.endpoint)
                send = arrow.source
                place = self.plot.begin[send], lane.index if lane else 0, send.data or b"", send.order
                sends[arrow.number] = place
        return {number: count for count, number in enumerate(sorted(sends, key=sends.__getitem__), 1)}

    def label(self, lane: Lane, row: int, kind: str, text: str, event: Event | None = None) -> Label:
        """Add a label."""
        label = Label(lane.index, row, kind, text, event=event)
        self.labels.append(label)
        return label

    def wire(
        self, kind: str, source: Label, start: Lane, lane: Lane, target: Label | None = None, number: int = 0
    ) -> Wire:
        """Add a wire; what a kernel, or TLS, sent on its own bears its name."""
        text = kind if kind.isupper() or kind == "alert" else ""
        self.wires.append(Wire(kind, source, start.index, lane.index, target, number, text))
        return self.wires[-1]

    def mark(self, lane: Lane, row: int, name: str) -> Label:
        """A height on a lifeline; `name` only orders those of one row."""
        return self.label(lane, row, "mark", name)

"""From an excerpt of the tape to the story that a ladder tells: lanes, labels, waits, wires, bands.

Pure: no clock, no socket, and nothing in it depends on which of two programs was first.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from labsupport.tape.arrows import Arrow, Control
from labsupport.tape.events import Call, Endpoint, Event, Note, Sync
from labsupport.tape.exchange import Connection, Exchange

from . import words
from .cast import Cast
from .model import OUTSIDE, Band, Chip, Label, Lane, Story, Wait, Wire
from .plot import Plot, drawn
from .states import Facts, states

__all__ = ["Source", "tell"]

#: Of a text in a chip so many cells are shown at most.
CHIP_CELLS = 14


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


def tell(source: Source) -> Story:
    """The story of an excerpt."""
    return _Teller(source).story()


class _Teller:
    def __init__(self, source: Source) -> None:
        self.events, self.exchange, self.dropped = source.events, source.exchange, source.dropped
        calls = [event for event in self.events if isinstance(event, Call)]
        self.cast = Cast([call for call in calls if drawn(call)],
                         [event for event in self.events if isinstance(event, Note)], self.exchange)  # fmt: skip
        self.shown = frozenset(self.cast.connections)
        self.plot = Plot(self.events, self.exchange)
        self.labels: list[Label] = []
        self.waits: list[Wait] = []
        self.wires: list[Wire] = []
        self.bands: list[Band] = []
        self.begins: dict[Event, Label] = {}
        self.ends: dict[Event, Label] = {}
        self.numbers: dict[int, int] = {}
        self.facts: dict[Lane, Facts] = defaultdict(Facts)

    def story(self) -> Story:
        self._number()
        self._calls()
        self._signals()
        self._connections()
        self._controls()
        self._bytes()
        self._lifelines()
        rows = self._still_waiting(self._squeeze())
        self._slots()
        for index, label in enumerate(self.labels):
            label.index = index
        return Story(
            self.cast.lanes, self.labels, self.waits, self.wires, self.bands, rows, self._notes(), self.numbers
        )

    # --- calls -------------------------------------------------------------------------------

    def _number(self) -> None:
        """Number the sends by row and lane: the exchange counts them as they happened to come."""
        sends: dict[int, tuple[int, int, int]] = {}
        for arrow in self.exchange.arrows:
            if arrow.source is not None and arrow.connection in self.shown and arrow.source in self.plot.begin:
                lane = self.cast.lane(arrow.source.endpoint)
                place = (self.plot.begin[arrow.source], lane.index if lane else 0, arrow.source.order)
                sends[arrow.number] = place
        for count, number in enumerate(sorted(sends, key=sends.__getitem__), 1):
            self.numbers[number] = count

    def _label(self, lane: Lane, row: int, kind: str, text: str, event: Event | None = None) -> Label:
        label = Label(lane.index, row, kind, text, event=event)
        self.labels.append(label)
        return label

    def _calls(self) -> None:
        folded = _binds_of_listens(self.events)
        for event in self.events:
            if isinstance(event, Sync) or not drawn(event) or event in folded or event not in self.plot.begin:
                continue
            lane = self.cast.lane(event.endpoint)
            if lane is None:
                continue
            if isinstance(event, Note):
                label = self._label(lane, self.plot.begin[event], "note", "closed by garbage collection", event)
                self.begins[event] = self.ends[event] = label
                lane.let_go = self.plot.begin[event]
                continue
            self._draw(event, lane, "call")
            if event in folded.values():
                self.begins[event].text = "bind, listen"
            self._chips(event)
            self._fact(event, lane)

    def _draw(self, event: Call | Sync, lane: Lane, kind: str) -> None:
        begin, end = self.plot.begin[event], self.plot.end.get(event)
        if begin == end:
            label = self._label(lane, begin, kind, words.whole(event), event)
            self.begins[event] = self.ends[event] = label
        else:
            label = self.begins[event] = self._label(lane, begin, kind, words.opening(event), event)
            last = None
            if end is not None:
                last = self.ends[event] = self._label(lane, end, kind, words.closing(event), event)
            self.waits.append(Wait(label, last))
        if event in self.ends:
            self.ends[event].trouble = words.trouble(event)
        if isinstance(event, Call) and event.layer == "tls":
            for one in {id(x): x for x in (label, self.ends.get(event, label))}.values():
                one.tls = True

    def _fact(self, call: Call, lane: Lane) -> None:
        facts, row = self.facts[lane], self.plot.begin[call]
        if call.error is None and call.op == "listen":
            facts.listens = row
        elif call.error is None and call.op == "bind":
            facts.bound = row
        elif call.op == "close":
            lane.let_go = row

    def _chips(self, call: Call) -> None:
        """The bytes that went out are shown where the call begins, those that came in where it ends."""
        arrows = [arrow for arrow in self.exchange.of(call) if arrow.connection in self.shown]
        if any(arrow.source is call for arrow in arrows):
            self.begins[call].chips = [self._chip(arrows[0].number, call.data)]
            return
        label = self.ends.get(call)
        if label is None:
            return
        for arrow in arrows:
            if arrow.fate == "cut":
                label.text += f" of {words.count(arrow.end)}"
                self._label(self.cast.lanes[label.lane], label.row, "note", "the rest is thrown away", call)
            elif call.data is not None:
                label.chips.append(self._chip(arrow.number, call.data[arrow.taken : arrow.taken + arrow.length],
                                              arrow.length))  # fmt: skip

    def _chip(self, number: int, data: bytes | None, length: int | None = None) -> Chip:
        number = self.numbers.get(number, 0)
        if data is None:
            return Chip(number, "")
        text = words.shown(data, CHIP_CELLS)
        if length is not None and length > len(data):
            text = words.fit(text, CHIP_CELLS, more=True)
        return Chip(number, text, number)

    # --- signals -----------------------------------------------------------------------------

    def _signals(self) -> None:
        """A signal, or a join that waits, is drawn on the lifeline that its program uses next, else last."""
        near = self._nearest()
        sets: dict[object, Label] = {}
        for event in self.events:
            if not isinstance(event, Sync) or event not in near:
                continue
            if event.kind == "join" and (event not in self.plot.end or self.plot.begin[event] == self.plot.end[event]):
                continue
            self._draw(event, near[event], "sync")
            if event.kind == "set":
                sets.setdefault(event.key, self.begins[event])
        for event in self.events:
            if isinstance(event, Sync) and event.kind == "wait" and event in self.ends and event.result is not False:
                cause = sets.get(event.key)
                if cause is not None and cause.lane != self.ends[event].lane:
                    self._wire("signal", cause, cause.lane, self.ends[event].lane, self.ends[event])

    def _nearest(self) -> dict[Sync, Lane]:
        programs: dict[object, list[Call | Sync]] = defaultdict(list)
        for event in self.events:
            if not isinstance(event, Note) and drawn(event):
                programs[event.program].append(event)
        found: dict[Sync, Lane] = {}
        for chain in programs.values():
            last: Lane | None = None
            for event in reversed(chain):
                last = self._place(event, last, found)
            last = None
            for event in chain:
                if isinstance(event, Sync) and event not in found and last is not None:
                    found[event] = last
                last = self._place(event, last, {})
        return found

    def _place(self, event: Call | Sync, near: Lane | None, found: dict[Sync, Lane]) -> Lane | None:
        if isinstance(event, Sync):
            if near is not None:
                found[event] = near
            return near
        return self.cast.lane(event.endpoint if event.accepted is None or near is None else event.endpoint)

    # --- connections -------------------------------------------------------------------------

    def _connections(self) -> None:
        for one in self.cast.connections:
            client, server = self.cast.end(one, client=True), self.cast.end(one, client=False)
            if one.connect is not None and one.connect in self.begins and one.stream:
                self.facts[client].asks = self.plot.begin[one.connect]
                if not one.made and not one.connect.open:
                    self.facts[client].failed = self.plot.end[one.connect]
            if one in self.plot.made:
                self._made(one, client, server)

    def _made(self, one: Connection, client: Lane, server: Lane) -> None:
        row = self.plot.made[one]
        for lane in (client, server):
            self.facts[lane].made = row
        if server.kind != OUTSIDE:
            server.born = row
            server.held = None
            head = self._label(server, row, "head", server.title)
            if one.connect is not None and one.connect in self.begins:
                source = self.ends.get(one.connect) or self.begins[one.connect]
                self._wire("ACK", source if source.row == row else head, client.index, server.index, head, text="ACK")
        if one.accept is not None and one.accept in self.ends:
            label = self.ends[one.accept]
            server.held = label.row
            label.text = label.text.replace("= connection", f"= {server.title}")
            self._wire("handed", label, label.lane, server.index)
        elif one.accept is None and server.kind == "connection":
            self._label(server, row, "note", "not accepted yet: it waits in the listener's queue")

    def _wire(self, kind: str, source: Label, start: int, lane: int, target: Label | None = None,
              number: int = 0, text: str = "") -> Wire:  # fmt: skip
        wire = Wire(kind, source, start, lane, target, number, text)
        self.wires.append(wire)
        return wire

    # --- what kernels sent on their own ------------------------------------------------------

    def _controls(self) -> None:
        resets_first = sorted(self.exchange.controls, key=lambda control: control.kind != "RST")
        for control in resets_first:
            if control.connection in self.shown:
                self._control(control)

    def _control(self, control: Control) -> None:
        one = control.connection
        from_client = control.source is one.client
        source, target = self.cast.end(one, client=from_client), self.cast.end(one, client=not from_client)
        at = self.begins.get(control.cause) if control.cause is not None else None
        if at is None or (control.kind == "ICMP" and target.kind == OUTSIDE):
            return
        door = self.cast.lane(one.listener) if one.listener is not None else None
        if control.kind == "SYN":
            target = door or target
        elif control.kind == "SYN+ACK" or (control.kind == "RST" and control.cause is one.connect):
            source = door or source
            at = self.ends.get(one.connect) if one.connect is not None else None
            if at is None:
                return
        reset = self.facts[source].reset
        if control.kind == "FIN" and reset is not None and reset <= at.row:
            return  # nothing is left to close
        self._wire(control.kind, at, source.index, target.index, text=control.kind)
        self._end_facts(control, source, target, at.row)

    def _end_facts(self, control: Control, source: Lane, target: Lane, row: int) -> None:
        if control.kind == "FIN":
            self.facts[source].says_fin = row
            self.facts[target].hears_fin = row
        elif control.kind == "RST" and control.connection.made:
            for lane in (source, target):
                known = self.facts[lane].reset
                self.facts[lane].reset = row if known is None else min(known, row)

    # --- bytes -------------------------------------------------------------------------------

    def _bytes(self) -> None:
        for (_, _, _), arrows in self._by_send().items():
            self._send(arrows)

    def _by_send(self) -> dict[tuple[int, Call | None, Connection], list[Arrow]]:
        found: dict[tuple[int, Call | None, Connection], list[Arrow]] = defaultdict(list)
        for arrow in self.exchange.arrows:
            if arrow.connection in self.shown:
                event = arrow.source if arrow.source is not None else arrow.target
                found[arrow.number, event, arrow.connection].append(arrow)
        return found

    def _send(self, arrows: list[Arrow]) -> None:
        first = arrows[0]
        one = first.connection
        if first.source is None:
            label = self.ends.get(first.target) if first.target is not None else None
            if label is not None:
                lane = self.cast.end(one, client=self.cast.end(one, client=True).index != label.lane)
                self._wire("data", label, lane.index, label.lane, label, 0)
            return
        begin = self.begins.get(first.source)
        if begin is None:
            return
        target = self.cast.end(one, client=first.source.endpoint is not one.client)
        number = self.numbers.get(first.number, 0)
        self._wire("data", begin, begin.lane, target.index, number=number)
        if target.kind != OUTSIDE:
            self._band(arrows, begin, target, number)

    def _band(self, arrows: list[Arrow], begin: Label, lane: Lane, number: int) -> None:
        """The bytes of one send, from their arrival until the last of them is taken."""
        takers = [self.ends.get(arrow.target) if arrow.target is not None else None for arrow in arrows]
        length = sum(arrow.length for arrow in arrows)
        unread = sum(arrow.length for arrow in arrows if arrow.fate == "discarded")
        if unread:
            closing = next((label for label in self.labels if label.lane == lane.index and label.row == lane.let_go), None)
            self.bands.append(Band(lane.index, number, begin, closing, length, lost=True))
            if closing is not None:
                self._label(lane, closing.row, "note", f"{unread:,} B of {number} never read: thrown away")
        elif None in takers:
            self.bands.append(Band(lane.index, number, begin, None, length))
        else:
            last = max((taker for taker in takers if taker is not None), key=lambda label: label.row)
            self.bands.append(Band(lane.index, number, begin, last, length))

    # --- lifelines ---------------------------------------------------------------------------

    def _lifelines(self) -> None:
        for lane in self.cast.lanes:
            lane.states = states(lane, self.facts[lane])
            for state in lane.states:
                self._label(lane, state.row, "state", state.name)
            if lane.states and lane.states[-1].name == "CLOSED" and lane.let_go is not None:
                lane.ended = max(lane.states[-1].row, lane.let_go)
            elif not lane.stream and lane.let_go is not None:
                lane.ended = lane.let_go

    def _squeeze(self) -> int:
        """Take out the rows in which nothing is drawn; how many are left."""
        used = sorted({label.row for label in self.labels})
        new = {row: place for place, row in enumerate(used)}
        for label in self.labels:
            label.row = new[label.row]
        for lane in self.cast.lanes:
            for state in lane.states:
                state.row = new[state.row]
            lane.born = None if lane.born is None else new[lane.born]
            lane.held = None if lane.held is None else new.get(lane.held, 0)
            lane.let_go = None if lane.let_go is None else new[lane.let_go]
            lane.ended = None if lane.ended is None else new[lane.ended]
        return len(used)

    def _still_waiting(self, rows: int) -> int:
        """A last row for the calls that have not returned."""
        waiting = [wait.begin for wait in self.waits if wait.end is None]
        for begin in waiting:
            self._label(self.cast.lanes[begin.lane], rows, "note", "still waiting", begin.event)
        return rows + bool(waiting)

    def _slots(self) -> None:
        """Bands that wait beside one lifeline at the same time stand side by side."""
        taken: dict[int, list[int]] = defaultdict(list)
        for band in sorted(self.bands, key=lambda band: (band.begin.row, band.number)):
            ends = taken[band.lane]
            slot = next((place for place, until in enumerate(ends) if until <= band.begin.row), len(ends))
            until = band.end.row if band.end is not None else 1 << 60
            ends[slot : slot + 1] = [until]
            band.slot = slot

    def _notes(self) -> list[str]:
        notes = []
        if self.dropped:
            calls = "call is" if self.dropped == 1 else "calls are"
            notes.append(f"The oldest {self.dropped:,} {calls} no longer on the tape.")
        if self.cast.left_out:
            more = "conversation is" if self.cast.left_out == 1 else "conversations are"
            notes.append(f"{self.cast.left_out:,} more {more} not drawn here.")
        doubts: dict[str, set[int]] = defaultdict(set)
        for arrow in self.exchange.arrows:
            if arrow.doubt and arrow.connection in self.shown:
                doubts[arrow.doubt].add(self.numbers.get(arrow.number, 0))
        for doubt, numbers in doubts.items():
            notes.append(f"Not certain ({', '.join(map(str, sorted(numbers)))}): {doubt}.")
        return notes


def _binds_of_listens(events: list[Event]) -> dict[Event, Call]:
    """A bind() that its program follows with listen() on the same socket: the two are one step."""
    last: dict[object, Call] = {}
    folded: dict[Event, Call] = {}
    for event in events:
        if isinstance(event, Call) and drawn(event):
            before = last.get(event.program)
            if (event.op == "listen" and before is not None and before.op == "bind"
                    and before.endpoint is event.endpoint and before.error is None and event.error is None):  # fmt: skip
                folded[before] = event
            last[event.program] = event
    return folded


def lane_of(lanes: list[Lane], endpoint: Endpoint) -> Lane | None:
    """The lane of an endpoint, None when it is not drawn."""
    return next((lane for lane in lanes if lane.endpoint is endpoint), None)

"""From an excerpt of the tape to the story that a ladder tells: lanes, labels, waits, wires, bands.

Pure: no clock, no socket, and nothing in it depends on which of two programs was first.
"""

from __future__ import annotations

from collections import defaultdict

from .calls import calls, signals
from .draft import Draft, Source
from .links import stood_between
from .model import Label, Story, Wire
from .payload import bytes_sent
from .sealed import on_the_wire
from .states import EITHER, states
from .traffic import connections, controls

__all__ = ["Source", "tell"]


def tell(source: Source) -> Story:
    """The story of an excerpt."""
    draft = Draft(source)
    calls(draft)
    signals(draft)
    connections(draft)
    controls(draft)
    bytes_sent(draft)
    on_the_wire(draft)
    _lifelines(draft)
    rows = _still_waiting(draft, _squeeze(draft))
    # The tape is in the order in which things happened to begin; what is drawn is not.
    draft.labels.sort(key=_place)
    for index, label in enumerate(draft.labels):
        label.index = index
    _slots(draft)
    draft.waits.sort(key=lambda wait: wait.begin.index)
    draft.bands.sort(key=lambda band: (band.begin.index, band.lane, band.number))
    draft.wires.sort(key=_crossing)
    links = stood_between(one.route for one in draft.cast.connections)
    notes = [*links, *_notes(draft)]
    drawn = draft.labels, draft.waits, draft.wires, draft.bands
    return Story(draft.cast.lanes, *drawn, rows, notes, draft.numbers, len(links))


def _place(label: Label) -> tuple[int, int, str, str, list[int]]:
    return label.row, label.lane, label.kind, label.text, [chip.number for chip in label.chips]


def _crossing(wire: Wire) -> tuple[int, int, str, int, int, int]:
    # What is answered stands before its answer: SYN+ACK before ACK (RFC 9293 §3.5), bytes before the reset.
    rank = {"SYN+ACK": 0, "ACK": 1, "data": 1}.get(wire.kind, 2)
    until = wire.until.index if wire.until is not None else -1
    return wire.source.index, rank, wire.kind, wire.lane, wire.number, until


def _lifelines(draft: Draft) -> None:
    """States, and where lifelines end."""
    for lane in draft.cast.lanes:
        lane.states = states(lane, draft.facts[lane])
        for state in lane.states:
            draft.label(lane, state.row, "state", state.name)
        if lane.let_go is None:
            continue
        if not lane.states:
            lane.ended = lane.let_go
        elif lane.states[-1].name == "CLOSED":
            lane.ended = max(lane.states[-1].row, lane.let_go)


def _squeeze(draft: Draft) -> int:
    """Take out the rows in which nothing is drawn; how many are left."""
    used = sorted({label.row for label in draft.labels})
    new = {row: place for place, row in enumerate(used)}
    for label in draft.labels:
        label.row = new[label.row]
    for lane in draft.cast.lanes:
        for state in lane.states:
            state.row = new[state.row]
        lane.born = None if lane.born is None else new[lane.born]
        lane.held = new.get(lane.held, 0) if lane.held is not None else None
        lane.let_go = None if lane.let_go is None else new[lane.let_go]
        lane.ended = None if lane.ended is None else new[lane.ended]
    return len(used)


def _still_waiting(draft: Draft, rows: int) -> int:
    """A last row for the calls that have not returned."""
    waiting = [wait.begin for wait in draft.waits if wait.end is None]
    for begin in waiting:
        draft.label(draft.cast.lanes[begin.lane], rows, "note", "still waiting", begin.event)
    return rows + bool(waiting)


def _slots(draft: Draft) -> None:
    """Bands that wait beside one lifeline at the same time stand side by side."""
    taken: dict[int, list[int]] = defaultdict(list)
    for band in sorted(draft.bands, key=lambda band: (band.begin.row, band.number, band.begin.index)):
        ends = taken[band.lane]
        slot = next((place for place, until in enumerate(ends) if until <= band.begin.row), len(ends))
        ends[slot : slot + 1] = [band.end.row if band.end is not None else 1 << 60]
        band.slot = slot


def _notes(draft: Draft) -> list[str]:
    """Sentences for below the picture: what it does not show, and what nobody can know."""
    notes = []
    if draft.dropped:
        calls_are = "call is" if draft.dropped == 1 else "calls are"
        notes.append(f"The oldest {draft.dropped:,} {calls_are} no longer on the tape.")
    if draft.cast.left_out:
        more = "conversation is" if draft.cast.left_out == 1 else "conversations are"
        notes.append(f"{draft.cast.left_out:,} more {more} not drawn here.")
    if any(state.name == EITHER for lane in draft.cast.lanes for state in lane.states):
        notes.append("Nothing orders the two closes, so nobody knows which end stays in TIME-WAIT.")
    doubts: dict[str, set[int]] = defaultdict(set)
    for arrow in draft.exchange.arrows:
        if arrow.doubt and arrow.connection in draft.shown:
            doubts[arrow.doubt].add(draft.numbers.get(arrow.number, 0))
    for doubt, numbers in sorted(doubts.items()):
        notes.append(f"Not certain ({', '.join(map(str, sorted(numbers)))}): {doubt}.")
    return notes

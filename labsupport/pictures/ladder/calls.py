"""The calls of a story, with the bytes inside them, and what their programs did to wait for each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from labsupport.tape.events import Call, Event, Note, Sync

from . import words
from .draft import Draft
from .kinds import drawn
from .model import Chip, Label, Lane, Wait

__all__ = ["calls", "signals"]

#: Of a text in a chip so many cells are shown at most.
CHIP_CELLS: Final = 14


def calls(draft: Draft) -> None:
    """Labels for all calls, and bars for those that wait."""
    folded = _binds_of_listens(draft.events)
    whole = frozenset(folded.values())
    for event in draft.events:
        if not isinstance(event, Call | Note) or event in folded or event not in draft.plot.begin:
            continue
        lane = draft.cast.lane(event.endpoint)
        if lane is None:
            continue
        if isinstance(event, Note):
            _note(draft, event, lane)
            continue
        _event(draft, event, lane, "call")
        if event in whole:
            draft.begins[event].text = "bind, listen"
        _chips(draft, event, lane)
        _facts(draft, event, lane)


def _note(draft: Draft, event: Note, lane: Lane) -> None:
    row = draft.plot.begin[event]
    draft.begins[event] = draft.ends[event] = draft.label(lane, row, "note", "closed by garbage collection", event)
    lane.let_go, draft.closings[lane] = row, draft.begins[event]


def _event(draft: Draft, event: Call | Sync, lane: Lane, kind: str) -> None:
    begin, end = draft.plot.begin[event], draft.plot.end.get(event)
    if begin == end:
        draft.begins[event] = draft.ends[event] = draft.label(lane, begin, kind, words.whole(event), event)
    else:
        first = draft.begins[event] = draft.label(lane, begin, kind, words.opening(event), event)
        last = None
        if end is not None:
            last = draft.ends[event] = draft.label(lane, end, kind, words.closing(event), event)
        draft.waits.append(Wait(first, last))
    if isinstance(event, Call):
        for label in (draft.begins[event], draft.ends.get(event)):
            if label is not None:
                label.tls = event.layer == "tls"
        if event in draft.ends:
            draft.ends[event].trouble = words.trouble(event)


def _facts(draft: Draft, call: Call, lane: Lane) -> None:
    facts, row = draft.facts[lane], draft.plot.begin[call]
    if call.op == "close":
        lane.let_go, draft.closings[lane] = row, draft.begins[call]
    elif call.error is None and call.op == "listen":
        facts.listens = row
    elif call.error is None and call.op == "bind":
        facts.bound = row


def _binds_of_listens(events: Iterable[Event]) -> dict[Event, Event]:
    """A bind() that its program follows with listen() on the same socket: the two are one step."""
    last: dict[object, Call] = {}
    folded: dict[Event, Event] = {}
    for event in events:
        if isinstance(event, Call) and drawn(event):
            before = last.get(event.program)
            if before is not None and _opens(before, event):
                folded[before] = event
            last[event.program] = event
    return folded


def _opens(bind: Call, listen: Call) -> bool:
    worked = bind.error is None and listen.error is None
    return worked and (bind.op, listen.op) == ("bind", "listen") and bind.endpoint is listen.endpoint


# --- the bytes inside -----------------------------------------------------------------------------


def _chips(draft: Draft, call: Call, lane: Lane) -> None:
    """The bytes that went out are shown where the call begins, those that came in where it ends."""
    arrows = [arrow for arrow in draft.exchange.of(call) if arrow.connection in draft.shown]
    if arrows and arrows[0].source is call:
        draft.begins[call].chips = [_chip(draft, arrows[0].number, call.data, call.length)]
        return
    label = draft.ends.get(call)
    if label is None:
        return
    for arrow in arrows:
        if arrow.fate == "cut":
            label.text += f" of {words.count(arrow.end)}"
            draft.label(lane, label.row, "note", "the rest is thrown away", call)
        else:
            data = None if call.data is None else call.data[arrow.taken : arrow.taken + arrow.length]
            label.chips.append(_chip(draft, arrow.number, data, arrow.length))


def _chip(draft: Draft, number: int, data: bytes | None, length: int | None) -> Chip:
    number = draft.numbers.get(number, 0)
    if data is None:
        return Chip(number, "", number)
    text = words.shown(data, CHIP_CELLS)
    if length is not None and length > len(data) and not text.endswith(words.ELLIPSIS):
        text = words.fit(text, CHIP_CELLS, more=True)
    return Chip(number, text, number)


# --- signals --------------------------------------------------------------------------------------


def signals(draft: Draft) -> None:
    """A signal, or a join that waits, is drawn on the lifeline that its program uses next, else used last."""
    sets: dict[object, Label] = {}
    waits: list[Sync] = []
    for event, lane in _nearest(draft).items():
        if event.kind == "join" and draft.plot.begin[event] == draft.plot.end.get(event):
            continue
        _event(draft, event, lane, "sync")
        if event.kind == "set":
            sets.setdefault(event.key, draft.begins[event])
        elif event.kind == "wait":
            waits.append(event)
    for event in waits:
        cause, effect = sets.get(event.key), draft.ends.get(event)
        if cause is not None and effect is not None and event.result is not False and cause.lane != effect.lane:
            draft.wire("signal", cause, draft.cast.lanes[cause.lane], draft.cast.lanes[effect.lane], effect)


def _nearest(draft: Draft) -> dict[Sync, Lane]:
    programs: dict[object, list[Call | Sync]] = defaultdict(list)
    for event in draft.events:
        if isinstance(event, Call | Sync) and drawn(event):
            programs[event.program].append(event)
    found: dict[Sync, Lane] = {}
    for chain in programs.values():
        _take_nearest(draft, reversed(chain), found)
        _take_nearest(draft, chain, found)
    return dict(sorted(found.items(), key=lambda item: item[0].order))


def _take_nearest(draft: Draft, chain: Iterable[Call | Sync], found: dict[Sync, Lane]) -> None:
    lane: Lane | None = None
    for event in chain:
        if isinstance(event, Call):
            lane = draft.cast.lane(event.endpoint) or lane
        elif lane is not None:
            found.setdefault(event, lane)

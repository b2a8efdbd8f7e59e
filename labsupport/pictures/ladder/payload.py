"""The bytes of a story: from the send that gave them out to where they wait, are taken, or go missing."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from labsupport.tape.arrows import Arrow, Fate
from labsupport.tape.events import Call
from labsupport.tape.exchange import Connection

from .draft import Draft
from .landings import Landing
from .links import SAID, by_fault, missing, told, why
from .model import OUTSIDE, Band, Label, Lane

__all__ = ["bytes_sent"]

#: Of bytes that did not come as far as the receiver's buffer.
_MISSING: Final = ("lost", "refused")


def bytes_sent(draft: Draft) -> None:
    """A wire for each send, and a band for the time that its bytes wait in the receiver's kernel."""
    found: dict[tuple[Call | None, Connection], list[Arrow]] = defaultdict(list)
    for arrow in draft.exchange.arrows:
        if arrow.connection in draft.shown:
            event = arrow.source if arrow.source is not None else arrow.target
            found[event, arrow.connection].append(arrow)
    for (_, one), arrows in found.items():
        if arrows[0].source is None:
            _from_outside(draft, arrows[0], one)
        else:
            _send(draft, arrows, arrows[0].source, one)


def _from_outside(draft: Draft, arrow: Arrow, one: Connection) -> None:
    label = draft.ends.get(arrow.target) if arrow.target is not None else None
    if label is not None:
        client, server = draft.cast.end(one, client=True), draft.cast.end(one, client=False)
        lane = draft.cast.lanes[label.lane]
        draft.wire("data", label, server if lane is client else client, lane, label)


def _send(draft: Draft, arrows: list[Arrow], send: Call, one: Connection) -> None:
    """The bytes of one send: those that arrived together, and those that never did."""
    begin = draft.begins.get(send)
    if begin is None:
        return
    target = draft.cast.end(one, client=send.endpoint is not one.client)
    number = draft.numbers.get(arrows[0].number, 0)
    landed: dict[Landing | None, list[Arrow]] = defaultdict(list)
    gone: dict[Fate, list[Arrow]] = defaultdict(list)
    for arrow in arrows:
        known = send.layer == "plain" or not arrow.doubt
        held = one.route is not None and arrow.fate == "waiting" and known
        if arrow.delivery is None and (held or arrow.fate in _MISSING):
            gone[arrow.fate].append(arrow)
        else:
            landed[draft.plot.landed.get(arrow)].append(arrow)
    for landing, some in landed.items():
        _lands(draft, some, begin, target, number, landing)
    for some in gone.values():
        _goes_missing(draft, some, begin, target, number, part=bool(landed))


def _lands(draft: Draft, arrows: list[Arrow], begin: Label, target: Lane, number: int, landing: Landing | None) -> None:
    wire = draft.wire("data", begin, draft.cast.lanes[begin.lane], target, number=number)
    at = begin
    if landing is not None:
        row = draft.plot.late.get(landing, begin.row)
        if row > begin.row or landing.copy:
            at = wire.until = draft.mark(target, row, f"{number}.{landing.copy}")
        for decision in landing.decisions:
            if decision.effect in SAID:
                note = draft.label(target, row, "note", by_fault(number, decision))
                note.by_link = told(decision, arrows[0].source)
    closed = draft.closings.get(target)
    if closed is not None and closed.row <= at.row and any(arrow.fate == "discarded" for arrow in arrows):
        wire.lost = "closed"
        late = closed.event is not None and draft.plot.surely(closed.event, arrows[0].source or closed.event)
        how = "comes after close()" if late else "is never read"
        draft.label(target, at.row, "note", f"{number} {how}: thrown away")
    elif any(arrow.fate in _MISSING for arrow in arrows):
        wire.lost = _at_kernel(arrows)
        draft.label(target, at.row, "note", missing(number, arrows[0], 0))
    elif target.kind != OUTSIDE:
        draft.bands.append(_band(draft, arrows, at, target, number))


def _goes_missing(draft: Draft, arrows: list[Arrow], begin: Label, target: Lane, number: int, *, part: bool) -> None:
    """Bytes that a link lost, or has not handed on, or that a kernel had no room for."""
    length = sum(arrow.length for arrow in arrows) if part else 0
    note = draft.label(target, begin.row, "note", missing(number, arrows[0], length))
    fault = why(arrows[0])
    if fault is not None and fault.effect in ("lost", "silenced"):  # the others are told where the link says so
        note.by_link = told(fault, arrows[0].source, arrows[0].start, arrows[-1].end)
    if part:
        return  # the arrow of those that arrived stands there already
    wire = draft.wire("data", begin, draft.cast.lanes[begin.lane], target, number=number)
    by_link = arrows[0].connection.route is not None
    wire.lost = "on its way" if arrows[0].fate == "waiting" else "link" if by_link else _at_kernel(arrows)


def _at_kernel(arrows: list[Arrow]) -> str:
    """Why the receiver's kernel did not keep them."""
    return "refused" if all(arrow.fate == "refused" for arrow in arrows) else "full"


def _band(draft: Draft, arrows: list[Arrow], begin: Label, lane: Lane, number: int) -> Band:
    """The bytes of one send, from their arrival until the last of them is taken."""
    length = sum(arrow.length for arrow in arrows)
    unread = sum(arrow.length for arrow in arrows if arrow.fate == "discarded")
    if unread:
        end = draft.closings.get(lane)
        if end is not None:
            draft.label(lane, end.row, "note", f"{unread:,} B of {number} never read: thrown away")
        return Band(lane.index, number, begin, end, length, lost=True)
    takers = [draft.ends.get(arrow.target) if arrow.target is not None else None for arrow in arrows]
    taken = [taker for taker in takers if taker is not None]
    if len(taken) < len(takers):
        return Band(lane.index, number, begin, None, length)
    return Band(lane.index, number, begin, max(taken, key=lambda label: label.row), length)

"""What went between the lanes of a story: connections, what kernels sent on their own, and bytes."""

from __future__ import annotations

from collections import defaultdict

from labsupport.tape.arrows import Arrow, Control
from labsupport.tape.events import Call, Event
from labsupport.tape.exchange import Connection
from labsupport.tape.streams import RECEIVING

from .draft import Draft
from .model import OUTSIDE, Band, Label, Lane

__all__ = ["bytes_sent", "connections", "controls"]


def connections(draft: Draft) -> None:
    """Where connections begin, and where accept() hands them over."""
    for one in draft.cast.connections:
        client, server = draft.cast.end(one, client=True), draft.cast.end(one, client=False)
        if one.stream and one.connect is not None and one.connect in draft.begins:
            draft.facts[client].asks = draft.plot.begin[one.connect]
            if not one.made:
                draft.facts[client].failed = draft.plot.end.get(one.connect)
        if one in draft.plot.made:
            _made(draft, one, client, server)
        if one.stream and OUTSIDE in (client.kind, server.kind):
            _end_from_outside(draft, *((server, client) if server.kind == OUTSIDE else (client, server)))


def _made(draft: Draft, one: Connection, client: Lane, server: Lane) -> None:
    row = draft.plot.made[one]
    for lane in (client, server):
        draft.facts[lane].made = row
    if server.kind == OUTSIDE:
        return
    server.born, server.held = row, None
    head = draft.label(server, row, "head", server.title)
    if one.connect is not None and one.connect in draft.begins:
        end = draft.ends.get(one.connect)
        draft.wire("ACK", end if end is not None and end.row == row else head, client, server, head)
    if one.accept is not None and one.accept in draft.ends:
        label = draft.ends[one.accept]
        server.held = label.row
        label.text = label.text.replace("= connection", f"= {server.title}")
        draft.wire("handed", label, draft.cast.lanes[label.lane], server)
    elif one.accept is None:
        draft.label(server, row, "note", "not accepted yet: it waits in the listener's queue")


def _end_from_outside(draft: Draft, outside: Lane, here: Lane) -> None:
    """Of an end that is not on the tape only the recv that gave b'' tells that it has closed."""
    told = [
        label
        for event, label in draft.ends.items()
        if label.lane == here.index and isinstance(event, Call) and event.op in RECEIVING and event.length == 0
    ]
    if told:
        first = min(told, key=lambda label: label.row)
        draft.wire("FIN", first, outside, here)
        draft.facts[here].hears_fin = first.row


# --- what kernels sent on their own ---------------------------------------------------------------


def controls(draft: Draft) -> None:
    """SYN, SYN+ACK, FIN, RST, ICMP.  Resets first: after one there is nothing left to close."""
    for control in sorted(draft.exchange.controls, key=lambda control: control.kind != "RST"):
        if control.connection in draft.shown:
            _control(draft, control)
    _unordered(draft)


def _unordered(draft: Draft) -> None:
    """Of two closes that nothing orders, the row is the layout's word and not a fact."""
    closes: dict[Connection, list[Event]] = defaultdict(list)
    for control in draft.exchange.controls:
        if control.kind == "FIN" and control.cause is not None and control.connection in draft.shown:
            closes[control.connection].append(control.cause)
    for one, causes in closes.items():
        if len(causes) == 2 and not any(draft.plot.surely(*pair) for pair in (causes, causes[::-1])):
            for client in (True, False):
                draft.facts[draft.cast.end(one, client=client)].unordered = True


def _control(draft: Draft, control: Control) -> None:
    one = control.connection
    from_client = control.source is one.client
    source, target = draft.cast.end(one, client=from_client), draft.cast.end(one, client=not from_client)
    at = draft.begins.get(control.cause) if control.cause is not None else None
    door = draft.cast.lane(one.listener) if one.listener is not None else None
    if control.kind == "SYN":
        target = door or target
    elif control.effect is one.connect and one.connect is not None:
        source = door or source
        at = draft.ends.get(one.connect)
    reset = draft.facts[source].reset
    if at is None or (control.kind == "FIN" and reset is not None and reset <= at.row):
        return
    draft.wire(control.kind, at, source, target)
    if control.kind == "FIN":
        draft.facts[source].says_fin = draft.facts[target].hears_fin = at.row
    elif control.kind == "RST" and one.made:
        for lane in (source, target):
            known = draft.facts[lane].reset
            draft.facts[lane].reset = at.row if known is None else min(known, at.row)


# --- bytes ----------------------------------------------------------------------------------------


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
    begin = draft.begins.get(send)
    if begin is None:
        return
    target = draft.cast.end(one, client=send.endpoint is not one.client)
    number = draft.numbers.get(arrows[0].number, 0)
    draft.wire("data", begin, draft.cast.lanes[begin.lane], target, number=number)
    closed = draft.closings.get(target)
    if closed is not None and closed.row <= begin.row and any(arrow.fate == "discarded" for arrow in arrows):
        draft.wires[-1].lost = "closed"
        late = closed.event is not None and draft.plot.surely(closed.event, send)
        how = "comes after close()" if late else "is never read"
        draft.label(target, begin.row, "note", f"{number} {how}: thrown away")
    elif target.kind != OUTSIDE:
        draft.bands.append(_band(draft, arrows, begin, target, number))


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

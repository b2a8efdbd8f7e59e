"""What went between the lanes of a story but bytes: connections, and what kernels, and TLS, sent on their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from labsupport.tape.arrows import Control
from labsupport.tape.events import Call, Event
from labsupport.tape.exchange import Connection
from labsupport.tape.streams import RECEIVING

from .draft import Draft
from .links import told
from .model import OUTSIDE, Label, Lane, Wire

__all__ = ["connections", "controls"]


def connections(draft: Draft) -> None:
    """Where connections begin, and where accept() hands them over."""
    by_links = {control.connection for control in draft.exchange.controls if _is_by_link(control)}
    for one in draft.cast.connections:
        client, server = draft.cast.end(one, client=True), draft.cast.end(one, client=False)
        if one.stream and one.connect is not None and one.connect in draft.begins:
            draft.facts[client].asks = draft.plot.begin[one.connect]
            if not one.made:
                draft.facts[client].failed = draft.plot.end.get(one.connect)
        if one in draft.plot.made:
            _made(draft, one, client, server)
        if one.stream and OUTSIDE in (client.kind, server.kind) and one not in by_links:
            _end_from_outside(draft, *((server, client) if server.kind == OUTSIDE else (client, server)))


def _is_by_link(control: Control) -> bool:
    return control.source is None and control.kind in ("FIN", "RST") and control.connection.route is not None


def _made(draft: Draft, one: Connection, client: Lane, server: Lane) -> None:
    row = draft.plot.made[one]
    for lane in (client, server):
        draft.facts[lane].made = row
    if server.kind == OUTSIDE:
        if one.route is not None and one.route.error:
            draft.label(server, row, "note", "the link could not reach its target")
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
    """SYN, SYN+ACK, FIN, RST, ICMP, alerts.  Resets first: after one there is nothing left to close."""
    for control in sorted(draft.exchange.controls, key=lambda control: control.kind != "RST"):
        if control.connection in draft.shown:
            _control(draft, control)
    _unordered(draft)


def _unordered(draft: Draft) -> None:
    """Of two closes that nothing orders, the row is the layout's word and not a fact."""
    closes: dict[Connection, list[Event]] = defaultdict(list)
    for control in draft.exchange.controls:
        by_an_end = control.source is not None or control.connection.route is None
        if control.kind == "FIN" and by_an_end and control.cause is not None and control.connection in draft.shown:
            closes[control.connection].append(control.cause)
    for one, causes in closes.items():
        if len(causes) == 2 and not any(draft.plot.surely(*pair) for pair in (causes, causes[::-1])):
            for client in (True, False):
                draft.facts[draft.cast.end(one, client=client)].unordered = True


def _control(draft: Draft, control: Control) -> None:
    one = control.connection
    if _is_by_link(control):
        _by_link(draft, control)
        return
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
    if at is None or (control.kind in ("FIN", "alert") and reset is not None and reset <= at.row):
        return
    wire = draft.wire(control.kind, at, source, target)
    if control.kind == "SYN+ACK":
        wire.by_link = one.route is not None and target.kind != OUTSIDE and source.kind == OUTSIDE
    if control.kind in ("FIN", "alert"):
        _end(draft, control, wire, at)
    elif control.kind == "RST" and one.made:
        _reset(draft, (source, target), at.row)


def _end(draft: Draft, control: Control, wire: Wire, at: Label) -> None:
    """The end of a stream, as a kernel or as TLS says it: at once, later through a link, or swallowed by one."""
    lanes = draft.cast.lanes
    row = draft.plot.late.get(control, at.row)
    fin = control.kind == "FIN"
    if fin:
        draft.facts[lanes[wire.start]].says_fin = at.row
    if control.lost:
        wire.lost = "link"
        return
    if row > at.row:
        wire.until = draft.mark(lanes[wire.lane], row, control.kind)
    if fin:
        draft.facts[lanes[wire.lane]].hears_fin = row


def _reset(draft: Draft, lanes: Iterable[Lane], row: int) -> None:
    for lane in lanes:
        known = draft.facts[lane].reset
        draft.facts[lane].reset = row if known is None else min(known, row)


def _by_link(draft: Draft, control: Control) -> None:
    """What a link sent on its own, to one end of a connection."""
    one, end = control.connection, control.target
    target = draft.cast.end(one, client=end is one.client)
    source = draft.cast.end(one, client=end is not one.client)
    row = draft.plot.late.get(control)
    label = draft.ends.get(control.effect) if control.effect is not None else None
    if row is not None and control.decision is not None:
        text = f"{control.kind} from the link: {control.decision.cause}"
        server = draft.cast.end(one, client=False)
        known = (one for one in draft.labels if one.lane == server.index and one.row == row and one.text == text)
        label = next(known, None) or draft.label(server, row, "note", text)
        label.by_link = told(control.decision)
    if label is None:
        return
    draft.wire(control.kind, label, source, target).by_link = True
    if control.kind == "FIN":
        draft.facts[target].hears_fin = label.row
    else:
        _reset(draft, (target,), label.row)

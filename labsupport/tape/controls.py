"""What kernels send on their own: the handshake, the end of a stream, resets.

None of it is seen, only what calls it: so each is derived from the call that makes a kernel
send it, and tied to the call of the other side that it ended.
"""

from __future__ import annotations

import errno
import math
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .alerts import alerts
from .arrows import Arrow, Connection, Control
from .connections import outcome, refused
from .events import Call, Endpoint, Event, Note
from .passages import Decision, Passage, Route
from .records import Record
from .streams import ENDED, RECEIVING, SENDING
from .ways import Way

__all__ = ["controls", "ends_listening", "unreachable"]

_BROKEN = frozenset({errno.ECONNRESET, errno.EPIPE})
#: What a fault decided that ends a connection at both ends.
_GIVES_UP = frozenset({"reset", "closed"})


def controls(
    connection: Connection,
    mine: Sequence[Event],
    through: tuple[Way, Way] | None = None,
    records: Mapping[Call, Sequence[Record]] | None = None,
) -> list[Control]:
    """All that kernels sent on their own in this TCP connection, of whose endpoints the events are; and TLS alerts.

    `through`: the ways up and down the link that stands between, which sends on its own, too; `records`: what TLS calls
    became there.
    """
    found = [
        *alerts(connection, mine, through, records or {}),
        *_handshake(connection, mine),
        *_endings(connection, connection.client, mine),
        *_endings(connection, connection.server, mine),
        *_queue_cleared(connection, mine),
    ]
    told = {one.effect for one in found if one.kind == "alert"}  # so no end of a stream told them
    found = [replace(one, effect=None) if one.kind == "FIN" and one.effect in told else one for one in found]
    if through is not None and connection.route is not None:
        found = [_passed(one, connection, *through) for one in found]
        found += _by_link(connection, connection.route, found, through, mine)
    reset = min((one.cause.order for one in found if one.kind == "RST" and one.cause is not None), default=math.inf)
    # A connection that was reset is gone: a close after that sends nothing.
    return [one for one in found if one.cause is None or one.cause.order <= reset]


def _passed(one: Control, connection: Connection, up: Way, down: Way) -> Control:
    """The end of a stream as it went through a link, or did not come out of it."""
    if one.kind != "FIN":
        return one
    way = up if one.source is connection.client else down
    lost = way.ending is not None and not (way.fin is not None and way.fin.deliveries)
    effect = None if lost else one.effect
    return replace(one, passage=way.fin, lost=lost, effect=effect, decision=way.ending if lost else None)


def _by_link(
    connection: Connection, route: Route, found: Sequence[Control], through: tuple[Way, Way], mine: Sequence[Event]
) -> list[Control]:
    """What the link sent to one end and the other: a reset, or an end of the stream that neither of them made."""
    sent = []
    explained = {control.effect for control in found}
    for end, way in zip((connection.server, connection.client), through, strict=True):
        if connection.other(end) is None and way.fin is not None and way.fin.deliveries:
            continue  # the end outside has closed
        decision, cause = _why(way, route)
        told = next((call for call in _calls_after(end, cause, mine, None) if _ends(call)), None)
        if told in explained:
            told = None
        reset = decision is not None and decision.effect == "reset"
        if told is not None or (end is not None and decision is not None):
            broken = reset or (told is not None and told.error is not None)
            sent.append(Control("RST" if broken else "FIN", connection, None, end, cause, told, decision))
    return sent


def _why(way: Way, route: Route) -> tuple[Decision | None, Passage | Route]:
    """Which fault had the link do so, or that the link itself was closed."""
    if way.ending is not None and way.ended_by is not None and way.ending.effect in _GIVES_UP:
        return way.ending, way.ended_by
    return None, route


def _ends(call: Call) -> bool:
    """Whether it was told that the connection is over."""
    return _gave_nothing(call) or (call.error is not None and call.error.errno in _BROKEN)


def _handshake(connection: Connection, mine: Sequence[Event]) -> list[Control]:
    connect = connection.connect
    if connect is None:
        return []
    client, door = connection.client, connection.listener
    later = (event for event in mine if isinstance(event, Call) and event.endpoint is client)
    _, told = outcome(connect, (call for call in later if call.order > connect.order))
    syn = Control("SYN", connection, client, door, connect)
    if not connection.made:
        return [syn, Control("RST", connection, door, client, connect, told)] if refused(connect, told) else [syn]
    if connect.open:
        return [syn]
    return [syn, Control("SYN+ACK", connection, door, client, connect, told)]


def _endings(connection: Connection, end: Endpoint | None, mine: Sequence[Event]) -> list[Control]:
    """FIN or RST of one end, and what they did to the other."""
    if end is None or not connection.made:
        return []
    other = connection.other(end)
    cause = _first_ending(end, mine)
    found: list[Control] = []
    shut = next((event for event in mine if _half_closes(event, end)), None)
    if shut is not None and (cause is None or shut.order < cause.order):
        found.append(Control("FIN", connection, end, other, shut, _end_of_stream(other, shut, mine)))
    if cause is None:
        return found
    if isinstance(cause, Call) and cause.ending in ("unread", "linger"):
        return [*found, Control("RST", connection, end, other, cause, _breaks(other, cause, mine))]
    if not found:
        found.append(Control("FIN", connection, end, other, cause, _end_of_stream(other, cause, mine)))
    late = _sent_too_late(other, cause, mine)
    if late is not None:
        found.append(Control("RST", connection, end, other, late, _breaks(other, late, mine)))
    return found


def _half_closes(event: Event, end: Endpoint) -> bool:
    return (
        isinstance(event, Call)
        and event.endpoint is end
        and event.op == "shutdown"
        and event.error is None
        and bool(event.asked)
        and event.asked[0] in (socket.SHUT_WR, socket.SHUT_RDWR)
    )


def _first_ending(end: Endpoint, mine: Sequence[Event]) -> Call | Note | None:
    """The event with which the kernel learnt that nobody holds this end any more."""
    for event in mine:
        if isinstance(event, Note) and event.endpoint is end and event.kind == "collected":
            return event
        if isinstance(event, Call) and event.endpoint is end and event.ending in ENDED:
            return event
    return None


def _queue_cleared(connection: Connection, mine: Sequence[Event]) -> list[Control]:
    """A listener that goes resets the connections that nobody has accepted."""
    door = connection.listener
    if door is None or connection.accept is not None or connection.connect is None or not connection.made:
        return []
    begun = connection.connect.order
    cause = next((event for event in mine if ends_listening(event, door) and event.order > begun), None)
    if cause is None:
        return []
    return [Control("RST", connection, door, connection.client, cause, _breaks(connection.client, cause, mine))]


def ends_listening(event: Event, door: Endpoint) -> bool:
    """Whether this is the end of a listener: a close, the collector, or a shutdown of its receiving side."""
    if isinstance(event, Note):
        return event.endpoint is door and event.kind == "collected"
    if not isinstance(event, Call) or event.endpoint is not door:
        return False
    shut = event.op == "shutdown" and event.error is None and event.asked[:1] != (socket.SHUT_WR,)
    return shut or event.ending in ENDED


def _end_of_stream(end: Endpoint | None, cause: Event, mine: Sequence[Event]) -> Call | None:
    """The first recv after it that gave b''."""
    for call in _calls_after(end, cause, mine, RECEIVING):
        if _gave_nothing(call):
            return call
    return None


def _gave_nothing(call: Call) -> bool:
    """A recv that gave b'' although it would have taken something."""
    asked_none = bool(call.asked) and call.asked[0] == 0
    return call.op in RECEIVING and call.length == 0 and call.error is None and not asked_none


def _breaks(end: Endpoint | None, cause: Event, mine: Sequence[Event]) -> Call | None:
    """The first call after it that was told: it raised ECONNRESET or EPIPE."""
    for call in _calls_after(end, cause, mine, None):
        if call.error is not None and call.error.errno in _BROKEN:
            return call
    return None


def _sent_too_late(end: Endpoint | None, cause: Event, mine: Sequence[Event]) -> Call | None:
    """The first send to an end that was closed already: its kernel answers with a RST."""
    return next(
        (call for call in _calls_after(end, cause, mine, SENDING) if call.order > cause.order and call.length), None
    )


def _calls_after(
    end: Endpoint | None, cause: Event, mine: Sequence[Event], ops: frozenset[str] | None
) -> Iterator[Call]:
    """Calls of `end` that returned after `cause` began."""
    # The collector's note is written when the socket is closed already, and what that ended may have returned by then.
    began = 0 if isinstance(cause, Note) else cause.order
    for event in mine:
        if not isinstance(event, Call) or event.endpoint is not end or (ops is not None and event.op not in ops):
            continue
        if event.done is not None and event.done > began:
            yield event


def unreachable(calls: Sequence[Call], arrows: Mapping[Call, Sequence[Arrow]]) -> list[Control]:
    """Port unreachable, which a connected datagram socket is told at its next call."""
    found = []
    last: dict[Endpoint, Call] = {}
    for call in calls:
        if call.endpoint.type != socket.SOCK_DGRAM:
            continue
        if call.error is not None and call.error.errno == errno.ECONNREFUSED:
            cause = last.pop(call.endpoint, None)
            if cause is not None:
                one = arrows[cause][0].connection
                found.append(Control("ICMP", one, one.other(call.endpoint), call.endpoint, cause, call))
        elif call in arrows and call.op in SENDING:
            last[call.endpoint] = call
    return found

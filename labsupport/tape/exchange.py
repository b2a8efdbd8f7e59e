"""From events to arrows: which bytes of which send came out of which recv.

A pure function of the events: no clock, no socket.  What it rests on is in `connections` (who
spoke to whom), `streams` and `datagrams` (which bytes), `sealed` (in which TLS records), `controls`
(what kernels sent on their own).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from .arrows import Arrow, Connection, Control, Exchange
from .connections import stream_connections
from .controls import controls, ends_listening, unreachable
from .datagrams import datagram_exchange
from .events import Call, Endpoint, Event, Note
from .passages import Passage, Route
from .records import Record
from .streams import SENDING, carries, stream_arrows
from .ways import Way, ways

__all__ = ["Arrow", "Connection", "Control", "Exchange", "exchange"]


def exchange(events: Sequence[Event]) -> Exchange:
    """Find the connections in `events` and what crossed them."""
    calls = [event for event in events if isinstance(event, Call)]
    number = _numbers(calls).__getitem__
    streams = stream_connections(calls, (event for event in events if isinstance(event, Route)))
    theirs = _sorted_out(streams, events)
    through = _through_links(streams, events)
    arrows: list[Arrow] = []
    records: dict[Call, tuple[Record, ...]] = {}
    for one in streams:
        some, made = stream_arrows(one, theirs[one], number, through.get(one))
        arrows += some
        records.update(made)
    pairs, datagrams = datagram_exchange(events, number, len(streams) + 1)
    arrows += datagrams
    by_call = _by_call(arrows)
    sent = [control for one in streams for control in controls(one, theirs[one], through.get(one), records)]
    sent += unreachable(calls, by_call)
    return Exchange((*streams, *pairs), tuple(arrows), tuple(sent), by_call, records)


def _through_links(streams: Sequence[Connection], events: Sequence[Event]) -> dict[Connection, tuple[Way, Way]]:
    """The two ways of each connection that goes through a link."""
    passages: dict[int, list[Passage]] = defaultdict(list)  # by the route's tick: an event may be a copy of another
    for event in events:
        if isinstance(event, Passage):
            passages[event.route.order].append(event)
    return {one: ways(passages[one.route.order], one.route) for one in streams if one.route is not None}


def _numbers(calls: Sequence[Call]) -> dict[Call, int]:
    """The sends that carried bytes, numbered from 1 in the order in which they began."""
    sends = (call for call in calls if call.op in SENDING and carries(call))
    return {call: number for number, call in enumerate(sends, 1)}


def _sorted_out(connections: Sequence[Connection], events: Sequence[Event]) -> dict[Connection, list[Event]]:
    """The events of each connection's endpoints; of a listener only the end, for those that wait in its queue."""
    theirs: dict[Connection, list[Event]] = {connection: [] for connection in connections}
    of: dict[Endpoint, list[Connection]] = defaultdict(list)
    queues: dict[Endpoint, list[Connection]] = defaultdict(list)
    for connection in connections:
        for end in (connection.client, connection.server):
            if end is not None:
                of[end].append(connection)
        if connection.listener is not None and connection.accept is None:
            queues[connection.listener].append(connection)
    for event in events:
        if isinstance(event, Call | Note):
            concerned = of.get(event.endpoint, [])
            if event.endpoint in queues and ends_listening(event, event.endpoint):
                concerned = queues[event.endpoint]
            for connection in concerned:
                theirs[connection].append(event)
    return theirs


def _by_call(arrows: Sequence[Arrow]) -> dict[Call, tuple[Arrow, ...]]:
    found: dict[Call, list[Arrow]] = defaultdict(list)
    for arrow in arrows:
        for call in (arrow.source, arrow.target):
            if call is not None:
                found[call].append(arrow)
    return {
        call: tuple(sorted(some, key=lambda arrow: arrow.start if arrow.source is call else arrow.taken))
        for call, some in found.items()
    }

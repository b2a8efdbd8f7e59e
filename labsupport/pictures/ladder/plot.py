"""What came before what: the events of an excerpt as a graph, and from it the row of each.

The edges, each of at least one row: the calls of a program in their order; connect → accept;
listen → connect; a send → the recv that took its bytes; close or shutdown → the recv that
gave b''; what made a kernel reset → the call that was told; start → the thread's first call;
a thread's last call → join; `Signal.set` → wait; each side's do_handshake → the other's.

Silence is evidence too: a recv that timed out, or gave less than it could, ended before the
next bytes came.  These edges are hints: where they cannot hold, they give way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

from labsupport.tape.events import Call, Endpoint, Event, Note, Program, Sync
from labsupport.tape.exchange import Connection, Exchange

from .kinds import always_waits, at_once, drawn, first_calls
from .order import Order
from .silence import coming, feeds, had_room

__all__ = ["Plot"]


class Plot:
    """The rows of all that is drawn.

    `begin[event]`, `end[event]`: its rows; an event that is open has no end.  `made[connection]`: the row in which
    the kernels were connected.
    """

    def __init__(self, events: Sequence[Event], exchange: Exchange) -> None:
        self._order = Order()
        self._from: dict[Event, int] = {}
        self._to: dict[Event, int] = {}
        self._birth: dict[Connection, int] = {}
        self._programs: dict[Program, list[Call | Sync]] = defaultdict(list)
        for event in events:
            if isinstance(event, Note):
                continue
            if drawn(event) or (isinstance(event, Sync) and event.kind == "start"):
                self._programs[event.program].append(event)
        for chain in self._programs.values():
            self._follow(chain)
        self._connect(events, exchange)
        self._after: dict[Event, set[int]] = {}
        rows = self._order.rows()
        self.begin = {event: rows[node] for event, node in self._from.items()}
        self.end = {event: rows[node] for event, node in self._to.items()}
        self.made = {connection: rows[node] for connection, node in self._birth.items()}

    def surely(self, before: Event, after: Event) -> bool:
        """Whether a program, or what passed between two, makes `before` end above where `after` begins."""
        if before not in self._to or after not in self._from:
            return False
        if before not in self._after:
            self._after[before] = self._order.after(self._to[before])
        return self._from[after] in self._after[before]

    # --- the order within a program ---------------------------------------------------------

    def _follow(self, chain: Sequence[Call | Sync]) -> None:
        order, last, step = self._order, -1, 0
        for event in chain:
            begin = order.node()
            unseen = isinstance(event, Sync) and event.kind == "start"
            if last >= 0:
                order.edge(last, begin, 0 if unseen else step)
            self._from[event] = begin
            last, step = self._finish(event, begin), 1

    def _finish(self, event: Call | Sync, begin: int) -> int:
        """The node in which `event` ends."""
        if isinstance(event, Sync) and event.kind in ("set", "start"):
            self._to[event] = begin
            return begin
        if event.open:
            return begin
        if isinstance(event, Call) and at_once(event):
            self._to[event] = begin
            return begin
        end = self._order.node()
        self._order.edge(begin, end, 1 if always_waits(event) else 0)
        self._to[event] = end
        return end

    # --- the order between programs ---------------------------------------------------------

    def _connect(self, events: Sequence[Event], exchange: Exchange) -> None:
        self._handshakes(events, exchange)
        self._bytes(exchange)
        self._endings(exchange)
        self._syncs(events)
        self._tls(events, exchange)
        self._silence(events, exchange)
        self._notes(events)

    def _edge(self, before: Event | None, after: Event | None, rows: int = 1) -> None:
        """`before` begins some rows above where `after` ends."""
        if before is None or after is None:
            return
        start, end = self._from.get(before), self._to.get(after)
        if start is not None and end is not None and start != end:
            self._order.edge(start, end, rows)

    def _handshakes(self, events: Sequence[Event], exchange: Exchange) -> None:
        ready = {
            event.endpoint: event
            for event in reversed(events)
            if isinstance(event, Call) and event.op in ("listen", "bind") and event in self._to
            and (event.op == "listen" or event.endpoint.type == 2)
        }  # fmt: skip
        first = first_calls(events)
        for one in exchange.connections:
            if one.stream:
                self._handshake(one, ready, first)
        for arrow in exchange.arrows:
            server = arrow.connection.server
            if arrow.source is not None and server is not None and server in ready and not arrow.connection.stream:
                bind = ready[server]
                if arrow.source in self._from and bind.order < arrow.source.order:
                    self._order.edge(self._to[bind], self._from[arrow.source])

    def _handshake(
        self, one: Connection, ready: dict[Endpoint, Call], first: dict[Endpoint, dict[Program, Call]]
    ) -> None:
        order, connect, accept = self._order, one.connect, one.accept
        listen = ready.get(one.listener) if one.listener is not None else None
        if not one.made or (connect is not None and connect.open) or (connect is None and accept is None):
            return
        birth = self._birth[one] = order.node()
        if connect is not None and connect in self._from:
            if listen is not None:
                order.edge(self._to[listen], self._from[connect])
            order.edge(self._from[connect], birth)
            if connect in self._to and self._to[connect] != self._from[connect]:
                order.edge(birth, self._to[connect], 0)
        elif listen is not None:
            order.edge(self._to[listen], birth)
        if accept is not None and accept in self._to:
            order.edge(birth, self._to[accept])
            for call in first.get(one.server, {}).values() if one.server is not None else ():
                if call in self._from:
                    order.edge(self._to[accept], self._from[call])

    def _bytes(self, exchange: Exchange) -> None:
        for arrow in exchange.arrows:
            self._edge(arrow.source, arrow.target)
            for peek in arrow.peeks:
                self._edge(arrow.source, peek)

    def _endings(self, exchange: Exchange) -> None:
        for control in exchange.controls:
            if control.kind not in ("SYN", "SYN+ACK") and control.cause is not control.effect:
                self._edge(control.cause, control.effect)
        closes = {
            event.endpoint: event
            for event in self._from
            if isinstance(event, Call) and event.ending in ("fin", "unread")
        }
        for arrow in exchange.arrows:
            send = arrow.source
            if arrow.fate == "discarded" and send is not None:
                receiver = arrow.connection.other(send.endpoint)
                close = closes.get(receiver) if receiver is not None else None
                if close is not None and close.ending == "unread":
                    self._edge(send, close)
                elif close is not None and close.order < send.order:
                    self._order.hint(self._to[close], self._from[send])

    def _syncs(self, events: Sequence[Event]) -> None:
        sets: dict[object, list[Sync]] = defaultdict(list)
        for event in events:
            if isinstance(event, Sync) and event.kind == "set":
                sets[event.key].append(event)
        for event in events:
            if not isinstance(event, Sync):
                continue
            if event.kind == "wait" and event.result is not False:
                cause = next((one for one in sets[event.key] if event.done is None or one.order < event.done), None)
                self._edge(cause, event)
            elif isinstance(event.key, Program) and event.key in self._programs:
                chain = self._programs[event.key]
                if event.kind == "start" and event in self._from:
                    self._order.edge(self._from[event], self._from[chain[0]])
                elif event.kind == "join" and event.result is not False and chain[-1] in self._to and event in self._to:
                    self._order.edge(self._to[chain[-1]], self._to[event])

    def _tls(self, events: Sequence[Event], exchange: Exchange) -> None:
        shakes: dict[Endpoint, list[Call]] = defaultdict(list)
        for event in events:
            if isinstance(event, Call) and event.op == "do_handshake" and event in self._from:
                shakes[event.endpoint].append(event)
        for one in exchange.connections:
            if one.client is not None and one.server is not None:
                for mine, theirs in zip(shakes[one.client], shakes[one.server], strict=False):
                    self._edge(mine, theirs)
                    self._edge(theirs, mine)

    # --- silence ---------------------------------------------------------------------------

    def _silence(self, events: Sequence[Event], exchange: Exchange) -> None:
        """A call that ended before the next bytes came: because it timed out, or gave fewer than it could."""
        expected = coming(exchange)
        for event in events:
            if not isinstance(event, Call) or event not in self._to or not had_room(event):
                continue
            following = expected.get(event.endpoint, [])
            at = bisect_right(following, event.order, key=lambda call: call.order)
            if at < len(following) and following[at] in self._from and not feeds(exchange, following[at], event):
                self._order.hint(self._to[event], self._from[following[at]])

    def _notes(self, events: Sequence[Event]) -> None:
        """The collector closes a socket after all that its last user had done until then."""
        users: dict[Endpoint, Call] = {}
        latest: dict[Program, Event] = {}
        for event in events:
            if not isinstance(event, Note):
                if event in self._from:
                    latest[event.program] = event
                    if isinstance(event, Call):
                        users[event.endpoint] = event
                continue
            self._from[event] = self._to[event] = node = self._order.node()
            user = users.get(event.endpoint)
            for before in (user, latest[user.program]) if user is not None else ():
                self._order.edge(self._to.get(before, self._from[before]), node)

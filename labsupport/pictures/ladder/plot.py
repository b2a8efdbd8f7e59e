"""What came before what: the events of an excerpt as a graph, and from it the row of each.

The edges, each of at least one row: the calls of a program in their order; connect → accept;
listen → connect; a send → the recv that took its bytes; close or shutdown → the recv that
gave b''; what made a kernel reset → the call that was told; start → the thread's first call;
a thread's last call → join; `Signal.set` → wait; each side's do_handshake → the other's.
What a link did stands between: a send → its landing → the recv (`through`).

Silence is evidence too: a recv that timed out, or gave less than it could, ended before the
next bytes came.  These edges are hints: where they cannot hold, they give way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from labsupport.tape.events import Call, Endpoint, Event, Note, Program, Sync
from labsupport.tape.exchange import Connection, Exchange

from .kinds import always_waits, at_once, drawn, first_calls
from .landings import Landing, landings
from .order import Order
from .secure import complaints, shaken, spoilt
from .silence import coming, feeds, had_room, lost
from .through import Through

__all__ = ["Plot"]

#: What a program did that is not drawn, and still orders what is: it started a thread; it saw how far another was.
_UNSEEN: Final = frozenset({"start", "saw"})


class Plot:
    """The rows of all that is drawn.

    `begin[event]`, `end[event]`: its rows; an event that is open has no end.  `made[connection]`: the row in which
    the kernels were connected.  `landed[arrow]`: where bytes came out of a link; `late[landing or control]`: the row of
    what a link did.
    """

    def __init__(self, events: Sequence[Event], exchange: Exchange) -> None:
        self._order = Order()
        self._from: dict[Event, int] = {}
        self._to: dict[Event, int] = {}
        self._birth: dict[Connection, int] = {}
        self._programs: dict[Program, list[Call | Sync]] = defaultdict(list)
        for event in events:
            if not isinstance(event, Call | Sync):
                continue
            if drawn(event) or (isinstance(event, Sync) and event.kind in _UNSEEN):
                self._programs[event.program].append(event)
        for chain in self._programs.values():
            self._follow(chain)
        self.landed = landings(exchange)
        self._through = Through(self._order, exchange, self.landed, self._from)
        self._connect(events, exchange)
        self._through.connect(self._to, self._birth)
        self._after: dict[Event, set[int]] = {}
        rows = self._order.rows()
        self.begin = {event: rows[node] for event, node in self._from.items()}
        self.end = {event: rows[node] for event, node in self._to.items()}
        self.made = {connection: rows[node] for connection, node in self._birth.items()}
        self.late = {thing: rows[node] for thing, node in self._through.nodes.items()}

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
            unseen = isinstance(event, Sync) and event.kind in _UNSEEN
            if last >= 0:
                order.edge(last, begin, 0 if unseen else step)
            self._from[event] = begin
            last, step = self._finish(event, begin), 1

    def _finish(self, event: Call | Sync, begin: int) -> int:
        """The node in which `event` ends."""
        if isinstance(event, Sync) and event.kind in ("set", *_UNSEEN):
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
        self._notes(events)
        self._handshakes(events, exchange)
        self._bytes(exchange)
        self._endings(exchange)
        self._syncs(events)
        self._tls(events, exchange)
        self._silence(events, exchange)

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
            if arrow not in self.landed:
                self._edge(arrow.source, arrow.target)
                for peek in arrow.peeks:
                    self._edge(arrow.source, peek)

    def _endings(self, exchange: Exchange) -> None:
        for control in exchange.controls:
            if control in self._through.nodes:
                continue
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
            elif event.kind == "saw" and event in self._from:
                self._sight(event)
            elif isinstance(event.key, Program) and event.key in self._programs:
                chain = self._programs[event.key]
                if event.kind == "start" and event in self._from:
                    self._order.edge(self._from[event], self._from[chain[0]])
                elif event.kind == "join" and event.result is not False and chain[-1] in self._to and event in self._to:
                    self._order.edge(self._to[chain[-1]], self._to[event])

    def _sight(self, saw: Sync) -> None:
        """A program went on when it had seen that another had come so far: to the end of a call, or into it."""
        call: Any = saw.key
        if call in self._from:
            over = call.done is not None and call.done < saw.order
            self._order.edge((self._to if over else self._from)[call], self._from[saw], 0)

    def _tls(self, events: Sequence[Event], exchange: Exchange) -> None:
        for mine, theirs in shaken(events, exchange):
            self._edge(mine, theirs)
        for said, told in complaints(events, exchange):
            if said in self._to and told in self._to:
                self._order.edge(self._to[said], self._to[told])
        for arrow, call in spoilt(events, exchange):
            node = self._through.nodes.get(self.landed[arrow]) if arrow in self.landed else None
            if node is None:
                self._edge(arrow.source, call)
            elif call in self._to:
                self._order.edge(node, self._to[call])

    # --- silence ---------------------------------------------------------------------------

    def _silence(self, events: Sequence[Event], exchange: Exchange) -> None:
        """A call that ended before the next bytes came: because it timed out, or gave fewer than it could."""
        expected, missed = coming(exchange, self.landed), lost(exchange)
        for event in events:
            if not isinstance(event, Call) or event not in self._to or not had_room(event):
                continue
            if event.error is not None:
                self._in_vain(event, missed.get(event.endpoint, []))
            following = expected.get(event.endpoint, [])
            at = bisect_right(following, event.order, key=lambda one: one.order)
            while at < len(following) and isinstance(following[at], Landing) and feeds(exchange, following[at], event):
                at += 1  # of what a link handed on it is known when it arrived
            if at == len(following) or feeds(exchange, following[at], event):
                continue
            came = following[at]
            node = self._through.nodes.get(came) if isinstance(came, Landing) else self._from.get(came)
            if node is not None:
                self._order.hint(self._to[event], node)

    def _in_vain(self, call: Call, missed: Sequence[Call]) -> None:
        """Before a call timed out this was sent, and was lost: while it waited, or a moment before it began to."""
        last = bisect_right(missed, call.done or 0, key=lambda send: send.order)
        for send in missed[:last]:
            if send in self._from:
                self._order.hint(self._from[send], self._to[call])

    def _notes(self, events: Sequence[Event]) -> None:
        """The collector closes a socket after all that its last user had done until then."""
        users: dict[Endpoint, Call] = {}
        latest: dict[Program, Event] = {}
        for event in events:
            if isinstance(event, Call | Sync) and event in self._from:
                latest[event.program] = event
                if isinstance(event, Call):
                    users[event.endpoint] = users[event.accepted or event.endpoint] = event
            if not isinstance(event, Note):
                continue
            self._from[event] = self._to[event] = node = self._order.node()
            user = users.get(event.endpoint)
            for before in (user, latest[user.program]) if user is not None else ():
                self._order.edge(self._to.get(before, self._from[before]), node)

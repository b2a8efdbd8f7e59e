"""What a link puts into the order of things: when bytes land, when a FIN arrives, when it resets a connection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from labsupport.tape.arrows import Arrow, Connection, Control
from labsupport.tape.events import Call, Endpoint, Event, Program
from labsupport.tape.exchange import Exchange
from labsupport.tape.passages import Passage

from .landings import LATE, Landing
from .order import Order

__all__ = ["Through"]

_Way = tuple[Connection, Endpoint | None]


class Through:
    """Nodes for what a link did, between the calls whose nodes are `begins` and `ends`.

    `nodes`: of landings, and of the controls that a link let through late, or sent itself.
    """

    def __init__(
        self, order: Order, exchange: Exchange, landed: Mapping[Arrow, Landing], begins: Mapping[Event, int]
    ) -> None:
        self._order = order
        self._begins = begins
        self.nodes: dict[Landing | Control, int] = {}
        self._last: dict[_Way, list[int]] = defaultdict(list)  # the landings on one way of a stream
        self._slow: set[_Way] = set()
        self._told: dict[Passage, int] = {}
        self._land(landed)
        for control in exchange.controls:
            if control.connection.route is not None:
                self._end(control, exchange)

    def connect(self, ends: Mapping[Event, int], births: Mapping[Connection, int]) -> None:
        """What a link did comes before the calls that were told of it."""
        for thing, node in self.nodes.items():
            if isinstance(thing, Landing):
                for arrow in thing.arrows:
                    for call in (arrow.target, *arrow.peeks):
                        self._before(node, call, ends)
            else:
                self._before(node, thing.effect, ends)
                if thing.connection in births:
                    self._order.edge(births[thing.connection], node, 0)

    def _before(self, node: int, call: Call | None, ends: Mapping[Event, int]) -> None:
        if call is not None and call in ends and ends[call] != node:
            self._order.edge(node, ends[call])

    def _land(self, landed: Mapping[Arrow, Landing]) -> None:
        """One after another where one program sent them; what two programs sent at once has no order."""
        chains: dict[tuple[_Way, Program], list[Landing]] = defaultdict(list)
        for landing in dict.fromkeys(landed.values()):
            if landing.source in self._begins:
                of = landing.arrows[0].connection, landing.source.endpoint
                chains[of, landing.source.program].append(landing)
        for (way, _program), chain in chains.items():
            chain.sort(key=lambda landing: (landing.order, landing.delivery.start, landing.source.order))
            last = -1
            for landing in chain:
                node = self.nodes[landing] = self._order.node()
                self._order.edge(self._begins[landing.source], node, int(landing.late))
                if last >= 0:
                    self._order.edge(last, node, 0 if landing.copy else 1)
                if landing.late:
                    self._slow.add(way)
                last = node
            self._last[way].append(last)

    def _end(self, control: Control, exchange: Exchange) -> None:
        if control.kind in ("FIN", "alert") and control.source is not None and not control.lost:
            self._fin(control)
        elif control.source is None and isinstance(control.cause, Passage):
            self._sent_by_link(control, control.cause, exchange)

    def _fin(self, control: Control) -> None:
        """The end of a stream, and an alert, wait behind the bytes before them."""
        way = control.connection, control.source
        decisions = control.passage.decisions if control.passage is not None else []
        late = way in self._slow or any(decision.effect in LATE for decision in decisions)
        if control.cause is None or control.cause not in self._begins or not late:
            return
        node = self.nodes[control] = self._order.node()
        self._order.edge(self._begins[control.cause], node)
        for landing in self._last[way]:
            self._order.edge(landing, node)
        if control.kind == "alert":  # the FIN comes behind it
            self._last[way].append(node)

    def _sent_by_link(self, control: Control, cause: Passage, exchange: Exchange) -> None:
        """After the bytes with which it had enough, and those that it handed on before."""
        one = control.connection
        sender = one.client if cause.way == "up" else one.server
        if cause in self._told:  # both ends are told in one step
            self.nodes[control] = self._told[cause]
            return
        node = self.nodes[control] = self._told[cause] = self._order.node()
        for landing in self._last[one, sender]:
            self._order.edge(landing, node)
        for arrow in exchange.arrows:
            begin = self._begins.get(arrow.source) if arrow.source is not None else None
            if begin is not None and arrow.connection is one and control.decision in arrow.decisions:
                self._order.edge(begin, node)
                break

"""Who is at the other end: found by address, also through a link, and by time where a port was used again."""

from __future__ import annotations

import socket
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from .addresses import plain, serves
from .events import Address, Call, Endpoint, Event
from .passages import Route
from .routes import Routes
from .streams import ENDED, RECEIVING, SENDING

__all__ = ["Others", "is_recent"]

_CONNECTS: Final = frozenset({"connect", "connect_ex"})
_TALK: Final = RECEIVING | SENDING


def is_recent(call: Call, begin: int) -> bool:
    """Whether it did something, or waited, after tick `begin`."""
    return call.order > begin or call.done is None or call.done > begin


class Others:
    """The endpoints on a tape, and which of them belong together."""

    def __init__(self, events: Iterable[Event], begin: int) -> None:
        self._begin = begin
        self._accepts: dict[Endpoint, Call] = {}
        self._connects: dict[Endpoint, Call] = {}
        self._by_local: defaultdict[Address | None, list[Endpoint]] = defaultdict(list)
        self._listens: defaultdict[int, list[tuple[int, Endpoint]]] = defaultdict(list)
        self._made: dict[Endpoint, int] = {}
        self._closed: dict[Endpoint, int] = {}
        self._datagrams: dict[Endpoint, set[Address | None]] = defaultdict(set)
        events = list(events)
        self._routes = Routes(event for event in events if isinstance(event, Route))
        self._spoken: dict[Endpoint, dict[int, list[Address]]] = {}
        seen: set[Endpoint] = set()
        for event in events:
            if isinstance(event, Call):
                self._note(event, seen)

    def _note(self, call: Call, seen: set[Endpoint]) -> None:
        endpoint = call.endpoint
        if call.accepted is not None:
            self._accepts[call.accepted] = call
        elif call.op in _CONNECTS:
            self._connects[endpoint] = call
        elif call.op == "listen" and endpoint.local:
            self._listens[endpoint.local[1]].append((call.order, endpoint))
        elif call.op == "socket":
            self._made[endpoint] = call.order
        elif call.op == "close":
            self._closed.setdefault(endpoint, call.order)
        if endpoint.type == socket.SOCK_DGRAM:
            self._correspond(call)
        for each in (endpoint, call.accepted or endpoint):
            if each not in seen:
                seen.add(each)
                self._by_local[plain(each.local)].append(each)

    def _correspond(self, call: Call) -> None:
        """Note with whom a datagram socket spoke, and that it stands where it is bound, though it says nothing."""
        if call.op in _TALK and is_recent(call, self._begin):
            self._datagrams[call.endpoint].add(plain(call.address or call.endpoint.peer))
        elif call.ending not in ENDED and call.order > self._closed.get(call.endpoint, call.order - 1):
            _ = self._datagrams[call.endpoint]

    def peers(self, endpoint: Endpoint) -> list[Endpoint]:
        """The other end of a connection, or nothing: it is outside this kernel, or was not accepted."""
        mine, theirs = map(plain, self._routes.beyond(endpoint.local, endpoint.peer))
        others = [
            other
            for other in self._by_local[theirs]
            if other is not endpoint and endpoint.peer and plain(other.peer) == mine
        ]
        accept = self._accepts.get(endpoint)
        if accept is not None:
            return _nearest(others, lambda each: _order(self._connects.get(each)), before=accept.done)
        connect = self._connects.get(endpoint)
        return _nearest(others, lambda each: _done(self._accepts.get(each)), after=_order(connect))

    def doors(self, endpoint: Endpoint) -> list[Endpoint]:
        """The listener that a connection came in by, also while nobody has accepted it."""
        if endpoint.listener is not None:
            return [endpoint.listener]
        connect = self._connects.get(endpoint)
        _, address = self._routes.beyond(endpoint.local, endpoint.peer)
        if connect is None or address is None or _was_refused(connect):
            return []
        standing = [
            (order, door)
            for order, door in self._listens[address[1]]
            if order < connect.order < self._closed.get(door, connect.order + 1) and serves(door.local, address)
        ]
        return [max(standing, key=lambda pair: pair[0])[1]] if standing else []

    def correspondents(self, endpoint: Endpoint) -> list[Endpoint]:
        """Datagram sockets that this one wrote to or heard from, or to which it wrote though they have not read."""
        theirs = self._reached(endpoint)
        return [
            other
            for other in self._datagrams
            if other is not endpoint and (self._meets(other, theirs) or self._meets(endpoint, self._reached(other)))
        ]

    def _reached(self, endpoint: Endpoint) -> dict[int, list[Address]]:
        """The addresses that this one spoke with, and those beyond them where they are a link's; by port."""
        if endpoint not in self._spoken:
            found: dict[int, list[Address]] = defaultdict(list)
            for address in self._datagrams[endpoint]:
                for each in {address, self._routes.beyond(endpoint.local, address)[1]}:
                    if each is not None:
                        found[each[1]].append(each)
            self._spoken[endpoint] = found
        return self._spoken[endpoint]

    def _meets(self, endpoint: Endpoint, addresses: dict[int, list[Address]]) -> bool:
        local = endpoint.local
        if local is None or self._closed.get(endpoint, self._begin) < self._begin:
            return False
        return any(serves(local, address) for address in addresses.get(local[1], ()))

    def routes(self, endpoint: Endpoint) -> list[Route]:
        """The ways through links on which this one spoke."""
        spoken = self._datagrams.get(endpoint, ())
        found = self._routes.of(endpoint) + [each for address in spoken for each in self._routes.at(address, endpoint)]
        made = self._made.get(endpoint, 0)  # what had ended before was another socket's, at the same port
        return [route for route in found if route.done is None or route.done > made]


def _was_refused(connect: Call) -> bool:
    return connect.error is not None and issubclass(connect.error.type, ConnectionError)


def _order(call: Call | None) -> int:
    return call.order if call is not None else 0


def _done(call: Call | None) -> int:
    return call.done or 0 if call is not None else 0


def _nearest(
    others: list[Endpoint], when: Callable[[Endpoint], int], *, before: int | None = None, after: int = 0
) -> list[Endpoint]:
    """Of several that had the same address in turn, the one of the right time."""
    timed = sorted(others, key=when)
    if before is not None:
        return timed[: bisect_left(timed, before, key=when)][-1:]
    return [each for each in timed if when(each) > after][:1]

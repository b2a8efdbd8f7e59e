"""The ways through links, looked up by the two addresses that an end of one knows: its own and the link's."""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Iterable

from .addresses import plain, port, serves
from .events import Address, Call, Endpoint
from .passages import Route

__all__ = ["Routes"]

_Pair = tuple[Address | None, Address | None]


class Routes:
    """The routes on a tape.

    An end is looked up by its port: a datagram socket that is bound to all addresses does not know which of them it
    sent from.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._between: defaultdict[tuple[int | None, Address | None], list[Route]] = defaultdict(list)
        self._by_end: defaultdict[int | None, list[Route]] = defaultdict(list)
        self._by_door: defaultdict[Address | None, list[Route]] = defaultdict(list)
        for route in sorted(routes, key=lambda route: route.order):
            self._between[port(route.client), plain(route.door)].append(route)
            self._by_end[port(route.client)].append(route)
            self._by_door[plain(route.door)].append(route)
            if route.local is not None:
                self._between[port(route.target), plain(route.local)].append(route)
                self._by_end[port(route.local)].append(route)

    def beyond(self, here: Address | None, there: Address | None) -> _Pair:
        """What the end at the other side of a link knows: (its peer, its own address); without a link the two given."""
        route = self.between(here, there)
        if route is None:
            return here, there
        return (route.local, route.target) if plain(route.door) == plain(there) else (route.door, route.client)

    def between(self, here: Address | None, there: Address | None) -> Route | None:
        """The newest route on which an end at `here` speaks to a link at `there`."""
        return next(reversed(self._between.get((port(here), plain(there)), [])), None)

    def behind(self, door: Address | None) -> Route | None:
        """The newest route of a link with this address, whoever came by it."""
        return next(reversed(self._by_door.get(plain(door), [])), None)

    def of(self, endpoint: Endpoint) -> list[Route]:
        """Those on which this endpoint is an end, the oldest first."""
        return self.at(endpoint.local, endpoint) + self.at(endpoint.peer, endpoint)

    def at(self, address: Address | None, endpoint: Endpoint) -> list[Route]:
        """Those whose client, or whose own end towards the target, has this address; of the kind of this endpoint."""
        stream = endpoint.type == socket.SOCK_STREAM
        found = [route for route in self._by_end.get(port(address), ()) if route.stream == stream]
        return [route for route in found if serves(address, route.client) or serves(address, route.local)]

    def take(self, connect: Call) -> Route | None:
        """The first one left that this call began: a link takes a client after the client has called."""
        waiting = self._by_end.get(port(connect.endpoint.local), [])
        for route in waiting:
            begun = route.stream and serves(connect.endpoint.local, route.client)
            if begun and route.order > connect.order and serves(route.door, connect.endpoint.peer):
                waiting.remove(route)
                return route
        return None

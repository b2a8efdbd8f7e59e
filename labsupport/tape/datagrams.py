"""Datagrams: whole messages, tied to each other by their addresses and their bytes.

The kernel says from where a datagram came, and no more: two equal ones of one sender cannot
be told apart, and an arrow that had to choose says so.  Which was which is found in `parcels`.
"""

from __future__ import annotations

import math
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from .addresses import plain, port, serves
from .arrows import Arrow, Connection, Fate
from .events import Address, Call, Endpoint, Event, Note, newest
from .parcels import Post
from .passages import Decision, Delivery, Passage, Route
from .routes import Routes
from .streams import ENDED
from .ways import ENDINGS

__all__ = ["datagram_exchange"]

Numbers = Callable[[Call], int]


def datagram_exchange(events: Sequence[Event], number: Numbers, first: int) -> tuple[list[Connection], list[Arrow]]:
    """The pairs of endpoints that exchanged datagrams, numbered from `first`, and what crossed."""
    mine = [event for event in events if isinstance(event, Call | Note) and event.endpoint.type == socket.SOCK_DGRAM]
    passages = [event for event in events if isinstance(event, Passage) and not event.route.stream]
    routes = [event for event in events if isinstance(event, Route) and not event.stream]
    post = Post([event for event in mine if isinstance(event, Call)], passages)
    crossing = _Crossing(post, _Places(mine, routes), _Pairs(first, newest(events)))
    arrows = [arrow for send in post.sends for arrow in crossing.arrows(send, number(send))]
    arrows += [arrow for take in post.strange for arrow in crossing.from_outside(take)]
    return crossing.pairs.found, arrows


class _Through(NamedTuple):
    """How a datagram came as far as it did: through which link, and what its faults did to it."""

    passage: Passage | None = None
    delivery: Delivery | None = None
    decisions: tuple[Decision, ...] = ()
    route: Route | None = None
    up: bool = True

    def on(self, passage: Passage, delivery: Delivery | None) -> _Through:
        """A step further; of several links the first is the connection's."""
        route, up = (passage.route, passage.way == "up") if self.route is None else (self.route, self.up)
        return _Through(passage, delivery, (*self.decisions, *passage.decisions), route, up)


class _Crossing:
    """Arrows, from where each datagram was sent to where it was taken, or was lost."""

    def __init__(self, post: Post, places: _Places, pairs: _Pairs) -> None:
        self._post = post
        self._places = places
        self.pairs = pairs

    def arrows(self, send: Call, number: int) -> Iterator[Arrow]:
        """One arrow for each that arrived, or one for none."""
        return self._follow(send, send, number, _Through())

    def _follow(self, key: object, send: Call | None, number: int, through: _Through) -> Iterator[Arrow]:
        take, doubt = self._post.taken.get(key, (None, ""))
        if isinstance(take, Call):
            yield from self._arrival(key, send, take, number, doubt, through)
        elif take is not None:
            yield from self._onward(take, send, number, through)
        elif send is not None:
            yield self._missing(key, send, number, through)

    def _onward(self, passage: Passage, send: Call | None, number: int, through: _Through) -> Iterator[Arrow]:
        for delivery in passage.deliveries:
            yield from self._follow((passage, delivery), send, number, through.on(passage, delivery))
        if not passage.deliveries and send is not None:
            far = passage.route.target if passage.way == "up" else passage.route.client
            through = through.on(passage, None)
            receiver, _ = self._places.of(far, send)
            gone = not passage.open or any(decision.effect in ENDINGS for decision in passage.decisions)
            yield self._rest(send, receiver, "lost" if gone else "waiting", number, through)

    def _missing(self, key: object, send: Call, number: int, through: _Through) -> Arrow:
        """What was sent, or handed on by a link, and taken by nobody."""
        came_from, order = send.endpoint.local, send.order
        if through.passage is None or through.delivery is None:
            address, route = self._places.beyond(came_from, self._post.address[send])
            through = through._replace(route=route, up=route is None or route.target == address)
        else:
            way, up = through.passage.route, through.passage.way == "up"
            came_from, address = (way.local, way.target) if up else (way.door, way.client)
            order = through.delivery.order
        receiver, fate = self._places.of(address, send)
        if receiver is not None and self._places.refuses(receiver, came_from, order):
            return self._rest(send, receiver, "refused", number, through)
        unread = through.passage is None and through.route is not None and not through.route.open
        if unread or (key in self._post.dropped and fate != "outside"):
            fate = "lost"
        return self._rest(send, receiver, fate, number, through, tuple(self._post.peeked[key]))

    def _rest(
        self, send: Call, to: Endpoint | None, fate: Fate, number: int, through: _Through, peeks: tuple[Call, ...] = ()
    ) -> Arrow:
        one = self.pairs.of(send.endpoint, to, through)
        came = through.passage, through.delivery, through.decisions
        return Arrow(number, one, send, 0, send.length or 0, fate, None, 0, peeks, "", *came)

    def _arrival(
        self, key: object, send: Call | None, take: Call, number: int, doubt: str, through: _Through
    ) -> Iterator[Arrow]:
        one = self.pairs.of(send.endpoint if send is not None else None, take.endpoint, through)
        fate: Fate = "received" if send is not None else "outside"
        came = take.length or 0
        whole = send.length or 0 if send is not None else came
        link = through.passage, through.delivery, through.decisions
        peeks = tuple(self._post.peeked[key])
        yield Arrow(number, one, send, 0, came, fate, take, 0, peeks, doubt, *link)
        if came < whole:
            yield Arrow(number, one, send, came, whole, "cut", take, came, peeks, doubt, *link)

    def from_outside(self, take: Call | Passage) -> Iterator[Arrow]:
        """What nobody on this tape sent."""
        if isinstance(take, Passage):
            yield from self._onward(take, None, 0, _Through())
        else:
            one = self.pairs.of(None, take.endpoint, _Through())
            yield Arrow(0, one, None, 0, take.length or 0, "outside", take)


class _Pairs:
    """One connection for each two endpoints, made when first asked for."""

    def __init__(self, first: int, end: int) -> None:
        self.found: list[Connection] = []
        self._first = first
        self._end = end
        self._known: dict[tuple[frozenset[Endpoint | None], int], Connection] = {}

    def of(self, sender: Endpoint | None, receiver: Endpoint | None, through: _Through) -> Connection:
        key = frozenset((sender, receiver)), through.route.order if through.route is not None else 0
        if key not in self._known:
            roles = [each.role_at(self._end) if each is not None else "server" for each in (sender, receiver)]
            swap = sender is not None and roles[0] == "server" != roles[1]
            if through.route is not None:
                swap = not through.up
            client, server = (receiver, sender) if swap else (sender, receiver)
            number = self._first + len(self.found)
            connection = Connection(number, client, server, stream=False, route=through.route)
            self._known[key] = connection
            self.found.append(connection)
        return self._known[key]


# --- where the others are --------------------------------------------------------------------


class _Places:
    """Which endpoint had an address at which time, and what stands beyond the address of a link."""

    def __init__(self, events: Sequence[Call | Note], routes: Sequence[Route]) -> None:
        self._since: dict[Endpoint, int] = {}
        self._until: dict[Endpoint, int] = {}
        self._peers: dict[Endpoint, list[Call]] = defaultdict(list)
        for event in events:
            if isinstance(event, Call) and event.op in ("connect", "connect_ex") and event.error is None:
                self._peers[event.endpoint].append(event)
            # Seen for the first time in another call, it was there before the tape begins.
            new = isinstance(event, Call) and event.op in ("socket", "bind")
            self._since.setdefault(event.endpoint, event.order if new else 0)
            if event.kind == "collected" if isinstance(event, Note) else event.ending in ENDED:
                self._until.setdefault(event.endpoint, event.order)
        self._at: dict[int | None, list[Endpoint]] = defaultdict(list)
        for endpoint in self._since:
            self._at[port(endpoint.local)].append(endpoint)
        self._routes = Routes(routes)

    def beyond(self, here: Address | None, address: Address | None) -> tuple[Address | None, Route | None]:
        """What is sent from `here` to `address`: where it goes in the end, and the way there through a link."""
        route = self._routes.between(here, address) or self._routes.behind(address)
        if route is None:
            return address, None
        return (route.target if plain(route.door) == plain(address) else route.client), route

    def refuses(self, receiver: Endpoint, sender: Address | None, order: int) -> bool:
        """Whether `receiver` was connected to another address than `sender` at tick `order`."""
        peers = [call.address for call in self._peers[receiver] if call.done is not None and call.done < order]
        return bool(peers) and peers[-1] is not None and not serves(sender, peers[-1])

    def of(self, address: Address | None, send: Call) -> tuple[Endpoint | None, Fate]:
        """Who had it when this was sent, the last if there are several, and what became of what was not taken."""
        for endpoint in reversed(self._at.get(port(address), []) if address is not None else []):
            until = self._until.get(endpoint, math.inf)
            in_time = self._since[endpoint] < (send.done or math.inf) and until > send.order
            if in_time and serves(endpoint.local, address):
                return endpoint, "waiting" if until == math.inf else "discarded"
        return None, "outside"

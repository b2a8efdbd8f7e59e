"""Datagrams: whole messages, tied to each other by their addresses and their bytes.

The kernel says from where a datagram came, and no more: two equal ones of one sender cannot
be told apart, and an arrow that had to choose says so.
"""

from __future__ import annotations

import math
import socket
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence

from .arrows import Arrow, Connection, Fate
from .connections import host
from .events import Address, Call, Endpoint, Event, Note
from .record import SMALL
from .streams import ENDED, RECEIVING, SENDING

__all__ = ["datagram_exchange"]

_EQUAL = "another datagram with the same bytes was on the way, so which of the two this is cannot be known"

Numbers = Callable[[Call], int]


def datagram_exchange(events: Sequence[Event], number: Numbers, first: int) -> tuple[list[Connection], list[Arrow]]:
    """The pairs of endpoints that exchanged datagrams, numbered from `first`, and what crossed."""
    mine = [event for event in events if isinstance(event, Call | Note) and event.endpoint.type == socket.SOCK_DGRAM]
    calls = [event for event in mine if isinstance(event, Call)]
    post = _Post(calls)
    pairs = _Pairs(first)
    places = _Places(mine)
    arrows: list[Arrow] = []
    for send in post.sends:
        if send in post.taken:
            arrows += _arrival(send, post, pairs, number(send))
        else:
            receiver, fate = places.of(post.address[send], send)
            connection = pairs.of(send.endpoint, receiver)
            peeks = tuple(post.peeked[send])
            arrows.append(Arrow(number(send), connection, send, 0, send.length or 0, fate, peeks=peeks))
    arrows += [
        Arrow(0, pairs.of(None, take.endpoint), None, 0, take.length or 0, "outside", take) for take in post.strange
    ]
    return pairs.found, arrows


def _arrival(send: Call, post: _Post, pairs: _Pairs, number: int) -> list[Arrow]:
    take, doubt = post.taken[send]
    connection = pairs.of(send.endpoint, take.endpoint)
    came, whole, peeks = take.length or 0, send.length or 0, tuple(post.peeked[send])
    arrows = [Arrow(number, connection, send, 0, came, "received", take, 0, peeks, doubt)]
    if came < whole:
        arrows.append(Arrow(number, connection, send, came, whole, "cut", take, came, peeks, doubt))
    return arrows


class _Pairs:
    """One connection for each two endpoints, made when first asked for."""

    def __init__(self, first: int) -> None:
        self.found: list[Connection] = []
        self._first = first
        self._known: dict[frozenset[Endpoint | None], Connection] = {}

    def of(self, sender: Endpoint | None, receiver: Endpoint | None) -> Connection:
        key = frozenset((sender, receiver))
        if key not in self._known:
            swap = sender is not None and receiver is not None and sender.role == "server" != receiver.role
            client, server = (receiver, sender) if swap else (sender, receiver)
            connection = Connection(self._first + len(self.found), client, server, stream=False)
            self._known[key] = connection
            self.found.append(connection)
        return self._known[key]


def _reaches(address: Address | None, local: Address | None) -> bool:
    if address is None or local is None or address[1] != local[1]:
        return address is local  # neither has one: a pair from socketpair()
    return host(local) in (host(address), "0.0.0.0", "::", "") or host(address) in ("localhost", "0.0.0.0")


# --- which recv took which datagram ----------------------------------------------------------


class _Post:
    """All sends and takes, and which belong together.

    - `address`: of a send where to, of a take where from; of a connected socket its peer then.
    - `taken`: of a send the take, and the doubt about it.  `peeked`: who looked at it before.
    - `strange`: takes of what nobody on this tape sent.
    """

    def __init__(self, calls: Sequence[Call]) -> None:
        self.address: dict[Call, Address | None] = {}
        self.taken: dict[Call, tuple[Call, str]] = {}
        self.peeked: dict[Call, list[Call]] = defaultdict(list)
        self.strange: list[Call] = []
        peers: dict[Endpoint, Address | None] = {}
        for call in calls:
            if call.op in ("connect", "connect_ex") and call.error is None:
                peers[call.endpoint] = call.address
            self.address[call] = call.address or peers.get(call.endpoint, call.endpoint.peer)
        carrying = [call for call in calls if call.error is None and call.length is not None]
        self.sends = [call for call in carrying if call.op in SENDING]
        takes = [call for call in carrying if call.op in RECEIVING]
        queues: dict[int | None, _Queue] = defaultdict(lambda: _Queue(self))
        for send in self.sends:
            queues[_port(self.address[send])].put(send)
        for take in sorted(takes, key=lambda take: take.done or math.inf):
            self._give(take, queues[_port(take.endpoint.local)])

    def _give(self, take: Call, queue: _Queue) -> None:
        send, doubt = queue.find(take)
        if take.flags & socket.MSG_PEEK:
            if send is not None:
                self.peeked[send].append(take)
        elif send is None:
            self.strange.append(take)
        else:
            self.taken[send] = take, doubt


def _port(address: Address | None) -> int | None:
    return None if address is None else address[1]


class _Queue:
    """The datagrams sent to one port, also by what is in them: a take looks at few of them."""

    def __init__(self, post: _Post) -> None:
        self._post = post
        self._all: deque[Call] = deque()
        self._alike: dict[tuple[int | None, bytes | None], deque[Call]] = defaultdict(deque)
        self._unsure: dict[int, int] = {}  # of equal ones: until when they were mixed up
        self._of: dict[tuple[int | None, int | None, bytes | None], deque[Call]] = defaultdict(deque)

    def put(self, send: Call) -> None:
        self._all.append(send)
        self._alike[send.length, _first(send)].append(send)
        self._of[_port(send.endpoint.local), send.length, _first(send)].append(send)

    def find(self, take: Call) -> tuple[Call | None, str]:
        """The first datagram that this may be, and whether it may be another."""
        source = self._post.address[take]
        heaps = (
            self._of.get((_port(source), take.length, _first(take))),
            # Before it was connected it may have heard others, and without an address it may have been anyone.
            self._alike.get((take.length, _first(take))) if take.address is None else None,
            self._all,  # it may have been cut, or the tape no longer has its bytes
        )
        for heap, one in zip(heaps, (source, None, take.address), strict=True):
            send = next(self._fitting(heap, take, one), None)
            if send is not None:
                return send, _EQUAL if self._has_twin(send, take, one) else ""
        return None, ""

    def _has_twin(self, send: Call, take: Call, source: Address | None) -> bool:
        """Whether another datagram with the same bytes may be the one, or the one that was taken before was this."""
        if source is None:
            twins = self._alike[send.length, _first(send)]
        else:
            twins = self._of[_port(send.endpoint.local), send.length, _first(send)]
        if any(other is not send for other in self._fitting(twins, take, source)):
            self._unsure[id(twins)] = take.done or take.order
        return self._unsure.get(id(twins), 0) > send.order

    def _fitting(self, heap: deque[Call] | None, take: Call, source: Address | None) -> Iterator[Call]:
        taken = self._post.taken
        while heap and heap[0] in taken:
            heap.popleft()
        for send in heap or ():
            if send.order > (take.done or take.order):
                return
            if send not in taken and _fits(send, self._post.address[send], take, source):
                yield send


def _fits(send: Call, destination: Address | None, take: Call, source: Address | None) -> bool:
    """Could `take` have received what `send` sent?"""
    came, whole = take.length or 0, send.length or 0
    if came > whole or (came < whole and not _full(take)):
        return False
    if send.data is not None and take.data is not None:
        known = min(len(send.data), len(take.data))  # of an older one the tape has the first bytes only
        if send.data[:known] != take.data[:known]:
            return False
    if source is not None and not _reaches(source, send.endpoint.local):
        return False
    return _reaches(destination, take.endpoint.local)


def _first(call: Call) -> bytes | None:
    """So many bytes of it as the tape always has."""
    return None if call.data is None else call.data[:SMALL]


def _full(take: Call) -> bool:
    """Its buffer held no more, so the datagram may have been longer."""
    return bool(take.asked) and take.asked[0] == take.length


# --- where the others are --------------------------------------------------------------------


class _Places:
    """Which endpoint had an address at which time."""

    def __init__(self, events: Sequence[Call | Note]) -> None:
        self._since: dict[Endpoint, int] = {}
        self._until: dict[Endpoint, int] = {}
        for event in events:
            # Seen for the first time in another call, it was there before the tape begins.
            new = isinstance(event, Call) and event.op in ("socket", "bind")
            self._since.setdefault(event.endpoint, event.order if new else 0)
            if event.kind == "collected" if isinstance(event, Note) else event.ending in ENDED:
                self._until.setdefault(event.endpoint, event.order)
        self._at: dict[int | None, list[Endpoint]] = defaultdict(list)
        for endpoint in self._since:
            self._at[_port(endpoint.local)].append(endpoint)

    def of(self, address: Address | None, send: Call) -> tuple[Endpoint | None, Fate]:
        """Who had it when this was sent, the last if there are several, and what became of what was not taken."""
        for endpoint in reversed(self._at.get(_port(address), []) if address is not None else []):
            until = self._until.get(endpoint, math.inf)
            in_time = self._since[endpoint] < (send.done or math.inf) and until > send.order
            if in_time and _reaches(address, endpoint.local):
                return endpoint, "waiting" if until == math.inf else "discarded"
        return None, "outside"

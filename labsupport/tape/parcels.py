"""Which datagram that was sent is which that was taken: by addresses, bytes and order.

What sends is a program, or a link that hands on what came to it; what takes is a program, or a link.  So a
datagram's way through a link is found as two short ways, from the sender to the link and on to the receiver.
A link takes and hands on in one order, so of two equal datagrams it is known which is which.
"""

from __future__ import annotations

import math
import socket
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .addresses import port, serves
from .events import Address, Call, Endpoint
from .passages import Delivery, Passage
from .record import SMALL
from .streams import RECEIVING, SENDING

__all__ = ["Parcel", "Post", "Take"]

_EQUAL = "another datagram with the same bytes was on the way, so which of the two this is cannot be known"


class Parcel(NamedTuple):
    """A datagram that `what` sent `came_from` one address `to` another, at tick `order`.

    `data`: its first bytes, None when the tape has forgotten them.
    """

    what: Call | tuple[Passage, Delivery]
    order: int
    came_from: Address | None
    to: Address | None
    length: int
    data: bytes | None


class Take(NamedTuple):
    """A datagram `sent_by` one address that `what` took `at` another, before tick `until`.

    `named`: the sender where this very call was told it; `room`: no more bytes would have gone in.
    """

    what: Call | Passage
    until: float
    at: Address | None
    sent_by: Address | None
    named: Address | None
    length: int
    data: bytes | None
    room: int | None = None
    peek: bool = False


class Post:
    """All parcels and takes, and which belong together.

    - `sends`: the calls that sent.  `address`: of a call the other end's address; of a connected socket its peer then.
    - `taken`: of a parcel's `what` the take's, and the doubt about it.  `peeked`: who looked at it before.
    - `strange`: what took something that nobody on this tape sent.
    - `dropped`: of sends that nobody took those that a kernel had no room for.  A kernel keeps the datagrams of one
      sender to one receiver in order, so what came later can have been taken only when they were gone.
    """

    def __init__(self, calls: Sequence[Call], passages: Sequence[Passage]) -> None:
        self.address: dict[Call, Address | None] = {}
        self.taken: dict[object, tuple[Call | Passage, str]] = {}
        self.peeked: dict[object, list[Call]] = defaultdict(list)
        self.strange: list[Call | Passage] = []
        self.sends: list[Call] = []
        self.dropped: set[object] = set()
        parcels, takes = self._parcels(calls, passages)
        queues: dict[int | None, _Queue] = defaultdict(lambda: _Queue(self))
        for parcel in parcels:
            queues[port(parcel.to)].put(parcel)
        for take in takes:
            self._give(take, queues[port(take.at)])
        self._drop(parcels)

    def _parcels(self, calls: Sequence[Call], passages: Sequence[Passage]) -> tuple[list[Parcel], list[Take]]:
        parcels = [_handed_on(passage, delivery) for passage in passages for delivery in passage.deliveries]
        takes = [_reached(passage) for passage in passages]
        peers: dict[Endpoint, Address | None] = {}
        for call in calls:
            if call.op in ("connect", "connect_ex") and call.error is None:
                peers[call.endpoint] = call.address
            other = self.address[call] = call.address or peers.get(call.endpoint, call.endpoint.peer)
            if call.error is not None or call.length is None:
                continue
            if call.op in SENDING:
                self.sends.append(call)
                parcels.append(Parcel(call, call.order, call.endpoint.local, other, call.length, call.data))
            elif call.op in RECEIVING:
                takes.append(_received(call, other))
        return sorted(parcels, key=lambda parcel: parcel.order), sorted(takes, key=lambda take: take.until)

    def _give(self, take: Take, queue: _Queue) -> None:
        parcel, doubt = queue.find(take)
        if isinstance(take.what, Call) and take.peek:
            if parcel is not None:
                self.peeked[parcel.what].append(take.what)
        elif parcel is not None:
            self.taken[parcel.what] = take.what, doubt
        else:
            self.strange.append(take.what)

    def _drop(self, parcels: Sequence[Parcel]) -> None:
        """Those before the newest that was taken, of the same way, by the same receiver, and were not."""
        missing: dict[tuple[Address | None, Address | None], list[Parcel]] = defaultdict(list)
        for parcel in parcels:
            here = missing[parcel.came_from, parcel.to]
            take, doubt = self.taken.get(parcel.what, (None, ""))
            if take is None:
                here.append(parcel)
            elif not doubt:
                self.dropped.update(each.what for each in here if _was_over(each, parcel.order))
                here[:] = [each for each in here if not _was_over(each, parcel.order)]


def _was_over(parcel: Parcel, order: int) -> bool:
    """Whether it was in the receiver's kernel, or lost, by then."""
    return not isinstance(parcel.what, Call) or (parcel.what.done or math.inf) < order


def _handed_on(passage: Passage, delivery: Delivery) -> Parcel:
    route, data = passage.route, passage.data if delivery.data is None else delivery.data
    up = passage.way == "up"
    here, there = (route.local, route.target) if up else (route.door, route.client)
    return Parcel((passage, delivery), delivery.order, here, there, delivery.end - delivery.start, data)


def _reached(passage: Passage) -> Take:
    route = passage.route
    at, sender = (route.door, route.client) if passage.way == "up" else (route.local, route.target)
    return Take(passage, passage.order, at, sender, sender, passage.length, passage.data)


def _received(call: Call, sender: Address | None) -> Take:
    room = call.asked[0] if call.asked and isinstance(call.asked[0], int) else None
    until, peek = call.done or math.inf, bool(call.flags & socket.MSG_PEEK)
    return Take(call, until, call.endpoint.local, sender, call.address, call.length or 0, call.data, room, peek)


class _Queue:
    """The datagrams sent to one port, also by what is in them: a take looks at few of them."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._all: deque[Parcel] = deque()
        self._alike: dict[tuple[int, bytes | None], deque[Parcel]] = defaultdict(deque)
        self._unsure: dict[int, float] = {}  # of equal ones: until when they were mixed up
        self._of: dict[tuple[int | None, int, bytes | None], deque[Parcel]] = defaultdict(deque)

    def put(self, parcel: Parcel) -> None:
        self._all.append(parcel)
        self._alike[parcel.length, _first(parcel.data)].append(parcel)
        self._of[port(parcel.came_from), parcel.length, _first(parcel.data)].append(parcel)

    def find(self, take: Take) -> tuple[Parcel | None, str]:
        """The first datagram that this may be, and whether it may be another."""
        heaps = (
            self._of.get((port(take.sent_by), take.length, _first(take.data))),
            # Before it was connected it may have heard others, and without an address it may have been anyone.
            self._alike.get((take.length, _first(take.data))) if take.named is None else None,
            self._all,  # it may have been cut, or the tape no longer has its bytes
        )
        for heap, one in zip(heaps, (take.sent_by, None, take.named), strict=True):
            parcel = next(self._fitting(heap, take, one), None)
            if parcel is not None:
                by_link = isinstance(take.what, Passage) or isinstance(parcel.what, tuple)
                return parcel, "" if by_link or not self._has_twin(parcel, take, one) else _EQUAL
        return None, ""

    def _has_twin(self, parcel: Parcel, take: Take, source: Address | None) -> bool:
        """Whether another datagram with the same bytes may be the one, or the one that was taken before was this."""
        if source is None:
            twins = self._alike[parcel.length, _first(parcel.data)]
        else:
            twins = self._of[port(parcel.came_from), parcel.length, _first(parcel.data)]
        if any(other is not parcel for other in self._fitting(twins, take, source)):
            self._unsure[id(twins)] = take.until
        return self._unsure.get(id(twins), 0) > parcel.order

    def _fitting(self, heap: deque[Parcel] | None, take: Take, source: Address | None) -> Iterator[Parcel]:
        taken = self._post.taken
        while heap and heap[0].what in taken:
            heap.popleft()
        for parcel in heap or ():
            if parcel.order > take.until:
                return
            if parcel.what not in taken and _fits(parcel, take, source):
                yield parcel


def _fits(parcel: Parcel, take: Take, source: Address | None) -> bool:
    """Could `take` have received this?"""
    if take.length > parcel.length or (take.length < parcel.length and take.room != take.length):
        return False
    if parcel.data is not None and take.data is not None:
        known = min(len(parcel.data), len(take.data))  # of an older one the tape has the first bytes only
        if parcel.data[:known] != take.data[:known]:
            return False
    if source is not None and not serves(parcel.came_from, source):
        return False
    return serves(take.at, parcel.to)


def _first(data: bytes | None) -> bytes | None:
    """So many bytes of it as the tape always has."""
    return None if data is None else data[:SMALL]

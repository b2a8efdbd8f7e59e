"""Which events of the tape belong to a window on it.

Two questions, both pure functions of a list of events:

- `seeds`: which endpoints did something between two ticks?  A server of an earlier cell that
  waits, and wakes now and then to wait again, does nothing.
- `belonging`: all events that tell the story of these endpoints: both ends of their
  connections from the beginning (arrows are matched by counting bytes, so the early ones are
  needed), the listener from its bind on but without the connections that are not shown, and
  what their programs did to wait for each other.
"""

from __future__ import annotations

import socket
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from .events import Address, Call, Endpoint, Event, Note, Program, Sync
from .streams import RECEIVING, SENDING

__all__ = ["belonging", "seeds"]

_ACCEPT: Final = "accept"
_CONNECTS: Final = frozenset({"connect", "connect_ex"})
_SPEAKS: Final = _CONNECTS | SENDING | {"do_handshake"}
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # the hosts of a socket that is bound to all of them


# --- which endpoints did something? ---------------------------------------------------------


def seeds(events: Iterable[Event], begin: int, opener: Program | None = None) -> set[Endpoint]:
    """The endpoints that did something after tick `begin`.

    Whatever `opener` did counts, and the programs that were started after `begin` or that
    `opener` waited for.  Of the others, older ones, only talk counts: a connection accepted,
    bytes sent or received.
    """
    events = list(events)
    ours = _programs_of(events, begin, opener)
    found: set[Endpoint] = set()
    for event in events:
        if isinstance(event, Call):
            found.update(_seeded(event, begin, ours, opener))
    return found


def _programs_of(events: Iterable[Event], begin: int, opener: Program | None) -> set[Program]:
    ours = {opener} if opener is not None else set()
    for event in events:
        if not isinstance(event, Sync) or not isinstance(event.key, Program) or event.order <= begin:
            continue
        if event.kind == "start" or (event.kind == "join" and event.program is opener):
            ours.add(event.key)
    return ours


def _seeded(call: Call, begin: int, ours: Collection[Program], opener: Program | None) -> tuple[Endpoint, ...]:
    if not _is_recent(call, begin):
        return ()
    mine = call.program in ours and (call.order > begin or call.program is not opener)
    if call.accepted is not None:
        return (call.accepted, call.endpoint) if mine else (call.accepted,)
    return (call.endpoint,) if mine or _is_talk(call, begin) else ()


def _is_recent(call: Call, begin: int) -> bool:
    return call.order > begin or call.done is None or call.done > begin


def _is_talk(call: Call, begin: int) -> bool:
    if call.op in _SPEAKS:
        return call.order > begin  # one that only returned after `begin` was said before it
    return call.op in RECEIVING and bool(call.length)


# --- what belongs to them? ------------------------------------------------------------------


def belonging(
    events: Sequence[Event], endpoints: Collection[Endpoint], begin: int = 0, opener: Program | None = None
) -> list[Event]:
    """The events that tell what happened to `endpoints`, in the order of `events`.

    `begin` and `opener`: of listeners and datagram sockets, and of what programs did to wait
    for each other, only what came after `begin` or has to do with the rest.
    """
    story = _Story(events, endpoints, begin)
    chosen = [event for event in events if not isinstance(event, Sync) and story.tells(event)]
    waits = _Waits(chosen, begin, opener)
    syncs = [event for event in events if isinstance(event, Sync) and waits.concern(event)]
    signals = waits.signals(syncs)
    syncs += [event for event in events if isinstance(event, Sync) and event.kind == "set" and event.key in signals]
    return sorted({*chosen, *syncs}, key=lambda event: event.order)


class _Story:
    """The endpoints whose events are shown: whole conversations, and parts of what stands at a door."""

    def __init__(self, events: Sequence[Event], endpoints: Collection[Endpoint], begin: int) -> None:
        conversations = {each for each in endpoints if each.type == socket.SOCK_STREAM and not each.listening}
        ends = _Ends(events, begin)
        self.whole = conversations | {peer for each in conversations for peer in ends.peers(each)}
        doors = {door for each in self.whole for door in ends.doors(each)}
        self.doors = doors | {each for each in endpoints if each.listening}
        datagrams = {each for each in endpoints if each.type == socket.SOCK_DGRAM}
        self.datagrams = datagrams | {peer for each in datagrams for peer in ends.correspondents(each)}
        self.whole |= set(endpoints) - self.doors - self.datagrams
        self._begin = begin
        self._addresses = {_host(each.local) for each in self.datagrams if each.local}

    def tells(self, event: Call | Note) -> bool:
        """Whether this call, or this note, is part of the story."""
        if event.endpoint in self.whole:
            return True
        if isinstance(event, Note):
            return event.endpoint in self.doors or event.endpoint in self.datagrams
        if event.endpoint in self.doors:
            return event.op != _ACCEPT or self._opens(event)
        return event.endpoint in self.datagrams and self._carries(event)

    def _opens(self, accept: Call) -> bool:
        if accept.open:
            return True
        return accept.accepted in self.whole if accept.accepted is not None else accept.order > self._begin

    def _carries(self, call: Call) -> bool:
        if call.op not in RECEIVING | SENDING or _is_recent(call, self._begin):
            return True
        return _host(call.address or call.endpoint.peer) in self._addresses


class _Ends:
    """Which endpoint is at the other end: found by address, and by time where a port was used again."""

    def __init__(self, events: Iterable[Event], begin: int) -> None:
        self._begin = begin
        self._accepts: dict[Endpoint, Call] = {}
        self._connects: dict[Endpoint, Call] = {}
        self._by_local: defaultdict[Address | None, list[Endpoint]] = defaultdict(list)
        self._listens: defaultdict[int, list[tuple[int, Endpoint]]] = defaultdict(list)
        self._closed: dict[Endpoint, int] = {}
        self._datagrams: dict[Endpoint, set[Address | None]] = defaultdict(set)
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
        elif call.op == "close":
            self._closed.setdefault(endpoint, call.order)
        if endpoint.type == socket.SOCK_DGRAM and call.op in RECEIVING | SENDING and _is_recent(call, self._begin):
            self._datagrams[endpoint].add(_host(call.address or endpoint.peer))
        for each in (endpoint, call.accepted or endpoint):
            if each not in seen:
                seen.add(each)
                self._by_local[_host(each.local)].append(each)

    def peers(self, endpoint: Endpoint) -> list[Endpoint]:
        """The other end of a connection, or nothing: it is outside this kernel, or was not accepted."""
        others = [
            other
            for other in self._by_local[_host(endpoint.peer)]
            if other is not endpoint and endpoint.peer and _host(other.peer) == _host(endpoint.local)
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
        if connect is None or endpoint.peer is None or _was_refused(connect):
            return []
        standing = [
            (order, door)
            for order, door in self._listens[endpoint.peer[1]]
            if order < connect.order < self._closed.get(door, connect.order + 1) and _serves(door, endpoint.peer)
        ]
        return [max(standing, key=lambda pair: pair[0])[1]] if standing else []

    def correspondents(self, endpoint: Endpoint) -> list[Endpoint]:
        """Datagram sockets that this one wrote to or heard from."""
        theirs = self._datagrams[endpoint]
        mine = _host(endpoint.local)
        return [
            other
            for other, addresses in self._datagrams.items()
            if other is not endpoint
            and (_host(other.local) in theirs or (endpoint.local and mine in addresses) or _by_port(other, theirs))
        ]


def _host(address: Address | None) -> Address | None:
    """The address as both ends spell it: a dual-stack listener sees IPv4 clients as ``::ffff:``."""
    return None if address is None else (address[0].removeprefix("::ffff:").partition("%")[0], address[1])


def _by_port(endpoint: Endpoint, addresses: Collection[Address | None]) -> bool:
    local = endpoint.local
    return local is not None and local[0] in _EVERYWHERE and any(a and a[1] == local[1] for a in addresses)


def _serves(door: Endpoint, address: Address) -> bool:
    return door.local is not None and (door.local[0] in _EVERYWHERE or _host(door.local) == _host(address))


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


class _Waits:
    """Which starts, joins and signals order the programs whose calls are shown."""

    def __init__(self, chosen: Iterable[Call | Note], begin: int, opener: Program | None) -> None:
        self._begin = begin
        self._opener = opener
        self._since: dict[Program, int] = {}
        for event in chosen:
            if isinstance(event, Call):
                self._since.setdefault(event.program, event.order)

    def concern(self, sync: Sync) -> bool:
        """Whether it is shown for its own sake."""
        if isinstance(sync.key, Program):
            if sync.key not in self._since:
                return False
            return sync.kind == "start" or self._in_time(sync)
        known = sync.program in self._since or sync.program is self._opener
        return known and self._in_time(sync)

    def _in_time(self, sync: Sync) -> bool:
        if sync.order > self._begin or (sync.done or 0) > self._begin or sync.open:
            return True
        # A thread lives for one story, so all of it belongs; the main program has lived through many.
        return sync.program.parent is not None and sync.order > self._since.get(sync.program, sync.order)

    @staticmethod
    def signals(syncs: Iterable[Sync]) -> set[int]:
        """The Signals that somebody shown waited for."""
        return {sync.key for sync in syncs if sync.kind == "wait" and isinstance(sync.key, int)}

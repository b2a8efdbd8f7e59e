"""Which events of the tape belong to a window on it.

Two questions, both pure functions of a list of events:

- `seeds`: which endpoints did something between two ticks?  A server of an earlier cell that
  waits, and wakes now and then to wait again, does nothing.
- `belonging`: all events that tell the story of these endpoints: both ends of their
  connections from the beginning (arrows are matched by counting bytes, so the early ones are
  needed), the listener from its bind on but without the connections that are not shown, what a
  link between them did, and what their programs did to wait for each other.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from .addresses import plain
from .events import Call, Endpoint, Event, Note, Program, Sync
from .others import Others, is_recent
from .passages import Passage, Route
from .streams import RECEIVING, SENDING

__all__ = ["belonging", "seeds"]

_ACCEPT: Final = "accept"
_CONNECTS: Final = frozenset({"connect", "connect_ex"})
_SPEAKS: Final = _CONNECTS | SENDING | {"do_handshake"}


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
    if not is_recent(call, begin):
        return ()
    mine = call.program in ours and (call.order > begin or call.program is not opener)
    if call.accepted is not None:
        return (call.accepted, call.endpoint) if mine else (call.accepted,)
    return (call.endpoint,) if mine or _is_talk(call, begin) else ()


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
    chosen = [event for event in events if isinstance(event, Call | Note) and story.tells(event)]
    by_links = [event for event in events if isinstance(event, Route | Passage) and story.carries(event)]
    waits = _Waits(chosen, begin, opener)
    syncs = [event for event in events if isinstance(event, Sync) and waits.concern(event)]
    signals = waits.signals(syncs)
    syncs += [event for event in events if isinstance(event, Sync) and event.kind == "set" and event.key in signals]
    return sorted({*chosen, *by_links, *syncs}, key=lambda event: event.order)


class _Story:
    """The endpoints whose events are shown: whole conversations, and parts of what stands at a door."""

    def __init__(self, events: Sequence[Event], endpoints: Collection[Endpoint], begin: int) -> None:
        conversations = {each for each in endpoints if each.type == socket.SOCK_STREAM and not each.listening}
        ends = Others(events, begin)
        self.whole = conversations | {peer for each in conversations for peer in ends.peers(each)}
        doors = {door for each in self.whole for door in ends.doors(each)}
        self.doors = doors | {each for each in endpoints if each.listening}
        datagrams = {each for each in endpoints if each.type == socket.SOCK_DGRAM}
        self.datagrams = datagrams | {peer for each in datagrams for peer in ends.correspondents(each)}
        self.whole |= set(endpoints) - self.doors - self.datagrams
        routes = [route for each in self.whole | self.datagrams for route in ends.routes(each)]
        self._routes = {route.order for route in routes}
        self._begin = begin
        self._addresses = {plain(each.local) for each in self.datagrams if each.local}
        self._addresses.update(plain(end) for route in routes for end in (route.door, route.local) if end)

    def tells(self, event: Call | Note) -> bool:
        """Whether this call, or this note, is part of the story."""
        if event.endpoint in self.whole:
            return True
        if isinstance(event, Note):
            return event.endpoint in self.doors or event.endpoint in self.datagrams
        if event.endpoint in self.doors:
            return event.op != _ACCEPT or self._opens(event)
        return event.endpoint in self.datagrams and self._carries(event)

    def carries(self, event: Route | Passage) -> bool:
        """Whether this is what a link did for a connection of the story."""
        return (event if isinstance(event, Route) else event.route).order in self._routes

    def _opens(self, accept: Call) -> bool:
        if accept.open:
            return True
        return accept.accepted in self.whole if accept.accepted is not None else accept.order > self._begin

    def _carries(self, call: Call) -> bool:
        if call.op not in RECEIVING | SENDING or is_recent(call, self._begin):
            return True
        return plain(call.address or call.endpoint.peer) in self._addresses


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

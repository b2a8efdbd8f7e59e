"""What of the tape belongs to one case, and what a learner's code does when it goes in circles."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from labsupport.tape.addresses import port
from labsupport.tape.events import Call, Endpoint, Event, Note, Passage, Program, Route, Sync, tick
from labsupport.tape.programs import Owner, current
from labsupport.tape.record import TAPE
from labsupport.tape.streams import RECEIVING
from labsupport.tape.watched import endpoint_of

if TYPE_CHECKING:
    from .stage import Stage

__all__ = ["History"]

#: So many times may a socket say b'' before the case is ended; so many calls may it make.
_ENDS: Final = 100
_CALLS: Final = 5_000


class History:
    """The events of a case that began at tick `begin`: the calls of both sides, what orders them, what links did.

    `learner`, `script`: whose calls they are.
    """

    def __init__(self, stage: Stage, begin: int, learner: Owner, script: Owner) -> None:
        self._stage = stage
        self._begin = begin
        self._learner = learner
        self._script = script
        self._main = current()
        self._seen = begin
        self._calls = 0
        self._written = 0
        self._ends: dict[Endpoint, int] = {}
        self._kept: list[Event] = []

    def events(self) -> list[Event]:
        """The events of this case so far, in order."""
        every = {*self._kept, *self._stage.saw, *TAPE.events(self._begin)}
        calls = [event for event in every if isinstance(event, Call) and self._belongs(event)]
        ends = {end for call in calls for end in (call.endpoint, call.accepted) if end is not None}
        ports = {port(end.local) for end in ends} - {None}
        others = [
            event
            for event in every
            if (isinstance(event, Sync) and self._orders(event))
            or (isinstance(event, Note) and event.endpoint in ends)
            or (isinstance(event, Route | Passage) and _serves(event, ports))
        ]
        return sorted([*calls, *others], key=lambda event: event.order)

    def still(self) -> list[Event]:
        """The events as they stand now: a call that waits stays open, whatever becomes of it later."""
        now = tick()
        events = _without_circles(self.events(), self.is_learners)
        events = [event.as_of(now) if isinstance(event, Route | Passage) else event for event in events]
        frozen: dict[object, Event] = {e: copy.copy(e) for e in events if isinstance(e, Call | Sync) and e.open}
        still = [frozen.get(event, event) for event in events]
        return [_sees(event, frozen) if isinstance(event, Sync) and event.kind == "saw" else event for event in still]

    def is_learners(self, event: Event) -> bool:
        """Whether it is a call of the learner's code."""
        return isinstance(event, Call) and event.program.owner is self._learner

    def is_scripts(self, event: Event) -> bool:
        """Whether it is a call of the other side."""
        return isinstance(event, Call) and event.program.owner is self._script

    def goes_in_circles(self) -> bool:
        """Whether the learner's code makes the same calls for ever; counts what is new since the last look."""
        written = len(TAPE) + TAPE.dropped
        if written - self._written < _ENDS:
            return False
        self._written = written
        for event in TAPE.events(self._seen):
            self._seen = event.order
            if self.is_learners(event):
                self._calls += 1
                if _is_end(event):
                    assert isinstance(event, Call)
                    self._ends[event.endpoint] = self._ends.get(event.endpoint, 0) + 1
        flood = self._calls > _CALLS or any(count >= _ENDS for count in self._ends.values())
        if flood:
            self._kept = self.events()  # before the flood drives them off the tape
        return flood

    def _belongs(self, call: Call) -> bool:
        if call.program is self._main:
            listeners = (self._stage.listener, *self._stage.former)
            return any(listener is not None and call.endpoint is endpoint_of(listener) for listener in listeners)
        return self.is_learners(call) or self.is_scripts(call)

    def _orders(self, sync: Sync) -> bool:
        """Whether it says what came before what: the learner's own, and the beginning of both sides."""
        if sync.kind == "saw":
            return True
        if sync.program is self._main:
            return isinstance(sync.key, Program) and sync.key.owner in (self._learner, self._script)
        return sync.program.owner is self._learner


def _is_end(event: Event) -> bool:
    return (
        isinstance(event, Call) and event.op in RECEIVING and event.length == 0 and not event.open and not event.error
    )


def _serves(event: Route | Passage, ports: set[int | None]) -> bool:
    """Whether a link did this for one of these sockets."""
    route = event if isinstance(event, Route) else event.route
    return port(route.client) in ports or port(route.target) in ports


def _sees(saw: Sync, frozen: dict[object, Event]) -> Sync:
    saw = copy.copy(saw)
    saw.key = frozen.get(saw.key, saw.key)  # type: ignore[assignment]  # a key of its own kind
    return saw


def _without_circles(events: list[Event], is_learners: Callable[[Event], bool]) -> list[Event]:
    """What a socket did after it had said b'' twice is more of the same, and how much of it is a race."""
    ends: dict[Endpoint, int] = {}
    kept = []
    for event in events:
        if is_learners(event):
            assert isinstance(event, Call)
            if ends.get(event.endpoint, 0) >= 2:
                continue
            if _is_end(event):
                ends[event.endpoint] = ends.get(event.endpoint, 0) + 1
        kept.append(event)
    return kept

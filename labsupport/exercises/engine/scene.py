"""One case, played: the learner's function in one thread, the other side in another, and an eye on both.

The scene ends when both are done, when the learner's code goes in circles, or when its time is over.  Then the tape is
cut *before* anything is woken or closed, so that a verdict shows what the learner's code did, and not our cleaning up.
"""

from __future__ import annotations

import contextlib
import copy
import threading
import time
from collections.abc import Callable
from typing import Final

from labsupport.exercises.peers import Unmet
from labsupport.tape.events import Call, Endpoint, Event, Note, Program, Sync, clock, tick
from labsupport.tape.excerpt import Excerpt
from labsupport.tape.frames import doing
from labsupport.tape.programs import current
from labsupport.tape.record import TAPE
from labsupport.tape.settling import settle
from labsupport.tape.streams import RECEIVING
from labsupport.tape.watched import endpoint_of

from .case import Case, Outcome
from .run import Run, finish, surely
from .stage import Stage

__all__ = ["LIMIT", "play"]

#: Seconds without a step of the script after which a case is over, and seconds after which it is over in any case.
LIMIT: Final = 2.0
_LONGEST: Final = 4.0
#: So many times may a socket say b'' before the case is ended; so many calls may it make.
_ENDS: Final = 100
_CALLS: Final = 5_000
_LOOK: Final = 0.005


class _Scene:
    """What `play` needs while a case runs."""

    def __init__(self, case: Case, name: str, answer: Callable[..., object]) -> None:
        self.case = case
        self.begin = tick()
        self.main = current()
        self.given: tuple[object, ...] = ()
        self.learner = Run(name, lambda: answer(*self.given))
        self.stage = Stage(self.learner.owner, self.begin, serves=case.serves)
        self.stage._learner_left = lambda: self.learner.gone  # noqa: SLF001  two halves of one thing
        self.script = Run("the other side", lambda: case.play(self.stage))
        self.flood = False
        self._seen = self.begin
        self._calls = 0
        self._written = 0
        self._ends: dict[Endpoint, int] = {}
        self._kept: list[Event] = []

    # --- while it runs -----------------------------------------------------------------------

    def run(self, limit: float) -> None:
        """Until it is over, one way or another."""
        nap = threading.Event()  # for the eye of `settle`, a thread in an Event's wait() has nothing to do
        begun = moved = clock()
        steps = 0
        self.given = self.case.given(self.stage)
        self.learner.start()
        self.script.start()
        while clock() < min(moved + limit, begun + _LONGEST) and not self._over():
            nap.wait(_LOOK)
            if steps != (steps := self._steps()):
                moved = clock()
        if self.flood:
            self._let_others_come_to_rest()
        else:
            settle(self.begin)

    def _steps(self) -> int:
        """How far the script has come."""
        return self.stage.steps + sum(peer.steps for peer in self.stage.peers) + self.script.ended

    def _over(self) -> bool:
        if type(self.learner.error) is NotImplementedError:
            return True
        if self.learner.gone:
            self._close_what_is_left()
            if self._waits_for_nobody():
                return True
        if self.script.ended and (self.learner.ended or self.case.serves or self.script.error is not None):
            return True
        return self._goes_in_circles()

    def _close_what_is_left(self) -> None:
        """The program has ended, so its sockets go, as they do when a process ends."""
        for sock in self.learner.owner.sockets():
            endpoint = endpoint_of(sock)
            if endpoint.owner is self.learner.owner:
                with contextlib.suppress(OSError):  # its descriptor was closed behind its back
                    sock._real_close()  # noqa: SLF001  not close(): the learner's program did not call it
                TAPE.append(Note(endpoint, "collected"))
        self.stage.cleared.set()

    def _waits_for_nobody(self) -> bool:
        """The script waits for a connection that nobody will make any more."""
        if self.stage.peers or self.case.serves or self.stage.expected != "a connection":
            return False
        return not any(isinstance(event, Call) and event.op.startswith("connect") for event in self.events())

    def _goes_in_circles(self) -> bool:
        """Counts what is new on the tape since the last look, if that is much."""
        written = len(TAPE) + TAPE.dropped
        if written - self._written < _ENDS:
            return False
        self._written = written
        for event in TAPE.events(self._seen):
            self._seen = event.order
            if self._is_learners(event):
                self._calls += 1
                if _is_end(event):
                    assert isinstance(event, Call)
                    self._ends[event.endpoint] = self._ends.get(event.endpoint, 0) + 1
        self.flood = self._calls > _CALLS or any(count >= _ENDS for count in self._ends.values())
        if self.flood:
            self._kept = self.events()
        return self.flood

    def _let_others_come_to_rest(self) -> None:
        """The learner's code runs on; the script's next step is to wait, and that belongs in the picture."""
        deadline = clock() + 0.3
        while clock() < deadline and not self.script.ended:
            mine = [event for event in self.events() if self._is_scripts(event)]
            if mine and isinstance(mine[-1], Call) and mine[-1].open and mine[-1].op in (*RECEIVING, "accept"):
                break
            time.sleep(_LOOK)

    # --- what is on the tape -----------------------------------------------------------------

    def events(self) -> list[Event]:
        """The events of this case, in order."""
        every = {*self._kept, *self.stage.saw, *TAPE.events(self.begin)}
        calls = [event for event in every if isinstance(event, Call) and self._belongs(event)]
        ends = {call.endpoint for call in calls}
        others = [
            event
            for event in every
            if (isinstance(event, Sync) and self._orders(event)) or (isinstance(event, Note) and event.endpoint in ends)
        ]
        return sorted([*calls, *others], key=lambda event: event.order)

    def _belongs(self, call: Call) -> bool:
        if call.program is self.main:
            listener = self.stage.listener
            return listener is not None and call.endpoint is endpoint_of(listener)
        return self._is_learners(call) or self._is_scripts(call)

    def _orders(self, sync: Sync) -> bool:
        """Whether it says what came before what: the learner's own, and the beginning of both sides."""
        if sync.kind == "saw":
            return True
        if sync.program is self.main:
            return isinstance(sync.key, Program) and sync.key.owner in (self.learner.owner, self.script.owner)
        return sync.program.owner is self.learner.owner

    def _is_learners(self, event: Event) -> bool:
        return isinstance(event, Call) and event.program.owner is self.learner.owner

    def _is_scripts(self, event: Event) -> bool:
        return isinstance(event, Call) and event.program.owner is self.script.owner

    def still(self) -> list[Event]:
        """The events as they stand now: a call that waits stays open, whatever becomes of it later."""
        events = _without_circles(self.events(), self._is_learners)
        frozen: dict[object, Event] = {e: copy.copy(e) for e in events if not isinstance(e, Note) and e.open}
        still = [frozen.get(event, event) for event in events]
        return [_sees(event, frozen) if isinstance(event, Sync) and event.kind == "saw" else event for event in still]

    # --- and what came of it -----------------------------------------------------------------

    def outcome(self) -> Outcome:
        """The facts, before anything is ended."""
        learner = self.learner
        tape = Excerpt(self.still())
        waiting = [event for event in tape.calls() if self._is_learners(event) and event.open]
        stuck = not learner.ended and not waiting and (self.script.error is not None or not self.script.ended)
        stuck = stuck or not (learner.ended or waiting or self.case.serves)
        return Outcome(
            case=self.case,
            tape=tape,
            owner=learner.owner,
            returns=self.stage.returns,
            raises=self.stage.raises,
            result=learner.result,
            error=learner.error,
            at=learner.at,
            ended=learner.ended,
            gone=learner.gone,
            waiting=waiting[0] if waiting else None,
            doing=doing(learner.owner) if stuck else "",
            computes=learner.computes() if stuck else None,
            flood=self.flood,
            unmet=self._unmet(),
            printed=learner.owner.output,
        )

    def _unmet(self) -> Unmet | None:
        error = self.script.error
        if isinstance(error, Unmet):
            return error
        if error is not None:
            raise error  # a bug in the script
        if self.script.ended:
            return None
        for peer in self.stage.peers:
            if peer.awaits:
                return Unmet(peer.name, peer.awaits, "nothing")
        if self.stage.expected:
            return Unmet("the server", self.stage.expected, "none")
        return Unmet("the other side", "its turn", "no time: all this took too long")

    def clear(self) -> int:
        """End all that still runs, close all sockets; how many threads could not be ended."""
        self.stage.cleared.set()  # the script may be waiting for it
        finish([self.learner, self.script])
        if self.stage.listener is not None:
            with contextlib.suppress(OSError):
                self.stage.listener.close()
        return len(self.learner.owner.threads())


def play(case: Case, name: str, answer: Callable[..., object], limit: float = LIMIT) -> Outcome:
    """Play `case` with `answer` as the learner's function; takes at most about a second more than `limit`."""
    scene = _Scene(case, name, answer)
    try:
        scene.run(limit)
        outcome = scene.outcome()
    finally:
        left = surely(scene.clear)
    # The number is known only now.
    return Outcome(**{**outcome.__dict__, "left": left})


def _is_end(event: Event) -> bool:
    return (
        isinstance(event, Call) and event.op in RECEIVING and event.length == 0 and not event.open and not event.error
    )


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

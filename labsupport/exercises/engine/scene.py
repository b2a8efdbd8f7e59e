"""One case, played: the learner's function in one thread, the other side in another, and an eye on both.

The scene ends when both are done, when the learner's code goes in circles, or when its time is over.  Then the tape is
cut *before* anything is woken or closed, so that a verdict shows what the learner's code did, and not our cleaning up.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any, Final

from labsupport.exercises.peers import Unmet
from labsupport.tape.ending import close
from labsupport.tape.events import Call, clock, tick
from labsupport.tape.excerpt import Excerpt
from labsupport.tape.frames import doing
from labsupport.tape.settling import settle
from labsupport.tape.streams import RECEIVING

from .case import Case, Outcome
from .collector import held
from .history import History
from .run import Run, finish, surely
from .stage import Stage

__all__ = ["LIMIT", "play"]

#: Seconds without a step of the script after which a case is over.
LIMIT: Final = 2.0
_LOOK: Final = 0.005


class _Scene:
    """What `play` needs while a case runs."""

    def __init__(self, case: Case, name: str, answer: Any) -> None:
        self.case = case
        self.begin = tick()
        self.given: tuple[object, ...] = ()
        self.learner = Run(name, lambda: case.use(answer, *self.given))
        self.stage = Stage(self.learner.owner, self.begin, serves=case.serves)
        self.stage._learner_left = lambda: self.learner.gone  # noqa: SLF001  two halves of one thing
        self.stage._answer = answer  # noqa: SLF001
        self.script = Run("the other side", lambda: case.play(self.stage))
        self.stage.other = self.script.owner
        self.history = History(self.stage, self.begin, self.learner.owner, self.script.owner)
        self.flood = False

    # --- while it runs -----------------------------------------------------------------------

    def run(self, limit: float) -> None:
        """Until it is over, one way or another."""
        nap = threading.Event()  # for the eye of `settle`, a thread in an Event's wait() has nothing to do
        begun = moved = clock()
        steps = 0
        self.given = self.case.given(self.stage)
        self.learner.start()
        self.script.start()
        while clock() < min(moved + limit, begun + self.case.longest) and not self._over():
            nap.wait(_LOOK)
            if steps != (steps := self._steps()):
                moved = clock()
        if self.flood:
            self._let_others_come_to_rest()
        else:
            self._come_to_rest()

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
        self.flood = self.history.goes_in_circles()
        return self.flood

    def _close_what_is_left(self) -> None:
        """The program has ended, so its sockets go, as they do when a process ends."""
        close(self.learner.owner)
        self.stage.cleared.set()

    def _come_to_rest(self) -> None:
        """Nobody has anything left to do.  Which side came to its end first must not show."""
        settle(self.begin)
        if self.learner.ended:
            self.learner.let_end()
        if self.learner.gone:
            self._close_what_is_left()

    def _waits_for_nobody(self) -> bool:
        """The script waits for a connection that nobody will make any more."""
        if self.stage.peers or self.case.serves or self.stage.expected != "a connection":
            return False
        events = self.history.events()
        return not any(isinstance(event, Call) and event.op.startswith("connect") for event in events)

    def _let_others_come_to_rest(self) -> None:
        """The learner's code runs on; the script's next step is to wait, and that belongs in the picture."""
        deadline = clock() + 0.3
        while clock() < deadline and not self.script.ended:
            mine = [event for event in self.history.events() if self.history.is_scripts(event)]
            if mine and isinstance(mine[-1], Call) and mine[-1].open and mine[-1].op in (*RECEIVING, "accept"):
                break
            time.sleep(_LOOK)

    # --- and what came of it -----------------------------------------------------------------

    def outcome(self) -> Outcome:
        """The facts, before anything is ended."""
        learner = self.learner
        tape = Excerpt(self.history.still())
        waiting = [event for event in tape.calls() if self.history.is_learners(event) and event.open]
        waiting.sort(key=lambda call: call.program.number)  # the function's own first: which began first is a race
        stuck = not learner.ended and not waiting and (self.script.error is not None or not self.script.ended)
        stuck = stuck or not (learner.ended or waiting or self.case.serves)
        return Outcome(
            case=self.stage.now(self.case),
            tape=tape,
            owner=learner.owner,
            returns=self.stage.returns,
            raises=self.stage.raises,
            result=learner.result,
            error=None if isinstance(learner.error, Unmet) else learner.error,
            at=learner.at,
            ended=learner.ended,
            gone=learner.gone,
            waiting=waiting[0] if waiting else None,
            doing=doing(learner.owner) if stuck else "",
            computes=learner.computes() if stuck else None,
            flood=self.flood,
            unmet=self._unmet(),
            printed=learner.owner.output,
            noted=dict(self.stage.noted),
        )

    def _unmet(self) -> Unmet | None:
        error = self.learner.error if isinstance(self.learner.error, Unmet) else self.script.error
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
        self.stage.afterwards.close()
        if self.stage.listener is not None:
            with contextlib.suppress(OSError):
                self.stage.listener.close()
        return len(self.learner.owner.threads())


def play(case: Case, name: str, answer: Any, limit: float = LIMIT) -> Outcome:
    """Play `case` with `answer` as the learner's function; takes at most about a second more than `limit`."""
    with held():
        scene = _Scene(case, name, answer)
        try:
            scene.run(limit)
            outcome = scene.outcome()
        finally:
            left = surely(scene.clear)
    # The number is known only now.
    return Outcome(**{**outcome.__dict__, "left": left})

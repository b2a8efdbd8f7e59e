"""One attack on one server: quiet, attack, and what is left later; and all of them, one after the other."""

from __future__ import annotations

import contextlib
import math
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from labsupport.exercises.engine import Verdict

from .attack import Attack
from .client import PATIENCE
from .felt import Felt, Visit
from .good import spoken
from .held import Held, give_back
from .helpers import Helper
from .judging import Did, Facts, judged
from .moves import Wave, packed
from .progress import Phase, Progress
from .report import Result
from .speech import Speech
from .subject import Subject, subject
from .target import Target

__all__ = ["Cancelled", "Siege"]

#: The good client's visits before the attack.
_VISITS: Final = 30
#: Seconds between two looks at what the server holds; those for the visits in quiet, and for the first answer.
_LOOK: Final = 0.05
_QUIET: Final = 10.0
_HOPE: Final = 2.0
#: Seconds that the good client waits in vain before it is noted what the server does instead.
_LONG: Final = 0.25
#: What the good client and the attackers get to come to rest: their calls wait no longer than a second.
_PATIENCE: Final = 5.0


class Cancelled(Exception):  # noqa: N818  no error: somebody wanted it so
    """It was cancelled."""


@dataclass
class Siege:
    """What all attacks of a run share: the two processes, and what the run was asked for."""

    server: Any
    speech: Speech
    good: Helper
    crew: Helper
    later: float = 5.0
    announce: Callable[[str], object] = print
    on_progress: Callable[[Progress], object] | None = None
    cancel: threading.Event = field(default_factory=threading.Event)

    def tried(self, attack: Attack) -> Result:
        """What came of one attack."""
        if why := attack.skipped(self.speech):
            return Result(attack.name, Verdict("not attempted", why))
        with ExitStack() as stack:
            stack.callback(give_back)  # what this server held is not the next one's
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="loopback-"))
            server = stack.enter_context(subject(self.server))
            scene = _Scene(self, attack, server, Target(self.speech, server.address, Path(folder)))
            stack.callback(scene.end)
            facts = scene.played()
        if facts is None:
            return Result(attack.name, Verdict("failed", _NOT_SERVED.format(self.speech.question[:40])))
        return Result(attack.name, judged(facts), facts)


_NOT_SERVED: Final = (
    "Before any attack the good client, asking {0!r}, did not get the answer that the speech gives. "
    "Does your server speak so?"
)


class _Scene:
    """One attack, while it is played."""

    def __init__(self, siege: Siege, attack: Attack, server: Subject, target: Target) -> None:
        self._siege, self._attack, self._server, self._target = siege, attack, server, target
        self._phase: Phase = "quiet"
        self._began = self._told = time.monotonic()
        self._visits: list[Visit] = []
        self._quiet = Felt()
        self._span = (0.0, 0.0)
        self._worst = Held()
        self._now = Held()
        self._did = Did()
        self._doing = ""
        self._out: list[tuple[Helper, str, str]] = []  # who is to be sent home, how, and what its last word is

    def played(self) -> Facts | None:
        """All three phases; None where the server did not answer before the attack."""
        before = self._in_quiet()
        if before is None:
            return None
        try:
            waves = self._attack.bounded(self._target)
        except OSError:  # the server let nobody in whose login could be recorded
            return None
        self._under_attack(waves)
        back = self._afterwards(before)
        worst, after = self._worst, self._now
        recovered = self._answers_again()
        self.end()
        printed = self._server.printed()
        return Facts(
            self._attack,
            replace(self._did, seconds=self._span[1] - self._span[0]),
            self._quiet,
            self._felt(),
            before,
            worst,
            after,
            back,
            self._siege.later,
            recovered,
            self._doing,
            self._server.ended(),
            self._attack.got(self._did.found, self._target, printed),
        )

    # --- the phases --------------------------------------------------------------------------

    def _in_quiet(self) -> Held | None:
        """The good client alone; what the server held at the most."""
        self._begin("quiet")
        speech = self._siege.speech
        self._siege.good.taken()
        self._siege.good.tell("visit", self._target.address, spoken(speech, speech.credentials), speech.pace)
        self._out.append((self._siege.good, "rest", "resting"))
        while len(self._visits) < _VISITS and self._since() < self._patience():
            self._look()
        self._quiet = Felt(tuple(self._visits))
        return self._worst if math.isfinite(self._quiet.p90) else None  # one in ten may be the machine's

    def _patience(self) -> float:
        """Seconds for the visits in quiet: few, where two have come to nothing and no other has been answered."""
        return _HOPE if len(self._visits) > 1 and not Felt(tuple(self._visits)).answered else _QUIET

    def _under_attack(self, waves: tuple[Wave, ...]) -> None:
        self._siege.announce(self._attack.announced(waves, self._target.address[0]))
        words = spoken(self._siege.speech, self._siege.speech.insider)
        self._siege.crew.taken()
        self._begin("attack")
        self._siege.crew.tell("attack", self._target.address, packed(waves), words)
        self._out.insert(0, (self._siege.crew, "go", "gone"))
        while not (self._did.connections or self._did.refused) and self._since() < _PATIENCE:
            self._look()
        self._begin("attack")  # now it has: on a busy machine the attackers come late
        while self._since() < self._attack.seconds or self._nobody_came():
            self._look()
            self._see_what_it_does()
        self._span = (self._began, time.monotonic())

    def _nobody_came(self) -> bool:
        """No visit has begun under attack, as on a busy machine: a short attack goes on for a moment more."""
        return self._since() < self._attack.seconds + 2 * PATIENCE and not self._felt().visits

    def _afterwards(self, before: Held) -> float | None:
        """Until no more is held than before: seconds, or None.  Who hangs on hangs on."""
        self._begin("later")
        self._let_the_last_visit_end()
        give_back()
        while True:
            self._look()
            if self._now.within(before):
                return self._since()
            if self._since() >= self._siege.later:
                return None

    def _let_the_last_visit_end(self) -> None:
        """The one that began under attack is not to feel how we clean up: that holds the interpreter."""
        while self._since() < 2 * PATIENCE and not any(visit.began >= self._span[1] for visit in self._visits):
            self._look()

    def _answers_again(self) -> bool:
        """Whether the next visit that begins now is answered."""
        now, deadline = time.monotonic(), time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if later := [visit for visit in self._visits if visit.began >= now]:
                return later[-1].outcome == "answered"
            self._look()
        return False

    def end(self) -> None:
        """Send the attackers and the good client home; twice does no harm."""
        for helper, order, last in self._out:
            with contextlib.suppress(RuntimeError):  # it has died, and whoever waited for it has been told
                helper.tell(order)
                self._hear_from(helper, last)
        self._out = []

    # --- looking -----------------------------------------------------------------------------

    def _begin(self, phase: Phase) -> None:
        self._phase, self._began = phase, time.monotonic()

    def _since(self) -> float:
        return time.monotonic() - self._began

    def _look(self) -> None:
        """Wait a moment; then see what everybody has come to."""
        if self._siege.cancel.wait(_LOOK):
            raise Cancelled
        self._hear()
        self._now = self._server.meter()
        self._worst = self._worst.most(self._now)
        if self._siege.on_progress is not None and time.monotonic() >= self._told + 2 * _LOOK:
            self._told = time.monotonic()
            self._siege.on_progress(self._progress())

    def _progress(self) -> Progress:
        quiet = self._quiet if self._phase != "quiet" else Felt(tuple(self._visits))
        return Progress(
            self._attack, self._phase, self._since(), quiet, self._felt(), self._now, self._worst, self._did
        )

    def _hear(self) -> None:
        self._visits += [Visit(*said) for said in self._siege.good.taken() if len(said) == 3]
        for what, *told in self._siege.crew.taken():
            if what in ("did", "gone"):
                self._did = Did(**told[0])
        self._siege.good.check()
        self._siege.crew.check()

    def _hear_from(self, helper: Helper, last: str) -> None:
        """Until it has said its last word."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for said in helper.taken():
                if said[0] == last:
                    if last == "gone":
                        self._did = Did(**said[1])
                    return
            helper.check()
            time.sleep(_LOOK / 5)

    def _felt(self) -> Felt:
        """The visits that began under attack."""
        if self._phase == "quiet":
            return Felt()
        begun = self._span[0] or self._began
        ended = self._span[1] or time.monotonic()
        return Felt(tuple(visit for visit in self._visits if begun <= visit.began < ended))

    def _see_what_it_does(self) -> None:
        """The good client has waited for long: then what does the server do instead?"""
        last = max((visit.began + visit.seconds for visit in self._visits), default=self._began)
        lost = any(visit.outcome != "answered" for visit in self._visits)
        if not self._doing and (lost or time.monotonic() - max(last, self._began) > _LONG):
            self._doing = self._server.doing()

"""A login that somebody has recorded, sent again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .attack import Attack
from .moves import Attacker, Say, Wave
from .speech import Speech
from .target import Target

__all__ = ["ReplayedLogin"]


@dataclass(frozen=True)
class ReplayedLogin(Attack):
    """A good login is recorded, and its bytes are sent again, so many `times`, each on a new connection."""

    times: int = 5

    does: ClassVar[str] = "somebody sent a recorded login again"
    cure: ClassVar[str] = "Let the server choose a fresh random challenge for each login, and check the answer to that."
    grows: ClassVar[tuple[str, ...]] = ("times",)

    def skipped(self, speech: Speech) -> str:
        """It needs a good login."""
        return "" if speech.login else "There is no login to record: give the speech `login`."

    def waves(self, target: Target) -> Iterator[Wave]:
        """One after the other."""
        say = Say(target.recorded_login())
        attacker = Attacker((say,), ends="closes", hopes=target.speech.answer)
        yield Wave(attacker, self.times, self.seconds / self.times / 2)

    def got(self, found: int, target: Target, printed: str) -> str:  # noqa: ARG002  the shape of the others
        """Whether it opened the door."""
        return "A recorded login was sent again, by a stranger, and let them in." if found else ""

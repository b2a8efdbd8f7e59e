"""What the good client felt: how long each visit took, and which came to nothing."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from .client import ANSWERED
from .told import duration

__all__ = ["Felt", "Visit", "bearable"]


@dataclass(frozen=True)
class Visit:
    """One visit: when it `began` (`time.monotonic`), the `seconds` from connect() to its end, and its `outcome`."""

    began: float
    seconds: float
    outcome: str

    @property
    def wait(self) -> float:
        """Seconds until the answer; infinite where none came."""
        return self.seconds if self.outcome == ANSWERED else math.inf


@dataclass(frozen=True)
class Felt:
    """The visits of some time, in order.  Latencies are in seconds; one that was not answered took for ever."""

    visits: tuple[Visit, ...] = ()

    @property
    def answered(self) -> int:
        """How many got their answer."""
        return self._count(ANSWERED)

    @property
    def refused(self) -> int:
        """How many found nobody, or were hung up on without an answer."""
        return self._count("refused")

    @property
    def reset(self) -> int:
        """How many had their connection reset, or their handshake refused."""
        return self._count("reset")

    @property
    def unanswered(self) -> int:
        """How many gave up after a second."""
        return self._count("unanswered")

    def _count(self, outcome: str) -> int:
        return sum(visit.outcome == outcome for visit in self.visits)

    @property
    def median(self) -> float:
        """Half of the visits took no longer."""
        return self.percentile(50)

    @property
    def p90(self) -> float:
        """Nine of ten took no longer."""
        return self.percentile(90)

    @property
    def p99(self) -> float:
        """99 of a hundred took no longer; of fewer than a hundred this is the longest."""
        return self.percentile(99)

    def percentile(self, which: float) -> float:
        """The smallest latency that `which` per cent of the visits do not exceed; nan where there are none."""
        ranked = sorted(visit.wait for visit in self.visits)
        return ranked[math.ceil(which / 100 * len(ranked)) - 1] if ranked else math.nan

    @property
    def silence(self) -> float:
        """The longest time in which no visit was answered, in seconds."""
        longest, since = 0.0, None
        for visit in self.visits:
            since = visit.began if since is None else since
            longest = max(longest, visit.began + visit.seconds - since)
            if visit.outcome == ANSWERED:
                since = None
        return longest

    def text(self) -> str:
        """In a line: "58 of 60 answered, median ≈ 0.4 ms, p99 ≈ 2 ms; 2 unanswered"."""
        if not self.visits:
            return "no visits"
        answered = [visit.seconds for visit in self.visits if visit.outcome == ANSWERED]
        figures = f", median {duration(statistics.median(answered))}, p90 {duration(self.p90)}" if answered else ""
        counts = {"refused": self.refused, "reset": self.reset, "unanswered": self.unanswered}
        rest = ", ".join(f"≈ {count} {name}" for name, count in counts.items() if count)
        return f"≈ {self.answered} of ≈ {len(self.visits)} answered{figures}{'; ' if rest else ''}{rest}"


def bearable(quiet: Felt) -> float:
    """Seconds within which nine of ten visits must be answered under attack: twice what it is in quiet, and 10 ms.

    Nine of ten, and not half: a server that leaves every third visitor without an answer has a fine median.  Not 99 of
    a hundred: among some dozens of visits that is the longest, and on any machine something else happens once.
    """
    return 2 * quiet.p90 + 0.01

"""Two connections alike but for one thing: which is slower, by how much, and whether that can be told at all.

    >>> measure.compare({"default": talk, "TCP_NODELAY": talk_at_once})
    default is ≈ 430 times as slow as TCP_NODELAY (95 % interval: ≈ 400 to ≈ 480 times, from 15 rounds).

Trials are interleaved: each round does one trial of every way, in an order drawn anew, so that whatever else the
machine does falls on all ways alike.  A round gives the ratio of its two times, and of all those ratios the middle one
is told, with a 95 % confidence interval for the median.  The interval is made of two of the ratios themselves, by the
binomial distribution, and assumes nothing of how times are spread (J.-Y. Le Boudec, Performance Evaluation of Computer
and Communication Systems, 2010, §2.2, confidence interval for the median).  From it comes the verdict:

- nothing in it is beyond `SAME` either way: alike, whatever another run may find in so little;
- else, it leaves out 1: one way is slower, by so much;
- else: too noisy to tell;
- with fewer than `FEWEST` rounds there is no such interval, and nothing is told.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from threading import Event
from typing import Any, Final

from labsupport.kernel.tables import Shown, as_html

__all__ = ["FEWEST", "SAME", "Comparison", "Finding", "Way", "compare", "interval"]

#: One trial: it returns the seconds that count, or None to be timed from its call to its return.
Way = Callable[[], float | None]

#: How far a ratio may be from 1, either way, and still count as alike.
SAME: Final = 1.25

#: Fewer values give no 95 % interval of their median: the least and the most of five enclose it in 93.75 %.
FEWEST: Final = 6

_SURE: Final = 0.95
_TICK: Final = 1e-9  # no clock of ours sees less, and a ratio needs something to divide by
_HEAD: Final = ("", "median", "middle half", "trials")


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Two of the values, between which the true median lies with at least 95 % confidence; None with too few.

    Of n values the median lies outside the k-th least and the k-th most with probability 2·P(B < k), B being
    binomial (n, 1/2); k is the largest that keeps this within 5 %.
    """
    ordered, count = sorted(values), len(values)
    outside, k = 0.0, 0
    while (outside := outside + 2 * math.comb(count, k) / 2**count) <= 1 - _SURE:
        k += 1
    return (ordered[k - 1], ordered[count - k]) if k else None


@dataclass(frozen=True)
class Finding:
    """What a comparison says of two ways.

    - `kind`: "slower", "same", "too noisy" or "too few".
    - `slower`, `faster`: their names; where `kind` is not "slower", which is which means nothing.
    - `ratio`, `low`, `high`: how many times as slow, in the middle, and its 95 % interval; nan with too few rounds.
    - `rounds`: how many were counted.
    """

    kind: str
    slower: str
    faster: str
    ratio: float
    low: float
    high: float
    rounds: int

    def __str__(self) -> str:
        both = f"{self.slower} and {self.faster}"
        if self.kind == "too few":
            return f"{both}: too few rounds to tell, {self.rounds} of at least {FEWEST}."
        span = f"95 % interval: ≈ {_short(self.low)} to ≈ {_short(self.high)} times, from {self.rounds} rounds"
        if self.kind == "slower":
            return f"{self.slower} is ≈ {_short(self.ratio)} times as slow as {self.faster} ({span})."
        if self.kind == "same":
            return f"{both}: alike, or less than {SAME} times apart ({span})."
        return f"{both}: too noisy to tell ({span}). Try again when the machine has less to do, or with more trials."


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """What was measured.  Shown as its figures and its findings; `plots.distribution(comparison.times)` draws it.

    - `times`: for each way the seconds of its trials, in the order of the rounds.
    - `ended`: "" when all trials were made, else "cancelled" or "out of time".
    """

    times: Mapping[str, Sequence[float]]
    ended: str = ""

    def median(self, name: str) -> float:
        """The median time of one way, in seconds."""
        return statistics.median(self.times[name])

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The first way beside each other one."""
        first, *others = self.times
        return tuple(_find(first, other, self.times[first], self.times[other]) for other in others)

    @property
    def verdict(self) -> str:
        """The findings as sentences."""
        return " ".join(map(str, self.findings))

    def text(self) -> str:
        """The figures of each way, and below them the findings."""
        # No columns: their width would be that of the figures, which no two runs share.
        figures = (
            f"{name}: median {median}, middle half {half}, {count} trials" for name, median, half, count in self._rows()
        )
        return "\n".join([*figures, *map(str, self.findings), *self._end()])

    def html(self) -> str:
        """The same as a table and sentences."""
        said = "".join(f"<p>{escape(line)}</p>" for line in (*map(str, self.findings), *self._end()))
        return as_html("How long a trial took", _HEAD, self._rows()) + said

    def __repr__(self) -> str:
        return self.text()

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [(name, *_figures(times), str(len(times))) for name, times in self.times.items()]

    def _end(self) -> list[str]:
        return [f"Stopped early ({self.ended}): these are the trials until then."] if self.ended else []


def compare(
    ways: Mapping[str, Way],
    *,
    trials: int = 15,
    warmup: int = 1,
    seconds: float = 4.0,
    seed: int = 0,
    on_trial: Callable[[int, int], object] | None = None,
    cancel: Event | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Comparison:
    """Do `trials` rounds of one trial of each of the `ways`, after `warmup` rounds that do not count.

    - A way is called without arguments and returns the seconds that count, or None to be timed by `clock`.
    - It begins no round that would, by the longest round so far, end more than `seconds` after the start.
    - `on_trial(done, of)` is called after each trial, those of the warm-up included.
    - When `cancel` is set it returns after the trial that is running, with what was measured.
    - `seed` gives the order of the ways in each round.

    What a way raises comes out, with a note that says which trial it was.
    """
    _check(ways, trials, warmup, seconds)
    run = _Run(dict(ways), warmup, trials, seconds, clock, on_trial or _nobody, cancel or Event())
    ended = run.all_rounds(random.Random(seed))  # noqa: S311  nothing is secret about an order
    return Comparison({name: tuple(times[warmup:]) for name, times in run.times.items()}, ended)


@dataclass
class _Run:
    """One comparison while it runs."""

    ways: dict[str, Way]
    warmup: int
    trials: int
    seconds: float
    clock: Callable[[], float]
    on_trial: Callable[[int, int], object]
    cancel: Event
    times: dict[str, list[float]] = field(init=False)

    def __post_init__(self) -> None:
        self.times = {name: [] for name in self.ways}

    def all_rounds(self, order: random.Random) -> str:
        """Every round, as far as time and `cancel` allow; how it ended."""
        begun = last = self.clock()
        longest = 0.0
        for _ in range(self.warmup + self.trials):
            if last - begun + longest > self.seconds:
                return "out of time"
            if not self._round(order.sample(list(self.ways), len(self.ways))):
                return "cancelled"
            now = self.clock()
            longest, last = max(longest, now - last), now
        return ""

    def _round(self, names: list[str]) -> bool:
        """One trial of each way; False when it was cancelled."""
        for name in names:
            if self.cancel.is_set():
                return False
            self.times[name].append(self._trial(name))
            self.on_trial(sum(map(len, self.times.values())), (self.warmup + self.trials) * len(self.ways))
        return True

    def _trial(self, name: str) -> float:
        begun = self.clock()
        try:
            told: Any = self.ways[name]()
        except Exception as error:
            error.add_note(f"This was trial {len(self.times[name]) + 1} of {name!r}, the warm-up included.")
            raise
        took = self.clock() - begun if told is None else told
        if isinstance(took, bool) or not isinstance(took, int | float) or not 0 <= took < math.inf:
            raise ValueError(f"A trial returns the seconds that it took, or None to be timed; {name!r} gave {told!r}.")
        return max(float(took), _TICK)


def _nobody(_done: int, _of: int) -> None:
    """Nobody asked for progress."""


def _check(ways: Any, trials: int, warmup: int, seconds: float) -> None:
    if not isinstance(ways, Mapping) or len(ways) < 2 or not all(map(callable, ways.values())):
        raise TypeError(
            f"compare() takes at least two functions by their names, such as {{'a': one, 'b': other}}, not {ways!r}."
        )
    if trials < 1 or warmup < 0:
        raise ValueError(
            f"trials={trials!r}, warmup={warmup!r}: give at least one trial, and no fewer warm-ups than 0."
        )
    if not seconds > 0:
        raise ValueError(f"seconds={seconds!r} leaves no time for a trial: give more than 0.")


def _find(one: str, other: str, times: Sequence[float], others: Sequence[float]) -> Finding:
    """What the rounds say that both ways finished."""
    ratios = [mine / theirs for mine, theirs in zip(times, others, strict=False)]
    ends = interval(ratios)
    if ends is None:
        return Finding("too few", one, other, math.nan, math.nan, math.nan, len(ratios))
    low, middle, high = ends[0], statistics.median(ratios), ends[1]
    if middle < 1:  # told the other way round, so that a ratio is always how much slower
        one, other, low, middle, high = other, one, 1 / high, 1 / middle, 1 / low
    kind = "same" if low >= 1 / SAME and high <= SAME else "slower" if low > 1 else "too noisy"
    return Finding(kind, one, other, middle, low, high, len(ratios))


def _figures(times: Sequence[float]) -> tuple[str, str]:
    """The median and the middle half of some times; what there is of them."""
    if not times:
        return "-", "-"
    ordered = sorted(times)
    low, high = (ordered[math.ceil(part * len(ordered)) - 1] for part in (0.25, 0.75))
    return _ms(statistics.median(ordered)), f"{_ms(low)} to {_ms(high)}"


def _ms(seconds: float) -> str:
    return f"≈ {_short(seconds * 1000)} ms"


def _short(value: float) -> str:
    """Three digits, and never in powers of ten."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.001 else f"{value:.6f}"

"""Many clients of a service, in a process of their own: so that they cost the service nothing but what clients cost.

    from labsupport.services import crowd

    print(limit := crowd.limit(10_000))                     # how many this machine can hold
    with services.ALL["selectors"].program() as program, crowd.holding(program.address, limit.clients) as visit:
        print(visit.answered, program.memory)               # all are connected here

The clients speak the service's protocol, and compare each answer with what it is to be.
"""

from __future__ import annotations

import contextlib
import json
import math
import statistics
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

from .callers import Plan
from .child import end, start
from .limits import Limit, limit, raise_files

__all__ = ["Limit", "Visit", "holding", "limit", "raise_files", "visit"]

#: Seconds that the process of the clients gets to end.
_PATIENCE: Final = 5.0


@dataclass
class Visit:
    """What the clients have seen.

    - `clients`: how many there were to be, the silent ones not counted.
    - `connected`: connections that were made, those of the silent ones too; `answered`: clients that got every answer.
    - `arriving`, `asking`: seconds until all were there, and from then on; where they come and go, the first is 0.
    - `latencies`: seconds from each question to its answer, in the order of the answers.
    - `failures`: what went wrong, and for how many clients: ``{"ConnectionResetError": 3}``.
    - `ended`: "" when all was done, else "cancelled" or "out of time".
    - `files`: how many files and sockets the clients' process may have open.
    """

    clients: int
    connected: int = 0
    answered: int = 0
    arriving: float = 0.0
    asking: float = 0.0
    latencies: Sequence[float] = ()
    failures: dict[str, int] = field(default_factory=dict)
    ended: str = ""
    files: int = 0

    @property
    def seconds(self) -> float:
        """Seconds in all."""
        return self.arriving + self.asking

    @property
    def median(self) -> float:
        """The median of the latencies, in seconds; nan where there are none."""
        return statistics.median(self.latencies) if self.latencies else math.nan

    def percentile(self, which: float) -> float:
        """The smallest latency that `which` per cent of all do not exceed, in seconds; nan where there are none.

        Raises:
            ValueError: `which` is not above 0 and at most 100.
        """
        if not 0 < which <= 100:
            raise ValueError(f"a percentile is above 0 and at most 100, not {which!r}")
        ranked = sorted(self.latencies)
        return ranked[math.ceil(which / 100 * len(ranked)) - 1] if ranked else math.nan


def visit(
    address: tuple[str, int],
    clients: int,
    *,
    silent: int = 0,
    rounds: int = 1,
    hold: bool = True,
    seconds: float = 30.0,
    on_progress: Callable[[Visit], object] | None = None,
    cancel: Event | None = None,
) -> Visit:
    """Send `clients` to the service at `address`, and wait until each has been answered; what they saw.

    - `hold`: all connect, each with one question on its way in, and stay; when all are there, each asks `rounds` times,
      and these are the latencies.  Without it each connects, asks `rounds` times and goes; then its first latency
      counts from connect(), so that it has in it how long the client waited to be let in.
    - `silent`: so many more connect before all others, and say nothing.
    - `seconds`: after so long it is over, and what there is counts.
    - `on_progress(visit)` is called some ten times a second, in this thread, with the same growing `Visit`.
    - `cancel`: when it is set, it is over.

    Raises:
        ValueError: a number that makes no sense.
        RuntimeError: the process of the clients has died; with what it said.
    """
    with _visiting(Plan(address, clients, silent, rounds, hold, seconds), on_progress, cancel) as found:
        return found


def holding(
    address: tuple[str, int],
    clients: int,
    *,
    silent: int = 0,
    rounds: int = 1,
    seconds: float = 30.0,
    on_progress: Callable[[Visit], object] | None = None,
    cancel: Event | None = None,
) -> contextlib.AbstractContextManager[Visit]:
    """The same for a `with`: in its block all clients that came are still connected."""
    return _visiting(Plan(address, clients, silent, rounds, True, seconds), on_progress, cancel)


@contextlib.contextmanager
def _visiting(plan: Plan, on_progress: Callable[[Visit], object] | None, cancel: Event | None) -> Iterator[Visit]:
    process = start("labsupport.services.clients", *_words(plan))
    try:
        found = Visit(plan.clients)
        if not _followed(process, found, on_progress, cancel or Event()):
            raise RuntimeError(f"the clients' process has ended: {end(process, _PATIENCE) or 'it was killed'}")
        yield found
    finally:
        end(process, _PATIENCE)


def _words(plan: Plan) -> list[str]:
    """The plan, as the clients' program takes it."""
    numbers = {"clients": plan.clients, "silent": plan.silent, "rounds": plan.rounds, "seconds": plan.seconds}
    options = [f"--{name}={number}" for name, number in numbers.items()]
    return [*map(str, plan.address), *options, *(() if plan.hold else ("--come-and-go",))]


def _followed(
    process: subprocess.Popen[str], found: Visit, on_progress: Callable[[Visit], object] | None, cancel: Event
) -> bool:
    """Take the lines of the clients' process until the last one, or until `cancel` is set; False if it died before."""
    latencies: list[float] = []
    assert process.stdout is not None
    for line in process.stdout:
        told: dict[str, Any] = json.loads(line)
        last = "ended" in told
        latencies += told.pop("latencies", ())
        for name, value in told.items():
            setattr(found, name, value)
        found.latencies = tuple(latencies)
        if on_progress is not None and "connected" in told:
            on_progress(found)
        if last:
            return True
        if cancel.is_set():
            found.ended = "cancelled"
            return True
    return False

"""A clock of their own for a learner's programs: sleeping takes no time, and somebody may set the clock on the wall.

Learners write `time.sleep(1)` and `time.monotonic()` as ever.  While a case is played these functions ask whose thread
calls: for the learner's they go by the case's `Clock`, for every other thread they do what they always did.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from labsupport.tape.programs import Owner, current

__all__ = ["Clock", "Nap", "clock_for"]

_READINGS: Final = ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns")
_PLAIN: Final[dict[str, Callable[..., Any]]] = {name: getattr(time, name) for name in ("sleep", *_READINGS)}

_lock: Final = threading.Lock()
_clocks: Final[dict[Owner, Clock]] = {}


class Nap(NamedTuple):
    """A sleep: how many `seconds` were asked for, and how many had passed `before` on this clock."""

    seconds: float
    before: float


class Clock:
    """What the learner's programs of one case read, and how long they slept.

    - `stands`: time passes only in a sleep, and where the script says so (`passes`).
    - `skips`: a sleep takes no time, and the clock goes on by as much; else it is a real one.
    - `naps`: the sleeps so far; `asleep`: called in each sleep that is skipped, in the learner's thread.
    """

    def __init__(self, *, stands: bool, skips: bool) -> None:
        self.naps: list[Nap] = []
        self.asleep: Callable[[], None] = lambda: None
        self._began = {name: _PLAIN[name]() for name in _READINGS}
        self._stands, self._skips = stands, skips
        self._ahead = 0.0
        self._wall = 0.0

    @property
    def seconds(self) -> float:
        """How many seconds have passed since it was made."""
        return self._ahead + (0 if self._stands else _PLAIN["monotonic"]() - self._began["monotonic"])

    def passes(self, seconds: float) -> None:
        """So much time goes by."""
        self._ahead += seconds

    def is_set(self, seconds: float) -> None:
        """Somebody sets the clock on the wall, `time.time()`, by so many seconds: back, if negative."""
        self._wall += seconds

    def read(self, name: str) -> float:
        """What the function of this name in `time` says."""
        reading: float = self._began[name] if self._stands else _PLAIN[name]()
        ahead = self._ahead + (self._wall if name.startswith("time") else 0)
        return reading + (int(ahead * 1e9) if name.endswith("_ns") else ahead)

    def sleep(self, seconds: Any) -> None:
        """What `time.sleep` does."""
        skipped = self._skips and isinstance(seconds, int | float) and seconds > 0
        _PLAIN["sleep"](0 if skipped else seconds)  # which raises for what is no time to sleep
        self.naps.append(Nap(seconds, self.seconds))
        if self._skips:
            self.passes(seconds)
            self.asleep()


@contextlib.contextmanager
def clock_for(owner: Owner, answer: object, *, stands: bool, skips: bool) -> Iterator[Clock]:
    """A clock for the programs of `owner` while the block runs; also where `answer` has ``from time import sleep``."""
    clock = Clock(stands=stands, skips=skips)
    names: dict[str, Any] = getattr(answer, "__globals__", {})
    with _lock:
        _clocks[owner] = clock
        for scope in (vars(time), names):
            _exchange(scope, _PLAIN, _OURS)
    try:
        yield clock
    finally:
        with _lock:
            del _clocks[owner]
            for scope in (names, *(() if _clocks else (vars(time),))):
                _exchange(scope, _OURS, _PLAIN)


def _exchange(scope: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> None:
    """Wherever `scope` has one of the old functions, under whatever name, put the new one."""
    for name, value in list(scope.items()):
        for which, function in old.items():
            if value is function:
                scope[name] = new[which]


def _by_owner(name: str) -> Callable[..., Any]:
    plain = _PLAIN[name]

    def function(*args: Any) -> Any:
        clock = _clocks.get(current().owner) if args or name != "sleep" else None  # type: ignore[arg-type]  # None: of nobody
        if clock is None:
            return plain(*args)
        return clock.sleep(*args) if name == "sleep" else clock.read(name)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = plain.__doc__
    return function


_OURS: Final = {name: _by_owner(name) for name in _PLAIN}

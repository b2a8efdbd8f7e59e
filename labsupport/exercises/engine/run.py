"""A learner's code, run where it can do no harm: in a thread of its own, with an end.

The thread belongs to an `Owner`, as do the threads and sockets that it makes and what it prints.  Whatever the code
raises (SystemExit too) is kept; what it waits for is found on the tape and in its frames.
"""

from __future__ import annotations

import linecache
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

from labsupport.tape.ending import close, end, wait_unseen
from labsupport.tape.events import clock, tick
from labsupport.tape.frames import is_learners, stack, trimmed
from labsupport.tape.programs import Owner, current

__all__ = ["Run", "finish", "surely"]

#: Seconds of processor time within `_GLANCE` seconds above which a thread computes rather than waits.
_COMPUTES: Final = 0.002
_GLANCE: Final = 0.1
#: Seconds that a thread gets which has only its own ending left to do.
_LAST_STEPS: Final = 0.3


class Run:
    """One call of somebody's code.

    - `result`, `error`: what it returned or raised, when `ended`.
    - `at`: the learner's line that raised, as ``line 3: data = …``, or "".
    - `tick`: the place of its end in the order of events.
    """

    def __init__(self, name: str, call: Callable[[], object]) -> None:
        self.owner = Owner(name)
        self.result: object = None
        self.error: BaseException | None = None
        self.at = ""
        self.tick: int | None = None
        self._call = call
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> Run:
        """Begin."""
        with self.owner.adopt():  # so that the thread is the owner's from its first step to its last
            self._thread.start()
        return self

    def _work(self) -> None:
        try:
            self._belong()
            self.result = self._call()
        except BaseException as error:  # noqa: BLE001  learners' code raises anything
            self.at = _line(error.__traceback__)
            if self.owner.halted is not None:  # what is ended from outside is closed from outside, not by the collector
                close(self.owner)
            self.error = trimmed(error)
        self.tick = tick()

    def _belong(self) -> None:
        """A stop button that was pressed while the thread was started has kept it from being the owner's."""
        program = current()
        if program.owner is None:
            program.owner = self.owner
            self.owner.enter(threading.current_thread())
        if self.owner.halted is not None:
            raise self.owner.halted

    @property
    def ended(self) -> bool:
        """The call has returned or raised."""
        return self.tick is not None or not self._thread.is_alive()

    @property
    def gone(self) -> bool:
        """It has ended, and so have all threads that it started."""
        return self.ended and all(thread is self._thread for thread in self.owner.threads())

    def wait(self, seconds: float) -> bool:
        """Wait for its end at most so long; whether it has ended."""
        deadline = time.monotonic() + seconds
        while not self.ended and time.monotonic() < deadline:
            time.sleep(0.001)
        return self.ended

    def let_end(self, until: float | None = None) -> None:
        """Wait for its threads that have only their own ending left to do, at the longest until the clock says so."""
        until = clock() + _LAST_STEPS if until is None else until
        for thread in self.owner.threads():
            if self.ended if thread is self._thread else not _in_learners_code(thread):
                wait_unseen(thread, until)

    def computes(self) -> bool | None:
        """Whether it uses the processor, rather than wait for something; None where this cannot be known."""
        clock_of = getattr(time, "pthread_getcpuclockid", None)
        if clock_of is None or self._thread.ident is None or self.ended:
            return None
        try:
            clock = clock_of(self._thread.ident)
            before = time.clock_gettime(clock)
            time.sleep(_GLANCE)
            return time.clock_gettime(clock) - before > _COMPUTES
        except OSError:  # it ended while it was looked at
            return None


def finish(runs: list[Run]) -> None:
    """End what still runs and close its sockets, within about a second; what could not be ended is still alive."""
    end([run.owner for run in runs], abort=True)
    until = clock() + _LAST_STEPS
    for run in runs:
        run.let_end(until)


def surely(tidy: Callable[[], int]) -> int:
    """Tidy up to the end, though the stop button is pressed meanwhile: then again, and the interrupt goes on after it.

    `tidy` may be called more than once.
    """
    pressed: KeyboardInterrupt | None = None
    while True:
        try:
            left = tidy()
        except KeyboardInterrupt as error:
            pressed = error
            continue
        if pressed is not None:
            raise pressed
        return left


def _in_learners_code(thread: threading.Thread) -> bool:
    return any(is_learners(frame.f_code.co_filename) for frame in stack(thread))


def _line(trace: TracebackType | None) -> str:
    """The innermost line of the learner's."""
    found = ""
    while trace is not None:
        frame = trace.tb_frame
        if is_learners(frame.f_code.co_filename):
            source = linecache.getline(frame.f_code.co_filename, trace.tb_lineno, frame.f_globals).strip()
            found = f"line {trace.tb_lineno}: {source}" if source else f"line {trace.tb_lineno}"
        trace = trace.tb_next
    return found

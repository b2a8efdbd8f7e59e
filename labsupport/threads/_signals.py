"""An event that is part of the story."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Final

from labsupport.tape.ending import waking
from labsupport.tape.events import Sync, clock
from labsupport.tape.programs import current
from labsupport.tape.record import TAPE

__all__ = ["Signal"]

#: Seconds that whoever stops a server waits for the lock of a Signal, each time that it tries to wake its sleepers.
_AT_MOST: Final = 0.05


class Signal(threading.Event):
    """A `threading.Event` that the ladder can draw: what fixes the order of an experiment is part of its story.

    `Signal()` or `Signal("both sent")`; the name stands in the picture.  Whoever waits in a
    background server is woken when the server is stopped.

    Raises:
        TypeError: the name is no string.
    """

    _numbers = itertools.count(1)

    def __init__(self, name: str = "") -> None:
        if not isinstance(name, str):
            raise TypeError(f'the name of a Signal is a string such as "both sent", not {name!r}')
        super().__init__()
        self._name = name
        self._number = next(self._numbers)

    @property
    def name(self) -> str:
        """The name that the ladder shows, or an empty string."""
        return self._name

    def set(self) -> None:
        """Let everybody go on who waits, or will wait, for this signal."""
        sync = Sync(current(), "set", self._number, self._name)
        TAPE.append(sync)
        super().set()
        sync.finish()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the signal is set, at most `timeout` seconds; False when the time is over.

        Raises:
            TypeError: the timeout is neither None nor a number.
        """
        if timeout is not None and not isinstance(timeout, int | float):
            raise TypeError(f"wait() takes a number of seconds or None, not {timeout!r}")
        sync = Sync(current(), "wait", self._number, self._name)
        TAPE.append(sync)
        came = False
        try:
            with waking(self._wake) as check:
                came = self._wait(None if timeout is None else clock() + timeout, check)
        finally:
            sync.finish(came)
        return came

    def _wait(self, until: float | None, check: Callable[[], None]) -> bool:
        with self._cond:  # type: ignore[attr-defined]  # Event's own condition: nothing public wakes one waiter
            check()
            while not self._flag:  # type: ignore[attr-defined]  # asked under that condition
                left = None if until is None else until - clock()
                if left is not None and left <= 0:
                    return False
                self._cond.wait(left)  # type: ignore[attr-defined]  # as above
                check()
        return True

    def _wake(self) -> None:
        condition: threading.Condition = self._cond  # type: ignore[attr-defined]  # as above
        if condition.acquire(timeout=_AT_MOST):  # who was ended while it held the lock may hold it for ever
            try:
                condition.notify_all()
            finally:
                condition.release()

    def __repr__(self) -> str:
        name = f" {self._name!r}" if self._name else ""
        return f"<Signal{name}: {'set' if self.is_set() else 'not set'}>"

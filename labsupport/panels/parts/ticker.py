"""Something that is looked at again and again, in a thread that ends by itself."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, Final

from labsupport.tape.ending import start_unseen

__all__ = ["QUICKEST", "Ticker"]

#: Seconds between two updates of a widget: 20 a second at most.
QUICKEST: Final = 0.05


class Ticker:
    """Calls `look` every `pause` seconds until it returns False, the widget is gone or `stop()` is called.

    Costly looks are spaced out, so that looking takes a third of a core at most.  `look` is a method of something that
    may be thrown away: only a weak reference to it is kept.
    """

    def __init__(self, look: Callable[[], bool], pause: float = QUICKEST) -> None:
        self._look: Any = weakref.WeakMethod(look) if hasattr(look, "__self__") else lambda: look
        self._pause = max(pause, QUICKEST)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether its thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Look from now on; nothing happens when it does already."""
        with self._lock:
            if self.running and not self._stopped.is_set():
                return
            self._stopped = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._stopped,), name="panel", daemon=True)
            start_unseen(self._thread)

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def wait(self, timeout: float = 5.0) -> None:
        """Wait until its thread has ended."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _run(self, stopped: threading.Event) -> None:
        pause = self._pause
        while not stopped.wait(pause):
            look = self._look()
            began = time.perf_counter()
            with self._lock:  # a start() that comes now must see that this thread ends
                goes_on = look is not None and look()
                if not goes_on:
                    stopped.set()
                    return
            del look  # so that between two looks nothing is held
            pause = max(self._pause, 2 * (time.perf_counter() - began))

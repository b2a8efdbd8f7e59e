"""The one event loop that carries all links, in a thread that lives as long as there is a link."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from labsupport.tape.ending import start_unseen, wait_unseen
from labsupport.tape.events import clock
from labsupport.tape.mishaps import failed, first, tend
from labsupport.tape.programs import Owner, current

__all__ = ["Carrier", "hold", "release"]

#: Seconds that a call into the loop may take, and that the thread may take to end.
PATIENCE: Final = 5.0
ENDING: Final = 1.0

T = TypeVar("T")


class Carrier:
    """A thread with an event loop in it."""

    def __init__(self) -> None:
        self.links = 0
        self.elsewhere = False  # its thread is in the process that this one was forked from
        self._owner = Owner("the loop of all links")
        tend(self._owner)
        # Not the default loop: that of Windows cannot watch sockets.
        self.loop = asyncio.SelectorEventLoop()
        self.loop.set_exception_handler(self._failed)
        self.buffer = bytearray(512 * 1024)  # for reads that are handed on at once
        self.view = memoryview(self.buffer)
        self._thread = threading.Thread(target=self._run, name="links", daemon=True)
        try:
            start_unseen(self._thread)
        except BaseException:  # the stop button, while this thread waits for the other to begin
            self.end()
            raise

    def _run(self) -> None:
        current().inside = True  # nothing that is done here is a learner's call
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()

    def _failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something went wrong in the loop itself; it is said once, and the loop goes on."""
        if first(self._owner) is None:
            failed(self._owner, context.get("exception") or RuntimeError(context["message"]))

    @property
    def here(self) -> bool:
        """Whether this thread is the loop's."""
        return threading.current_thread() is self._thread

    def tell(self, what: Callable[[], object]) -> None:
        """Do it in the loop, soon."""
        self.loop.call_soon_threadsafe(what)

    def ask(self, what: Callable[[], T], patience: float = PATIENCE) -> T:
        """Do it in the loop, and wait for what it gives; when the loop has ended, nobody else is at work: then here.

        Raises:
            TimeoutError: the loop is too busy.
        """
        if self.here:
            return what()
        answer: concurrent.futures.Future[T] = concurrent.futures.Future()
        with _lock:  # else the loop may be told to end in between
            runs = self.links > 0
            if runs:
                self.tell(lambda: _answer(answer, what))
        if not runs:
            self.wait()
            return what()
        try:
            return answer.result(patience)
        except concurrent.futures.TimeoutError:
            raise TimeoutError(
                f"the links have not answered for {patience:g} s: does a fault of your own come to its end?"
            ) from None

    def end(self) -> None:
        """End the thread, when what was told it before is done."""
        self.tell(self.loop.stop)

    def wait(self) -> None:
        """Wait until it has ended."""
        if not self.here:
            wait_unseen(self._thread, clock() + ENDING)


def _answer(answer: concurrent.futures.Future[T], what: Callable[[], T]) -> None:
    try:
        answer.set_result(what())
    except BaseException as error:  # noqa: BLE001  it is raised where the answer is awaited
        answer.set_exception(error)


_lock = threading.RLock()  # the collector may end a forgotten link while this thread makes another
_carrier: Carrier | None = None


def _forked() -> None:
    """In a forked process there is no thread but the one that forked, and another may have held the lock."""
    global _carrier, _lock
    if _carrier is not None:
        _carrier.elsewhere = True
    _carrier, _lock = None, threading.RLock()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forked)


def hold() -> Carrier:
    """The carrier, for one link more."""
    global _carrier  # noqa: PLW0603  there is one
    with _lock:
        if _carrier is None:
            _carrier = Carrier()
        _carrier.links += 1
        return _carrier


def release(carrier: Carrier) -> bool:
    """One link less: with the last one the thread ends.  Whether it does."""
    global _carrier  # noqa: PLW0603  as above
    with _lock:
        carrier.links -= 1
        if carrier.links:
            return False
        if _carrier is carrier:
            _carrier = None
        carrier.end()
        return True

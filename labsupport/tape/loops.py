"""The event loops that threads run, found from outside, and the tasks in them.

No thread can ask asyncio for another's loop, so it is found in the frames of the thread.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

from .frames import stack
from .stopped import never_collect

__all__ = ["cancel_tasks", "keep_tasks"]


def cancel_tasks(threads: Iterable[threading.Thread]) -> bool:
    """Have every task in the event loops of these threads cancelled; whether there are such loops."""
    found = False
    for loop in _loops(threads):
        found = True
        with contextlib.suppress(RuntimeError):  # it is being closed
            loop.call_soon_threadsafe(_cancel_in, loop)
    return found


def keep_tasks(threads: Iterable[threading.Thread]) -> None:
    """Keep the tasks in the event loops of these threads for ever: one that catches everything cannot be collected."""
    for loop in _loops(threads):
        with contextlib.suppress(RuntimeError):  # it is being closed
            for task in sys.modules["asyncio"].all_tasks(loop):
                never_collect(task)


def _loops(threads: Iterable[threading.Thread]) -> Iterator[Any]:
    for thread in threads:
        yield from (loop for loop in map(_loop_of, stack(thread)) if loop is not None)


def _loop_of(frame: FrameType) -> Any:
    """The event loop that this frame runs, or None."""
    if frame.f_code.co_name != "run_forever" or "asyncio" not in sys.modules:
        return None
    loop = frame.f_locals.get("self")
    return loop if isinstance(loop, sys.modules["asyncio"].AbstractEventLoop) else None


def _cancel_in(loop: Any) -> None:
    loop.set_exception_handler(lambda *_: None)  # what a task says because it is cancelled is not the learner's
    for task in sys.modules["asyncio"].all_tasks(loop):
        task.cancel()

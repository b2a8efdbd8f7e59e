"""What a test may leave behind: nothing."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Callable, Iterator

from labsupport.tape.events import Endpoint
from labsupport.tape.watched import live

__all__ = ["none_left", "until"]


@contextlib.contextmanager
def none_left() -> Iterator[None]:
    """No thread more than before, and no socket open that was not."""
    sockets, threads = _endpoints(), threading.active_count()
    yield
    until(lambda: threading.active_count() <= threads)
    if _endpoints() - sockets:  # perhaps in a cycle: a full collection, which is slow
        gc.collect()
    assert _endpoints() - sockets == set()


def until(condition: Callable[[], object]) -> None:
    """Wait until a thread has come so far; pytest's own timeout is the limit."""
    while not condition():
        time.sleep(0.001)


def _endpoints() -> set[Endpoint]:
    return {endpoint for _, endpoint in live()}

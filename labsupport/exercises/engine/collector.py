"""The garbage collector, held while a case is played.

A socket in a cycle (a handler that keeps the exception that it caught) is closed whenever the collector happens to
run.  Then one and the same answer would sometimes hang up on its client, and sometimes not.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator
from typing import Final

__all__ = ["held"]

_lock: Final = threading.Lock()
_holding: Final[set[object]] = set()
_was_on: list[bool] = []


@contextlib.contextmanager
def held() -> Iterator[None]:
    """No cycle is collected while the block runs, unless somebody calls `gc.collect()`; blocks may overlap."""
    me = object()
    try:
        with _lock:
            if not _holding:
                _was_on[:] = [gc.isenabled()]
            _holding.add(me)
            gc.disable()
        yield
    finally:
        with _lock:
            _holding.discard(me)
            if not _holding and _was_on == [True]:
                gc.enable()

"""Another order of events for each seed: what must not depend on it is compared over many seeds."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from labsupport.tape import watched
from labsupport.tape.ops import OPS, TLS_OPS

__all__ = ["scrambled"]

#: Seconds: the longest delay before or after a call.
LONGEST = 0.002


@contextlib.contextmanager
def scrambled(seed: int, longest: float = LONGEST) -> Iterator[None]:
    """While the block runs every watched call of every thread is delayed before it begins and after it returned.

    Which call is delayed, and for how long, is drawn for each thread from `seed` and the thread's name.
    """
    pause = _pauses(seed, longest)
    interval = sys.getswitchinterval()
    with contextlib.ExitStack() as undo:
        undo.callback(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-5)
        for kind in (watched.WatchedSocket, watched.WatchedSSLSocket):
            for op in {**OPS, **TLS_OPS}:
                if op in vars(kind):
                    undo.callback(setattr, kind, op, vars(kind)[op])
                    setattr(kind, op, _delayed(vars(kind)[op], pause))
        yield


def _pauses(seed: int, longest: float) -> Callable[[], None]:
    mine = threading.local()

    def pause() -> None:
        if not hasattr(mine, "random"):
            mine.random = random.Random(f"{seed} {threading.current_thread().name}")
        draw = mine.random.random()
        if draw < 0.4:
            getattr(os, "sched_yield", lambda: time.sleep(0))()
        elif draw < 0.8:
            time.sleep(mine.random.random() * longest)

    return pause


def _delayed(method: Callable[..., Any], pause: Callable[[], None]) -> Callable[..., Any]:
    @functools.wraps(method)
    def slow(*args: Any, **kwargs: Any) -> Any:
        pause()
        try:
            return method(*args, **kwargs)
        finally:
            pause()

    return slow

"""Threads that wait in a queue, an event, or on a listener that is closed, when a case is over: nothing wakes them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Stage
from labsupport.tape.ending import wait_unseen
from labsupport.tape.events import clock
from labsupport.tape.frames import call_in, stack
from labsupport.tape.watched import Plain

__all__ = ["all_leave", "inside", "wakes"]

#: Where `queue.Queue`, `threading.Event`, `Semaphore` and `Barrier` wait; its `waiter` is a lock of this wait's own.
_WAIT: Final = threading.Condition.wait.__code__
#: Seconds that those who have been woken get for their end.
_LAST_STEPS: Final = 0.3
#: Seconds that a program gets to let those go who have left.
_TIDY: Final = 0.5


def inside(stage: Stage, *functions: Callable[..., object]) -> bool:
    """Whether one of the learner's threads is in one of these functions, of Python's own code, at this moment."""
    frames = (frame for thread in stage.learner.threads() for frame in stack(thread))
    codes = {getattr(function, "__code__", None) for function in functions}
    return any(frame.f_code in codes for frame in frames)


def wakes(stage: Stage) -> None:
    """When the case is over, end the learner's threads that wait so: each has been told to stop, and sleeps."""
    stage.afterwards.callback(_wake, stage)


def _wake(stage: Stage) -> None:
    until = clock() + _LAST_STEPS
    for thread in stage.learner.threads():
        frames = stack(thread)
        if any(call is not None and call.op == "accept" for call in map(call_in, frames)):
            _knock(stage.address)
        for frame in frames:
            if frame.f_code is _WAIT and (waiter := frame.f_locals.get("waiter")) is not None:
                with contextlib.suppress(RuntimeError):  # it is woken at this moment
                    waiter.release()
        wait_unseen(thread, until)


def _knock(address: tuple[str, int]) -> None:
    """Connect: on Linux an accept() goes on waiting when its listener has been closed, and lets one more client in."""
    with contextlib.suppress(OSError), Plain() as client:
        client.settimeout(_LAST_STEPS)
        client.connect(address)


def all_leave(stage: Stage) -> None:
    """The clients go before the program is ended, so that it has nobody left to wait for."""
    stage.steps += 1  # what came before has taken its time, and this is a step of its own
    for peer in stage.peers:
        peer.sock.close()
    until = clock() + _TIDY
    stage.until(lambda: len(stage.learner.threads()) <= 1 or clock() > until)

"""The exception that ends a program, and how it gets past a program that catches everything.

    while True:
        try:
            connection, _ = listener.accept()
        except:                       # catches Stopped too,
            pass                      # so it is raised again here, where this try no longer holds

A program that has caught it a few times is traced (`sys.settrace`, in its thread alone), and the
next of its own lines raises it.  After an `except` that is a line of the handler.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from types import FrameType
from typing import Any, Final

from .frames import coroutine_frames, is_learners

__all__ = ["Stopped", "interrupt", "strike_tasks"]

#: So often `Stopped` may be caught: `finally` blocks and handlers that tidy up shall run in peace.
POLITE: Final = 3

_told = threading.local()


class Stopped(SystemExit):
    """Raised in a program that has been told to stop.

    A SystemExit, because threads and event loops let that one through without a word.  Its
    own class is raised, never an object of it, so that it is made in the thread that it ends.
    """

    def __init__(self) -> None:
        super().__init__()
        _told.times = getattr(_told, "times", 0) + 1
        if _told.times > POLITE:
            _strike_at(sys._getframe(1))


def interrupt(thread: threading.Thread) -> None:
    """Raise `Stopped` in a thread at its next step; while it waits in C there is none."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stopped))


def strike_tasks(tasks: Any) -> None:
    """Let the next line of each of these tasks, which belong to this thread, raise `Stopped`."""
    for task in tasks:
        for frame in coroutine_frames(task):
            _strike_at(frame)


def _strike_at(frame: FrameType | None) -> None:
    while frame is not None:
        if is_learners(frame.f_code.co_filename):
            frame.f_trace = _strike
        frame = frame.f_back
    sys.settrace(_strike)


def _strike(frame: FrameType, event: str, _: object) -> Any:
    if not is_learners(frame.f_code.co_filename):
        return None
    if event == "line":
        raise Stopped
    return _strike

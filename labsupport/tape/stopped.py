"""The exception that ends a program, and how it gets past a program that catches everything.

    while True:
        try:
            connection, _ = listener.accept()
        except:                       # catches Stopped too, so that it is raised again
            pass                      # here, where this try no longer holds

A program that has caught it a few times is traced (`sys.settrace`, in its thread alone): the
next of its own lines raises it, which is a line of the handler.  If an outer `try` catches
that, tracing begins anew when it lets go of the exception, and so on outwards.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from types import FrameType
from typing import Any, Final

from .frames import is_learners
from .programs import current

__all__ = ["Stopped", "interrupt", "never_collect"]

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
        owner = current().owner
        before = getattr(_told, "by", (None, 0))
        _told.by = (owner, before[1] + 1 if before[0] is owner else 1)
        self._strike()

    def __del__(self) -> None:
        """Somebody has caught it and is done with it."""
        self._strike()

    @staticmethod
    def _strike() -> None:
        owner, times = getattr(_told, "by", (None, 0))
        if times > POLITE and owner is current().owner and _is_halted():
            _strike_at(sys._getframe(2))


def interrupt(thread: threading.Thread) -> None:
    """Raise `Stopped` in a thread at its next step; while it waits in C there is none."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stopped))


def never_collect(thing: object) -> None:
    """Keep `thing` for ever: a coroutine that catches everything would spin in whatever thread collects it."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _is_halted() -> bool:
    owner = current().owner
    return owner is not None and owner.halted is not None


def _strike_at(frame: FrameType | None) -> None:
    while frame is not None:
        if is_learners(frame.f_code.co_filename):
            frame.f_trace = _strike
        frame = frame.f_back
    sys.settrace(_strike)


def _strike(frame: FrameType, event: str, _: object) -> Any:
    if not _is_halted():  # this thread works for somebody else by now
        sys.settrace(None)
        return None
    if not is_learners(frame.f_code.co_filename):
        return None
    if event == "line":
        raise Stopped
    return _strike

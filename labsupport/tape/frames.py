"""Which lines are the learner's, and what a thread is doing in them.

A traceback or a message that shows a learner lines of this package, of `threading` or of
`socket.py` shows them what they cannot mend.  Theirs are the lines of no installed module.
"""

from __future__ import annotations

import functools
import linecache
import os
import site
import sys
import sysconfig
import threading
import traceback
from collections.abc import Iterator
from pathlib import PurePath
from types import FrameType, TracebackType
from typing import Any, Final

from . import methods
from .events import Call
from .programs import Owner

__all__ = ["call_in", "chain", "doing", "is_learners", "line_of", "stack", "told", "trimmed"]

#: Where modules lie that are not the learner's: the standard library, what is installed, this package.
_OTHERS: Final = tuple(
    {
        os.path.realpath(folder) + os.sep
        for folder in (
            *(path for name, path in sysconfig.get_paths().items() if name in ("stdlib", "platstdlib", "purelib")),
            *site.getsitepackages(),
            site.getusersitepackages(),
            str(PurePath(__file__).parents[1]),
        )
    }
)

_METHOD: Final = "method"  # what the methods of a watched socket are called inside


@functools.cache
def is_learners(filename: str) -> bool:
    """Whether a code object from `filename` was written by the learner: a cell, or a file of their own."""
    if filename.startswith("<"):
        return not filename.startswith("<frozen")
    return not os.path.realpath(filename).startswith(_OTHERS)


def short(filename: str) -> str:
    """A name for the file that is the same on every machine; nothing for a cell."""
    name = PurePath(filename).name
    return "" if filename.startswith("<") or "ipykernel_" in filename else name


def stack(thread: threading.Thread) -> list[FrameType]:
    """The frames of a running thread, innermost first; none if it has ended."""
    frame = sys._current_frames().get(thread.ident or -1)
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


def call_in(frame: FrameType) -> Call | None:
    """The watched call that this frame makes, or None."""
    if frame.f_code.co_name != _METHOD or frame.f_code.co_filename != methods.__file__:
        return None
    call = frame.f_locals.get("call")
    return call if isinstance(call, Call) and call.open else None


def line_of(frame: FrameType) -> str:
    """`line 7: data = connection.recv(1024)`; after the number "of" and the file's name where it is no cell."""
    filename, number = frame.f_code.co_filename, frame.f_lineno
    source = linecache.getline(filename, number, frame.f_globals).strip()
    file = f" of {short(filename)}" if short(filename) else ""
    return f"line {number}{file}: {source}" if source else f"line {number}{file}"


def doing(owner: Owner) -> str:
    """What the first of its programs that still runs is doing, to be read after "it is"; else "ended"."""
    for thread in owner.threads():
        frames = stack(thread)
        if frames:
            return _doing(frames)
    return "ended"


def _doing(frames: list[FrameType]) -> str:
    call = next((call for call in map(call_in, frames) if call is not None), None)
    what = f"waiting in {call.op}(), " if call is not None else ""
    own = [frame for frame in (*_awaiting(frames), *frames) if is_learners(frame.f_code.co_filename)]
    if own:
        return f"{what}at {line_of(own[0])}"
    inner = frames[0].f_code
    return what.rstrip(", ") or f"in {inner.co_name}() of {PurePath(inner.co_filename).stem}"


def _awaiting(frames: list[FrameType]) -> list[FrameType]:
    """The frames of the coroutine that an event loop on this stack was started for, innermost first."""
    runner = next((frame for frame in frames if frame.f_code.co_name == "run_until_complete"), None)
    task: Any = runner.f_locals.get("future") if runner is not None else None
    coroutine: Any = task.get_coro() if hasattr(task, "get_coro") else None
    found: list[FrameType] = []
    while getattr(coroutine, "cr_frame", None) is not None:
        found.insert(0, coroutine.cr_frame)
        coroutine = coroutine.cr_await
    return found


# --- exceptions ------------------------------------------------------------------------------


class _Stack(traceback.StackSummary):
    """Frames as Python prints them, without the path of a cell, which differs from run to run."""

    def format_frame_summary(self, frame_summary: traceback.FrameSummary, **options: Any) -> str:  # noqa: ARG002  3.13 passes colorize=
        """One frame: where, and the line itself."""
        name = short(frame_summary.filename)
        file = f'File "{name}", ' if name else ""
        line = f"    {frame_summary.line}\n" if frame_summary.line else ""
        return f"  {file}line {frame_summary.lineno}, in {frame_summary.name}\n{line}"


def told(error: BaseException) -> str:
    """The traceback of `error` and of what led to it, in the learner's own frames; ends in a newline."""
    summary = traceback.TracebackException.from_exception(error)
    _keep_own(summary)
    return "".join(summary.format())


def _keep_own(summary: traceback.TracebackException | None) -> None:
    if summary is None:
        return
    own = [frame for frame in summary.stack if is_learners(frame.filename)]
    summary.stack = _Stack(own or summary.stack)
    for other in (summary.__cause__, summary.__context__, *(summary.exceptions or ())):
        _keep_own(other)


def trimmed(error: BaseException) -> BaseException:
    """The same exception, its traceback cut to the learner's frames, none of which holds its variables.

    A frame's variables hold sockets, and an exception that is kept would keep them open.
    """
    for one in chain(error):
        traceback.clear_frames(one.__traceback__)
        frames = [frame for frame in _steps(one.__traceback__) if is_learners(frame.tb_frame.f_code.co_filename)]
        kept: TracebackType | None = None
        for frame in reversed(frames):
            kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
        one.__traceback__ = kept
    return error


def _steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def chain(error: BaseException) -> list[BaseException]:
    """`error`, what it came from and what it holds, each once."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and not any(one is other for other in found):
            found.append(one)
            waiting += (one.__cause__, one.__context__, *getattr(one, "exceptions", ()))
    return found

"""A Python process of our own that never outlives this one: it ends when its standard input does."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

__all__ = ["end", "said", "start", "when_input_ends"]

#: Where `labsupport` is found.
_HOME: Final = str(Path(__file__).resolve().parents[2])


def start(module: str, *arguments: str) -> subprocess.Popen[str]:
    """``python -m module arguments``, with pipes for its input and its output, and a file for its errors.

    A process of which nobody is left that could write to its input reads the end there: so it notices that we are gone,
    however we went.  It gets a session of its own, so that a Ctrl-C for us does not end it in the middle of a line.
    """
    path = os.pathsep.join(filter(None, (_HOME, os.environ.get("PYTHONPATH"))))
    # Safe path: a learner's `socket.py` in the current folder is not for us.
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
    # A file, for a pipe that nobody reads would fill, and stop it.  `end` closes it.
    errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
    process = subprocess.Popen(  # noqa: S603  our own modules
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        encoding="utf-8",
        env=environment,
        start_new_session=os.name == "posix",
    )
    process.stderr = errors
    return process


def said(process: subprocess.Popen[str], name: str, patience: float, lines: int = 1) -> list[str]:
    """The first lines that it says, where and how it is; one that does not come so far is ended, as by `end`.

    Raises:
        RuntimeError: `name` did not start; with what it wrote to stderr.
    """
    assert process.stdout is not None
    try:
        found = [process.stdout.readline() for _ in range(lines)]
    except BaseException:  # a Ctrl-C: nobody else could end it
        end(process, patience)
        raise
    if not all(found):
        raise RuntimeError(f"{name} did not start: {end(process, patience) or 'it was killed'}")
    return found


def end(process: subprocess.Popen[str], patience: float) -> str:
    """Close its input, give it so many seconds to end by itself, and see that it ends; what it wrote to stderr.

    Twice does no harm: then it is "".
    """
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with contextlib.suppress(OSError):  # it has ended already
        process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
    if process.stderr.closed:
        return ""
    with process.stderr:
        process.stderr.seek(0)
        return process.stderr.read().strip()


def when_input_ends(do: Callable[[], object]) -> threading.Thread:
    """In the child: call `do` when standard input ends, in a thread that keeps nobody from ending."""

    def watch() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(0, 1024):  # no lock of `sys.stdin`'s is held, or the interpreter could not end
                pass
        do()

    thread = threading.Thread(target=watch, name="until the input ends", daemon=True)
    thread.start()
    return thread

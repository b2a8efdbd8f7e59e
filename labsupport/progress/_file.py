"""The file of a learner's progress: how it is read and put in place, and one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from ._state import State, empty, understood

__all__ = ["alone", "keep_aside", "read", "replace"]

#: Seconds to wait for another notebook to finish writing.
_PATIENCE: Final = 2.0
#: What a file system without locks answers; then two notebooks at once may lose one of two answers, but never the file.
_NO_LOCKS_HERE: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP})


def read(file: Path) -> tuple[State, bool]:
    """The state in the file, and whether the file is broken.

    Raises OSError if it is there and may not be read, NewerError if a newer course has written it.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return empty(), False
    except (ValueError, RecursionError):  # no JSON, or no UTF-8, or brackets without end
        return empty(), True
    state = understood(found)
    return (empty(), True) if state is None else (state, False)


def keep_aside(file: Path) -> str:
    """Keep a file that cannot be read under another name; what to say of it."""
    number = 1
    while (aside := file.with_name(f"progress-unreadable-{number}.json")).exists():
        number += 1
    file.rename(aside)
    return f"Your progress file could not be read. It is kept as {aside.name} in {file.parent}, and a new one begins."


def replace(file: Path, text: str) -> None:
    """Write `text` beside `file`, to the disk, and put it in the place of `file`."""
    descriptor, name = tempfile.mkstemp(prefix="progress-", suffix=".new", dir=file.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as new:  # noqa: PTH123  a descriptor has no Path
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


# --- one writer at a time --------------------------------------------------------------------


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """While the block runs no other process is in one; the system lets go of the lock when a process dies."""
    with lock.open("a+b") as file:
        _wait_for(file)
        yield  # closing the file lets go


def _wait_for(file: IO[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return _lock(file)
        except OSError as error:
            if error.errno in _NO_LOCKS_HERE:
                return None
            if not isinstance(error, BlockingIOError | PermissionError):
                raise
            if time.monotonic() >= deadline:
                raise TimeoutError("another notebook has been writing it for two seconds") from None
            time.sleep(0.01)


try:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

except ImportError:  # Windows
    import msvcrt  # type: ignore[import-not-found,unused-ignore]  # not on this system

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # not on this system

"""What a learner has done: one small JSON file, and nothing else.

    {"version": 1,
     "exercises": {"echo_server": {"status": "passed", "mistake": null, "tries": 3, "first_passed": "…", "last": "…"}},
     "predictions": {"two-sends": {"choice": "b'hello world'", "right": true, "when": "…", "reason": "…"}}}

Two notebooks may write at once, so a change is made under a lock of the operating system: read, change, write a new
file beside the old one, put it in its place (`os.replace` is atomic).  A crash leaves the old file or the new one.
What cannot be written now is kept in memory and tried again with the next change; a file that cannot be read is kept
under another name.  Both are said: each function that writes returns a sentence for the learner, or "".
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, TypedDict, cast

__all__ = ["Done", "Predicted", "State", "home", "load", "record_prediction", "record_verdict", "reset"]

_FILE: Final = "progress.json"
#: Seconds to wait for another notebook to finish writing.
_PATIENCE: Final = 2.0
#: What a file system without locks answers; then two notebooks at once may lose one of two answers, but never the file.
_NO_LOCKS_HERE: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP})


class Done(TypedDict):
    """What has become of one exercise.  Times are UTC in ISO 8601."""

    status: str
    mistake: str | None
    tries: int
    first_passed: str | None
    last: str


class _Chosen(TypedDict):
    choice: str
    right: bool | None
    when: str


class Predicted(_Chosen, total=False):
    """The answer that a learner committed to, and the reason, where one was given."""

    reason: str


class State(TypedDict):
    """All that is kept, by name of the exercise and of the question."""

    version: int
    exercises: dict[str, Done]
    predictions: dict[str, Predicted]


_Change = Callable[[State], None]
_pending: list[_Change] = []
_writing = threading.Lock()


def home() -> Path:
    """The folder of all that is kept: LABSUPPORT_HOME, else the user's own folder for data.  It may not exist yet."""
    told = os.environ.get("LABSUPPORT_HOME")
    if told:
        return Path(told).expanduser()
    import platformdirs  # comes with JupyterLab

    return platformdirs.user_data_path("loopback-course", appauthor=False)


def load() -> State:
    """What is kept, with what could not be written yet.  A file that cannot be read counts as an empty one here."""
    try:
        state, _ = _read(home() / _FILE)
    except OSError:
        state = _empty()
    for change in tuple(_pending):
        change(state)
    return state


def record_verdict(exercise: str, status: str, mistake: str | None = None) -> str:
    """An exercise was checked: `status` is "passed" or "failed", and once passed it stays so.

    Returns what to say, or "".  Raises ValueError for another status.
    """
    if status not in ("passed", "failed"):
        raise ValueError(f"a verdict to keep is 'passed' or 'failed', not {status!r}")
    when = _now()

    def change(state: State) -> None:
        before = state["exercises"].get(exercise)
        first = before["first_passed"] if before else None
        if status == "passed":
            first = first or when
        state["exercises"][exercise] = {
            "status": "passed" if first else "failed",
            "mistake": mistake,
            "tries": (before["tries"] if before else 0) + 1,
            "first_passed": first,
            "last": when,
        }

    return _record(change)


def record_prediction(question: str, choice: str, *, right: bool | None = None, reason: str = "") -> str:
    """A learner committed to `choice`, for a `reason` where one was given.  Returns what to say, or ""."""
    kept: Predicted = {"choice": choice, "right": right, "when": _now()}
    if reason:
        kept["reason"] = reason

    def change(state: State) -> None:
        state["predictions"][question] = kept

    return _record(change)


def reset() -> str:
    """Forget everything.  Returns what to say, or ""."""

    def change(state: State) -> None:
        state["exercises"].clear()
        state["predictions"].clear()

    return _record(change)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _record(change: _Change) -> str:
    """Make the change, and those that had to wait, on disk; what went wrong, as a sentence."""
    with _writing:
        _pending.append(change)
        folder = home()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _alone(folder / "progress.lock"):
                said = _rewrite(folder / _FILE)
        except OSError as error:
            return (
                f"Your progress could not be written to {folder} ({error.strerror or error}). What was there is safe; "
                "this is kept until the kernel ends, and tried again with your next answer."
            )
        _pending.clear()
        return said


def _rewrite(file: Path) -> str:
    state, broken = _read(file)
    said = _keep_aside(file) if broken else ""
    for change in _pending:
        change(state)
    _replace(file, json.dumps(state, ensure_ascii=False, indent=1) + "\n")
    return said


# --- the file --------------------------------------------------------------------------------


def _empty() -> State:
    return {"version": 1, "exercises": {}, "predictions": {}}


def _read(file: Path) -> tuple[State, bool]:
    """The state in the file, and whether the file is broken.  Raises OSError if it is there and may not be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _empty(), False
    except ValueError:  # no JSON, or no UTF-8
        return _empty(), True
    if not _is_state(found):
        return _empty(), True
    return cast("State", {**_empty(), **found}), False


def _is_state(found: Any) -> bool:
    """Whether every entry has the shape that this module writes; what it does not know may stand beside it."""
    return (
        isinstance(found, dict)
        and _is_table(found.get("exercises", {}), Done)
        and _is_table(found.get("predictions", {}), Predicted)
    )


def _is_table(found: Any, row: Any) -> bool:
    return isinstance(found, dict) and all(
        isinstance(entry, dict) and entry.keys() >= row.__required_keys__ and isinstance(entry.get("tries", 0), int)
        for entry in found.values()
    )


def _keep_aside(file: Path) -> str:
    number = 1
    while (aside := file.with_name(f"progress-unreadable-{number}.json")).exists():
        number += 1
    file.rename(aside)
    return f"Your progress file could not be read. It is kept as {aside.name} in {file.parent}, and a new one begins."


def _replace(file: Path, text: str) -> None:
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
def _alone(lock: Path) -> Iterator[None]:
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
                raise TimeoutError(None, "another notebook has been writing it for two seconds") from None
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

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

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ._file import Done, Predicted, State, alone, empty, keep_aside, read, replace

__all__ = ["Done", "Predicted", "State", "home", "load", "record_prediction", "record_verdict", "reset"]

_FILE: Final = "progress.json"

_Change = Callable[[State], None]
_pending: list[_Change] = []
_writing = threading.Lock()


def home() -> Path:
    """The folder of all that is kept: LABSUPPORT_HOME, else the user's own folder for data.  It may not exist yet.

    Raises OSError where LABSUPPORT_HOME begins with the name of a user who is not there ("~nobody-of-this-name").
    """
    told = os.environ.get("LABSUPPORT_HOME")
    if told:
        return _expanded(told)
    import platformdirs  # comes with JupyterLab

    return platformdirs.user_data_path("loopback-course", appauthor=False)


def _expanded(told: str) -> Path:
    try:
        return Path(told).expanduser()
    except RuntimeError as error:
        raise OSError(
            f"LABSUPPORT_HOME is {told!r}, and there is no such user: set it to a folder's full path"
        ) from error


def load() -> State:
    """What is kept, with what could not be written yet.  A file that cannot be read counts as an empty one here."""
    try:
        state, _ = read(home() / _FILE)
    except OSError:
        state = empty()
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
        try:
            folder = home()
            folder.mkdir(parents=True, exist_ok=True)
            with alone(folder / "progress.lock"):
                said = _rewrite(folder / _FILE)
        except OSError as error:
            return (
                f"Your progress could not be written: {error}. What was there is safe; "
                "this is kept until the kernel ends, and tried again with your next answer."
            )
        _pending.clear()
        return said


def _rewrite(file: Path) -> str:
    state, broken = read(file)
    said = keep_aside(file) if broken else ""
    for change in _pending:
        change(state)
    replace(file, json.dumps(state, ensure_ascii=False, indent=1) + "\n")
    return said

"""What a learner has done: one small JSON file.

    {"version": 2,
     "exercises": {"echo_server": {"status": "passed", "mistake": null, "tries": 3, "first_passed": "…", "last": "…"}},
     "predictions": {"3f0c…": {"choice": "b'hello world'", "right": true, "when": "…", "reason": "…"}},
     "recall": {"3f0c…": [{"when": "…", "grade": "good"}]},
     "forgotten": {what resets took away, in the same shape}}

Two notebooks may write at once, so a change is made under a lock of the operating system: read, change, write a new
file beside the old one, put it in its place (`os.replace` is atomic).  A crash leaves the old file or the new one.
What cannot be written now is kept in memory and tried again with the next change; a file that cannot be read is kept
under another name, and one that a newer course has written is left alone.  All is said: each function that writes
returns a sentence for the learner, or "".
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ._file import alone, keep_aside, read, replace
from ._place import Place, read_place, write_place
from ._place import follow as _follow
from ._schedule import due_after
from ._state import (
    MOST_TRIES,
    Answer,
    Done,
    NewerError,
    Predicted,
    Record,
    State,
    add_answer,
    empty,
    forget,
    grade_of,
    merge,
    take_back,
    understood,
)
from ._telling import Recorded, listen, tell

__all__ = [
    "Answer", "Done", "NewerError", "Place", "Predicted", "Record", "Recorded", "State",
    "bring", "due_after", "empty", "follow", "home", "listen", "load", "place", "record_answer", "record_prediction",
    "record_verdict", "reset", "restore", "trouble", "understood",
]  # fmt: skip

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


def trouble() -> str:
    """Why what is kept cannot be read now, as a sentence, or ""."""
    try:
        _, broken = read(home() / _FILE)
    except OSError as error:
        return f"Your progress cannot be read: {error}."
    return "Your progress file cannot be read; with your next answer it is kept aside." if broken else ""


def follow() -> None:
    """Note from now on where the learner is, if this is a notebook; again does nothing."""
    _follow(home)


def place() -> Place | None:
    """The notebook and the cell that ran last, chapter 00 excepted; None where nobody knows."""
    try:
        return read_place(home())
    except OSError:
        return None


def record_verdict(exercise: str, status: str, mistake: str | None = None) -> str:
    """An exercise was checked: `status` is "passed" or "failed", and once passed it stays so.

    Returns what to say, or "".  Raises ValueError for another status.
    """
    if status not in ("passed", "failed"):
        raise ValueError(f"a verdict to keep is 'passed' or 'failed', not {status!r}")
    when, tries = _now(), 0

    def change(state: State) -> None:
        nonlocal tries
        before = state["exercises"].get(exercise)
        tries = min((before["tries"] if before else 0) + 1, MOST_TRIES)
        first = before["first_passed"] if before else None
        if status == "passed":
            first = first or when
        state["exercises"][exercise] = {
            "status": "passed" if first else "failed",
            "mistake": mistake,
            "tries": tries,
            "first_passed": first,
            "last": when,
        }

    said = _record(change)
    if not tries:
        load()  # it could not even be tried to write it: it is counted with what waits
    tell(Recorded("exercise", exercise, status == "passed", mistake, when, tries))
    return said


def record_prediction(question: str, choice: str, *, right: bool | None = None, reason: str = "") -> str:
    """A learner committed to `choice`, for a `reason` where one was given.  Returns what to say, or ""."""
    kept: Predicted = {"choice": choice, "right": right, "when": _now()}
    if reason:
        kept["reason"] = reason

    def change(state: State) -> None:
        state["predictions"][question] = kept
        add_answer(state, question, kept["when"], grade_of(right))

    said = _record(change)
    tell(Recorded("prediction", question, right, None, kept["when"]))
    return said


def record_answer(question: str, grade: str) -> str:
    """A question that came back was answered: `grade` is "again", "hard" or "good".  Returns what to say, or "".

    The first answer of a day (of UTC) counts.  Raises ValueError for another grade.
    """
    if grade not in ("again", "hard", "good"):
        raise ValueError(f"a grade is 'again', 'hard' or 'good', not {grade!r}")
    when = _now()
    said = _record(lambda state: add_answer(state, question, when, grade))
    tell(Recorded("recall", question, grade != "again", None, when))
    return said


def reset(exercise: str | None = None) -> str:
    """Forget one exercise, or everything; `restore` takes it back.  Returns what to say, or ""."""
    return _record(lambda state: forget(state, exercise))


def restore() -> str:
    """Take back what was forgotten; what was done since stays done.  Returns what to say, or ""."""
    return _record(take_back)


def bring(record: Record, was: Place | None = None) -> str:
    """Add what was done elsewhere: nothing is lost that was passed in either place.  Returns what to say, or "".

    `was`: where the learner was there; it counts where nobody knows it here.  Raises OSError where it cannot be
    written; then nothing has changed.
    """

    def change(state: State) -> None:
        merge(state, record)

    with _writing:
        _pending.append(change)
        try:
            said = _write()
        except BaseException:
            _pending.remove(change)
            raise
    if was is not None and place() is None:
        with contextlib.suppress(OSError):  # what was done is brought, and the place comes with the next cell
            write_place(home(), was)
    return said


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _record(change: _Change) -> str:
    """Make the change, and those that had to wait, on disk; what went wrong, as a sentence."""
    with _writing:
        _pending.append(change)
        try:
            return _write()
        except OSError as error:
            return (
                f"Your progress could not be written: {error}. What was there is safe; "
                "this is kept until the kernel ends, and tried again with your next answer."
            )
        except Exception:
            _pending.remove(change)  # it would fail again, and hold up all that come after it
            raise


def _write() -> str:
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / "progress.lock"):
        said = _rewrite(folder / _FILE)
    _pending.clear()
    return said


def _rewrite(file: Path) -> str:
    for half in file.parent.glob("progress-*.new"):
        half.unlink(missing_ok=True)  # of a writer that was killed: only one is here at a time
    state, broken = read(file)
    said = keep_aside(file) if broken else ""
    for change in _pending:
        change(state)
    replace(file, json.dumps(state, indent=1) + "\n")
    return said

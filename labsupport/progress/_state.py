"""What is kept of a learner: its shape, what an older version of the course wrote, and how two of them become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, NotRequired, TypedDict, TypeVar, cast

__all__ = [
    "MOST_TRIES",
    "VERSION",
    "Answer",
    "Done",
    "NewerError",
    "Predicted",
    "Record",
    "State",
    "add_answer",
    "empty",
    "forget",
    "grade_of",
    "merge",
    "take_back",
    "understood",
]

#: 1 had no "recall".
VERSION: Final = 2

#: What is kept can be reckoned with: any of these times can be told in another zone, and a question comes back from it
#: within a year; and a number of tries can be written.
_FIRST: Final = datetime(2, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9998, 1, 1, tzinfo=UTC)
MOST_TRIES: Final = 2**31


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


class Answer(TypedDict):
    """One answer to a question that comes back; `grade`: "again", "hard" or "good", as FSRS calls them."""

    when: str
    grade: str


class Record(TypedDict):
    """What a learner has done, by name of the exercise and by key of the question."""

    exercises: dict[str, Done]
    predictions: dict[str, Predicted]
    recall: dict[str, list[Answer]]


class State(Record):
    """All that is kept; `forgotten` is what resets took away."""

    version: int
    forgotten: NotRequired[Record]


class NewerError(OSError):
    """The file was written by a newer course, and is not touched."""


def empty() -> State:
    """The state of somebody who has done nothing yet."""
    return {"version": VERSION, "exercises": {}, "predictions": {}, "recall": {}}


def _nothing() -> Record:
    return {"exercises": {}, "predictions": {}, "recall": {}}


# --- reading ---------------------------------------------------------------------------------


def understood(found: Any) -> State | None:
    """The state that was read, in this version's shape; None if it has no shape that any version wrote.

    What this version does not know stays beside it.  Raises NewerError for a version that is not known yet.
    """
    if not isinstance(found, dict):
        return None
    version = found.get("version", 1)
    if type(version) is int and version > VERSION:
        raise NewerError(
            f"your progress was written by a newer version of the course ({version}; this one knows {VERSION}), "
            "and is left as it is: update the course",
        )
    if version not in (1, VERSION) or not all(map(_is_record, (found, found.get("forgotten", {})))):
        return None
    state = cast("State", {**empty(), **found, "version": VERSION})
    if "forgotten" in state:
        state["forgotten"] = {**_nothing(), **state["forgotten"]}
    if version == 1:
        for question, made in state["predictions"].items():
            add_answer(state, question, made["when"], grade_of(made["right"]))
    return state


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and _FIRST <= datetime.fromisoformat(value) <= _LAST
    except (ValueError, TypeError):  # no time, or one without a zone
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_Shape = Mapping[str, Callable[[Any], bool]]
_DONE: Final[_Shape] = {
    "status": lambda value: value in ("passed", "failed"),
    "mistake": lambda value: value is None or _is_text(value),
    "tries": lambda value: type(value) is int and 0 <= value <= MOST_TRIES,
    "first_passed": lambda value: value is None or _is_time(value),
    "last": _is_time,
}
_PREDICTED: Final[_Shape] = {
    "choice": _is_text,
    "right": lambda value: value is None or isinstance(value, bool),
    "when": _is_time,
}
_ANSWER: Final[_Shape] = {"when": _is_time, "grade": lambda value: value in ("again", "hard", "good")}


def _is_record(found: Any) -> bool:
    if not isinstance(found, dict):
        return False
    done, predicted, recall = (found.get(name, {}) for name in ("exercises", "predictions", "recall"))
    return (
        all(isinstance(table, dict) for table in (done, predicted, recall))
        and all(_has(_DONE, row) for row in done.values())
        and all(_has(_PREDICTED, row) and _is_text(row.get("reason", "")) for row in predicted.values())
        and all(isinstance(rows, list) and all(_has(_ANSWER, row) for row in rows) for rows in recall.values())
    )


def _has(shape: _Shape, row: Any) -> bool:
    return isinstance(row, dict) and all(name in row and fits(row[name]) for name, fits in shape.items())


# --- changing --------------------------------------------------------------------------------


def grade_of(right: bool | None) -> str:
    """The grade of a choice; where nothing is right or wrong, remembering the question is enough."""
    return "again" if right is False else "good"


def add_answer(record: Record, question: str, when: str, grade: str) -> None:
    """Note an answer.  The first of a day counts: a second one was read a moment ago, and shows no memory."""
    record["recall"][question] = _one_a_day([*record["recall"].get(question, []), {"when": when, "grade": grade}])


def _one_a_day(answers: Iterable[Answer]) -> list[Answer]:
    days: dict[date, Answer] = {}
    for answer in sorted(answers, key=lambda one: _at(one["when"])):
        days.setdefault(_at(answer["when"]).date(), answer)
    return list(days.values())


def _at(when: str) -> datetime:
    return datetime.fromisoformat(when).astimezone(UTC)


def merge(mine: Record, theirs: Record) -> None:
    """Add to `mine` what `theirs` has: what was passed in either is passed, the later choice counts, answers join."""
    _join(mine["exercises"], theirs["exercises"], _done)
    _join(
        mine["predictions"], theirs["predictions"], lambda one, other: max(one, other, key=lambda it: _at(it["when"]))
    )
    _join(mine["recall"], theirs["recall"], lambda one, other: _one_a_day([*one, *other]))


Row = TypeVar("Row")


def _join(mine: dict[str, Row], theirs: dict[str, Row], both: Callable[[Row, Row], Row]) -> None:
    for name, row in theirs.items():
        mine[name] = both(mine[name], row) if name in mine else row


def _done(one: Done, other: Done) -> Done:
    later = max(one, other, key=lambda it: _at(it["last"]))
    passed = [row["first_passed"] for row in (one, other) if row["first_passed"] is not None]
    first = min(passed, key=_at) if passed else None
    status = "passed" if "passed" in (one["status"], other["status"]) else "failed"
    return {**later, "status": status, "first_passed": first, "tries": max(one["tries"], other["tries"])}


def forget(state: State, exercise: str | None) -> None:
    """Take one exercise, or all there is, out of the state, and keep it with what was forgotten before."""
    taken = _nothing()
    if exercise is None:
        merge(taken, state)
        state["exercises"], state["predictions"], state["recall"] = {}, {}, {}
    elif exercise in state["exercises"]:
        taken["exercises"][exercise] = state["exercises"].pop(exercise)
    if "forgotten" in state:
        merge(taken, state["forgotten"])
    state["forgotten"] = taken


def take_back(state: State) -> None:
    """Put back what was forgotten; what was done since then stays."""
    if "forgotten" in state:
        merge(state, state.pop("forgotten"))

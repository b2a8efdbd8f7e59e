"""What the two pages show: counts for everybody, names for the instructor alone.  Pure functions of the room."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple

from .reports import Course
from .room import Learner, Room, Row

__all__ = ["instructors", "shared"]

#: So many times the same mistake, and somebody is stuck.
STUCK: Final = 3
#: Seconds for which a mistake counts as made now.
NOW: Final = 600.0
#: A mistake of one learner alone would point at somebody.
COMMON: Final = 2


def shared(room: Room, course: Course, now: float) -> dict[str, Any]:
    """Counts only: ``{"learners", "exercises": [{chapter, exercise, passed, trying}], "mistakes": [{…}]}``."""
    learners = room.learners.values()
    return {
        "learners": len(room.learners),
        "exercises": [line for name in course if (line := _line(name, course, learners))["passed"] + line["trying"]],
        "mistakes": [
            {"exercise": exercise, "mistake": mistake, "learners": count}
            for (exercise, mistake), count in _made_now(room, now).most_common(5)
            if count >= COMMON
        ],
    }


def instructors(room: Room, course: Course, now: float) -> dict[str, Any]:
    """What `shared` says, and by name: ``"stuck"``, who made one mistake three times, latest first; ``"people"``."""
    stuck = sorted(
        (one for learner in room.learners.values() for one in _stuck_at(learner)), key=lambda one: -one.row.at
    )
    people = sorted(room.learners.values(), key=lambda each: each.name.casefold())
    return {
        **shared(room, course, now),
        "stuck": [
            {
                "name": one.learner.name,
                "exercise": one.row.report.exercise,
                "mistake": one.row.report.mistake,
                "times": one.row.same,
                "minutes": _minutes(now - one.row.at),
            }
            for one in stuck
        ],
        "people": [_person(each, now) for each in people],
    }


class _Stuck(NamedTuple):
    learner: Learner
    row: Row


def _stuck_at(learner: Learner) -> list[_Stuck]:
    return [_Stuck(learner, row) for row in learner.rows.values() if row.same >= STUCK and not row.passed]


def _line(name: str, course: Course, learners: Any) -> dict[str, Any]:
    rows = [each.rows[name] for each in learners if name in each.rows]
    passed = sum(row.passed for row in rows)
    return {"chapter": course[name][0], "exercise": name, "passed": passed, "trying": len(rows) - passed}


def _made_now(room: Room, now: float) -> Counter[tuple[str, str]]:
    return Counter(
        (row.report.exercise, row.report.mistake)
        for learner in room.learners.values()
        for row in learner.rows.values()
        if row.report.mistake is not None and not row.passed and now - row.at <= NOW
    )


def _person(learner: Learner, now: float) -> dict[str, Any]:
    last = max(learner.rows.values(), key=lambda row: row.at, default=None)
    return {
        "name": learner.name,
        "passed": sum(row.passed for row in learner.rows.values()),
        "last": last.report.exercise if last else None,
        "tries": last.report.tries if last else 0,
        "done": last.passed if last else False,
        "minutes": _minutes(now - (last.at if last else learner.joined)),
    }


def _minutes(seconds: float) -> int:
    return max(0, int(seconds // 60))

"""Who is in the workshop, and what each has done last of each exercise.  No I/O and no clock: the time is passed in.

The board keeps one row for each learner and exercise, not a history.  The number of the try makes a report that comes
twice (its answer was lost, it was sent again) the same as one that comes once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .names import checked_name, folded
from .refusal import Refusal
from .reports import Report

__all__ = ["MOST", "Learner", "Room", "Row"]

#: Learners in one workshop.
MOST: Final = 2000


@dataclass(frozen=True)
class Row:
    """What is known of one learner and one exercise.

    - `report`: the last one; `at`: when it came, in seconds since 1970.
    - `same`: how many checks in a row ended with this mistake (0 where the last one had none that is known).
    - `passed`: whether any has passed; once passed it stays so.
    """

    report: Report
    at: float
    same: int
    passed: bool


@dataclass
class Learner:
    """Somebody who has joined.  `key`: how the board knows them (never shown); `name`: what they chose."""

    key: str
    name: str
    joined: float
    rows: dict[str, Row] = field(default_factory=dict)


class Room:
    """Everybody in the workshop, by key."""

    def __init__(self) -> None:
        self.learners: dict[str, Learner] = {}
        self._names: dict[str, str] = {}

    def join(self, key: str, name: object, now: float) -> Learner:
        """Somebody comes in, or takes another name.

        Raises:
            Refusal: 422 for a name that cannot be, 409 for another's name, 503 where the room is full.
        """
        chosen = checked_name(name)
        if self._names.get(folded(chosen), key) != key:
            raise Refusal(409, "Somebody else has this name in this workshop. Choose another one.")
        before = self.learners.get(key)
        if before is None and len(self.learners) >= MOST:
            raise Refusal(503, f"{MOST} learners have joined, and no more can. Nothing of the course depends on it.")
        self._forget_name(before)
        self._names[folded(chosen)] = key
        learner = Learner(key, chosen, before.joined if before else now, before.rows if before else {})
        self.learners[key] = learner
        return learner

    def report(self, key: str, report: Report, now: float) -> Row:
        """A report of somebody who has joined, and the row that comes of it.

        Raises:
            Refusal: 401 where nobody has joined with this key.
        """
        learner = self.known(key)
        learner.rows[report.exercise] = row = after(learner.rows.get(report.exercise), report, now)
        return row

    def leave(self, key: str) -> Learner:
        """Somebody leaves, and nothing of them stays.  Raises `Refusal`, 401, where nobody has joined with this key."""
        self._forget_name(self.known(key))
        return self.learners.pop(key)

    def known(self, key: str) -> Learner:
        """The learner with this key.  Raises `Refusal`, 401, where there is none."""
        if key not in self.learners:
            raise Refusal(401, "You have not joined this workshop, or have left it. Join with workshop.join(…) first.")
        return self.learners[key]

    def _forget_name(self, learner: Learner | None) -> None:
        if learner is not None:
            del self._names[folded(learner.name)]


def after(before: Row | None, report: Report, now: float) -> Row:
    """What is known once this report has come."""
    if before is not None and before.report == report:
        return before  # sent twice
    same = 0
    if report.mistake is not None:
        goes_on = before is not None and before.report.mistake == report.mistake
        same = before.same + 1 if before is not None and goes_on else 1
    passed = report.status == "passed" or (before is not None and before.passed)
    return Row(report, now, same, passed)

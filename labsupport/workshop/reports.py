"""What a learner's program tells the board: four things, and nothing else.

>>> parse(b'{"exercise": "echo_server", "status": "failed", "mistake": "one_recv", "tries": 2}', course)
Report(exercise='echo_server', status='failed', mistake='one_recv', tries=2)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

from .refusal import Refusal

__all__ = ["LARGEST", "Course", "Report", "course", "object_of", "parse"]

#: Bytes of a request's body; a report has about a hundred.
LARGEST: Final = 4096
_FIELDS: Final = ("exercise", "status", "mistake", "tries")
#: As often as nobody tries one exercise.
_MOST: Final = 1_000_000

#: The names of each chapter's exercises, in order, with the names of their mistakes.
Course = Mapping[str, tuple[int, frozenset[str]]]


@cache
def course() -> Course:
    """The exercises of this course: the chapter and the mistakes of each."""
    from labsupport import exercises

    return {each.name: (each.chapter, frozenset(one.name for one in each.mistakes)) for each in exercises.ALL}


@dataclass(frozen=True)
class Report:
    """One check: the `exercise`'s name, "passed" or "failed", the `mistake`'s name or None, and which try it was."""

    exercise: str
    status: str
    mistake: str | None
    tries: int

    def body(self) -> bytes:
        """As JSON, which `parse` reads."""
        return json.dumps(asdict(self)).encode()


def parse(body: bytes, known: Course) -> Report:
    """The report in a request's body.  Only names that the course has come through: there is no room for other text.

    Raises:
        Refusal: 400 where it is no JSON object, 422 where a field is not as it must be.
    """
    found = object_of(body)
    if sorted(found) != sorted(_FIELDS):
        raise Refusal(422, f"A report has the fields {', '.join(_FIELDS)}, and no other. Nothing was kept.")
    exercise, status, mistake, tries = (found[field] for field in _FIELDS)
    _check(exercise, status, mistake, tries, known)
    return Report(exercise, status, mistake, tries)


def _check(exercise: object, status: object, mistake: object, tries: object, known: Course) -> None:
    if not isinstance(exercise, str) or exercise not in known:
        raise Refusal(422, "This course has no exercise of that name. Perhaps your copy is newer or older: update it.")
    if status not in ("passed", "failed"):
        raise Refusal(422, 'The status of a report is "passed" or "failed". Nothing was kept.')
    if mistake is not None and (not isinstance(mistake, str) or mistake not in known[exercise][1]):
        raise Refusal(422, "This exercise has no mistake of that name. Perhaps your copy is newer or older: update it.")
    if not isinstance(tries, int) or isinstance(tries, bool) or not 1 <= tries <= _MOST:
        raise Refusal(422, f"The number of tries is a whole number from 1 to {_MOST}. Nothing was kept.")


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        Refusal: 400 where it is none.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "This is no JSON in UTF-8. Nothing was kept.") from None
    if not isinstance(found, dict):
        raise Refusal(400, 'This is JSON, but no object: {"field": value, …} is expected. Nothing was kept.')
    return found

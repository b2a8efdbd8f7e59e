"""The timetables of the plans, in Markdown: who is where at what time, and what the rest of a meeting is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from .chapter import Chapter, Step, plain
from .plans import CLOSING, Format, Session, clock

__all__ = ["timetables"]

#: Fewer minutes left over than `_FEW` are not filled, and a step shorter than `_SHORT` fills none.
_FEW: Final = 10
_SHORT: Final = 5

_RECALL: Final = (
    "From the third meeting on begin with 5 minutes: everybody starts the course, and the room answers two questions "
    "from the end of the last chapter. Where a meeting has no 5 minutes left over, take them from *When late*, in the "
    "order in which the chapter's page says what to leave out."
)


def timetables(
    form: Format, sessions: Sequence[Session], earlier: Sequence[Session], chapters: Sequence[Chapter]
) -> Iterator[str]:
    """The timetables of a format; where it begins like the `earlier` one, that is said, and not repeated."""
    lesson = sum(block.minutes for session in sessions for block in session.blocks if block.lesson)
    every = sum(session.minutes for session in sessions)
    meetings = f"{len(sessions)} meetings" if len(sessions) > 1 else "One meeting"
    yield (
        f"{meetings} of at most {form.minutes} minutes: {every} minutes, of which {lesson} are the steps of the "
        "notebooks in a room; the rest is the welcome, the breaks and the close."
    )
    if form.one_chapter:
        yield _RECALL
    for number, session in enumerate(sessions, 1):
        if len(sessions) > 1:
            yield f"### {number}. {session.title}"
        same = _alike(session, earlier[0]) if len(sessions) == len(earlier) == 1 else 0
        if same:
            yield f"Until {_time(session, same)} as in *{earlier[0].title}*; then:"
        yield _timetable(session, same)
        yield _left(form, session, _done(session, chapters))


def _alike(session: Session, earlier: Session) -> int:
    """With how many equal blocks the two begin."""
    pairs = zip(session.blocks, earlier.blocks, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _time(session: Session, blocks: int) -> str:
    """The time of day after so many blocks."""
    return clock(session.start + sum(block.minutes for block in session.blocks[:blocks]))


def _timetable(session: Session, skipped: int = 0) -> str:
    rows = ["| from | to | minutes | |", "|---|---|---|---|"]
    for number, block in list(enumerate(session.blocks))[skipped:]:
        what = f"**{plain(block.what)}**" if block.lesson else block.what
        rows.append(f"| {_time(session, number)} | {_time(session, number + 1)} | {block.minutes} | {what} |")
    return "\n".join(rows)


def _done(session: Session, chapters: Sequence[Chapter]) -> Chapter | None:
    """The last chapter that this meeting brings to its end."""
    last = {_last_part(each): each for each in chapters}
    done = [last[block.what] for block in session.blocks if block.what in last]
    return done[-1] if done else None


def _last_part(chapter: Chapter) -> str:
    """What a plan calls the last part of a chapter that has a core."""
    part = [part for part in chapter.parts if part.room][-1]
    return f"{chapter.number} {chapter.title if part is chapter.parts[0] else part.title}"


def _left(form: Format, session: Session, done: Chapter | None) -> str:
    """What is left of a meeting, and which further steps of the chapter that is done fill it."""
    left = form.minutes - session.minutes
    said = f"Of the {form.minutes} minutes {left or 'none'} {'is' if left == 1 else 'are'} left over"
    if left < _FEW:
        return f"{said}." if CLOSING in session.blocks else f"{said}, too few for the close."
    said += f", until {clock(session.start + form.minutes)}: for "
    steps = _fitting(done, left) if done else []
    if not done or not steps:
        return f"{said}questions, and for whatever took longer."
    named = ", ".join(f"*{plain(step.title)}* ({step.room})" for step in steps)
    rest = left - sum(step.room for step in steps)
    return f"{said}further steps of {done.number}, {named}{f'; the other {rest} for questions' if rest else ''}."


def _fitting(chapter: Chapter, minutes: int) -> list[Step]:
    """The further steps that fit so many minutes together, in order."""
    found: list[Step] = []
    for step in chapter.steps:
        if not step.core and not step.capstone and _SHORT <= step.room <= minutes:
            found.append(step)
            minutes -= step.room
    return found

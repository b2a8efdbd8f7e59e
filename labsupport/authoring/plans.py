"""Plans for a workshop, made of the minutes that the chapters' cores take in a room; nothing in them is typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from .chapter import Chapter

__all__ = ["CLOSING", "FORMATS", "Block", "Format", "Session", "clock", "plan"]

BREAK: Final = 10  # minutes
LUNCH: Final = 60
STRETCH: Final = 70  # the longest time without a break
OPENING: Final = 10  # who is here, does it run on every machine
CLOSE: Final = 5  # all export their work
PIECE: Final = 20  # the least of a long step that is worth beginning before the end of a meeting


@dataclass(frozen=True)
class Format:
    """How much time there is: at most `sessions` of `minutes` each, that begin at `start` (minutes after midnight).

    `one_chapter`: each chapter begins a session of its own, unless those before it do not fill half of one.
    `first`: only so many chapters, None for all.
    """

    name: str
    sessions: int
    minutes: int
    start: int
    one_chapter: bool = False
    first: int | None = None

    @property
    def lunch(self) -> bool:
        """Whether there is a lunch in a session: those of more than five hours have one."""
        return self.minutes > 300


FORMATS: Final = (
    Format("A half day: chapters 00 and 01", 1, 180, 9 * 60, first=2),
    Format("A half day", 1, 240, 9 * 60),
    Format("A day", 1, 460, 9 * 60),
    Format("A term", 12, 120, 14 * 60, one_chapter=True),
)


@dataclass(frozen=True)
class Block:
    """So many minutes of one thing: `what` names a part of the `chapter` with this title, or what is no lesson."""

    what: str
    minutes: int
    lesson: bool = True
    chapter: str = ""


_OPENING: Final = Block("Welcome, and a check of every machine", OPENING, lesson=False)
#: The end of a meeting that has the minutes for it.
CLOSING: Final = Block("Your work as one file: everybody exports, and keeps it", CLOSE, lesson=False)
_BREAK: Final = Block("break", BREAK, lesson=False)
_LUNCH: Final = Block("lunch", LUNCH, lesson=False)

#: What is said of a block that goes on.
_ON: Final = ", continued"


@dataclass(frozen=True)
class Session:
    """One meeting: its blocks, in order, breaks among them."""

    title: str
    start: int
    blocks: tuple[Block, ...]

    @property
    def minutes(self) -> int:
        """How long it takes, breaks included."""
        return _together(self.blocks)


def clock(minutes: int) -> str:
    """A time of day: 545 minutes after midnight are 9:05."""
    return f"{minutes // 60}:{minutes % 60:02}"


def plan(form: Format, chapters: Sequence[Chapter]) -> list[Session]:
    """The sessions of a format, filled with as much of the core, in order, as fits them."""
    if form.one_chapter:
        return _a_term(form, chapters)
    blocks = list(_blocks(chapters[: form.first]))
    return [Session(form.name, form.start, tuple(_filled(form, blocks)))]


def _together(blocks: Sequence[Block]) -> int:
    return sum(block.minutes for block in blocks)


def _blocks(chapters: Sequence[Chapter]) -> Iterator[Block]:
    """The core of each part, as a block."""
    for chapter in chapters:
        for part in chapter.parts:
            if part.room:
                title = part.title if part is not chapter.parts[0] else chapter.title
                what = f"{chapter.number} {title.removeprefix(f'{chapter.number} ')}"
                yield Block(what, part.room, chapter=chapter.title)


def _filled(form: Format, blocks: list[Block]) -> Iterator[Block]:
    """The blocks that fit, with a break before people have sat too long, and lunch in the middle."""
    yield _OPENING
    used = sat = OPENING
    eaten = not form.lunch
    for block in blocks:
        pause = _pause(form, used, sat, block, eaten)
        rest = pause.minutes if pause else 0
        if used + rest + block.minutes + CLOSE > form.minutes:
            break
        if pause:
            yield pause
            eaten, sat = eaten or pause.minutes == LUNCH, 0
        yield block
        used, sat = used + rest + block.minutes, sat + block.minutes
    yield CLOSING


def _pause(form: Format, used: int, sat: int, block: Block, eaten: bool) -> Block | None:
    """What comes before this block, after so many minutes of the day and so many since the last pause."""
    if not eaten and used + block.minutes > form.minutes / 2 - LUNCH / 2:
        return _LUNCH
    return _BREAK if sat + block.minutes > STRETCH else None


def _a_term(form: Format, chapters: Sequence[Chapter]) -> list[Session]:
    """A chapter a meeting, the short first one together with the next; then the capstone."""
    blocks = [list(_blocks(group)) for group in _groups(form, chapters)]
    blocks[0].insert(0, _OPENING)
    lessons = [meeting for group in blocks for meeting in _meetings(form, group)]
    capstone = list(_meetings(form, _capstone(chapters[-1]), long=True))
    paused = [*map(_paused, lessons), *(_paused(each, long=True) for each in capstone)]
    return [Session(_title(each), form.start, tuple(_closed(form, each))) for each in paused]


def _groups(form: Format, chapters: Sequence[Chapter]) -> list[list[Chapter]]:
    """The chapters: those that do not fill half a meeting stand together with the next."""
    groups: list[list[Chapter]] = [[]]
    for chapter in chapters:
        if 2 * sum(each.room for each in groups[-1]) >= form.minutes:
            groups.append([])
        groups[-1].append(chapter)
    return groups


def _capstone(chapter: Chapter) -> list[Block]:
    steps = (step for step in chapter.steps if step.capstone)
    return [Block(f"{chapter.number} {step.title}", step.room, chapter="Capstone") for step in steps]


def _meetings(form: Format, blocks: Sequence[Block], long: bool = False) -> Iterator[list[Block]]:
    """The blocks in as many meetings as they need; a `long` one may go on in the next and leaves time to close."""
    limit, meeting = form.minutes - BREAK - (CLOSE if long else 0), list[Block]()
    for block in blocks:
        left = block
        while left.minutes > (room := limit - _together(meeting)):
            if long and room >= PIECE:
                meeting.append(replace(left, minutes=room))
                left = replace(block, what=_continued(block.what), minutes=left.minutes - room)
            elif not meeting:
                break
            yield meeting
            meeting = []
        meeting.append(left)
    if meeting:
        yield meeting


def _paused(blocks: Sequence[Block], long: bool = False) -> list[Block]:
    """The blocks of a meeting, with a break as near to its middle as can be where it takes long.

    Where people would still sit too long, `long` blocks are cut at their middle, the longest first.
    """
    ends = list(accumulate(block.minutes for block in blocks))
    if ends[-1] <= STRETCH or (len(blocks) < 2 and not long):
        return list(blocks)
    middle = min(range(1, len(blocks)), key=lambda number: abs(2 * ends[number - 1] - ends[-1]), default=0)
    before = ends[middle - 1] if middle else 0
    if long and max(before, ends[-1] - before) > STRETCH:
        return _paused(_cut(blocks), long)
    return [*blocks[:middle], _BREAK, *blocks[middle:]]


def _cut(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, with the longest of them as two."""
    longest = max(range(len(blocks)), key=lambda number: blocks[number].minutes)
    block = blocks[longest]
    first = replace(block, minutes=block.minutes // 2)
    second = replace(block, what=_continued(block.what), minutes=block.minutes - first.minutes)
    return [*blocks[:longest], first, second, *blocks[longest + 1 :]]


def _continued(what: str) -> str:
    return what if what.endswith(_ON) else f"{what}{_ON}"


def _closed(form: Format, blocks: Sequence[Block]) -> list[Block]:
    """The blocks of a meeting, and the close where there is time for it."""
    return [*blocks, CLOSING] if _together(blocks) + CLOSE <= form.minutes else list(blocks)


def _title(blocks: Sequence[Block]) -> str:
    return ", ".join(dict.fromkeys(block.chapter for block in blocks if block.chapter))

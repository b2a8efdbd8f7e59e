"""Plans are computed: what fits is in, nothing is typed, and every minute is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport.authoring import chapter
from labsupport.authoring.chapter import Chapter, Part, Step
from labsupport.authoring.plans import BREAK, CLOSE, CLOSING, FORMATS, LUNCH, STRETCH, Format, Session, clock, plan

SHORT, HALF, DAY, TERM = FORMATS


@pytest.fixture
def course(chapters: list[Path]) -> list[Chapter]:
    return [chapter.read(path) for path in chapters]


def made(number: str, *minutes: int, capstone: int = 0) -> Chapter:
    """A chapter with a part of one step for each figure."""
    parts = [Part(f"Part {n}", [], [Step(f"s{n}", f"S{n}", m, True, False, ())]) for n, m in enumerate(minutes, 1)]
    if capstone:
        steps = [Step(f"c{n}", f"C{n}", 50, False, True, ()) for n in range(capstone)]
        parts.append(Part("Capstone", [], steps))
    return Chapter(number, f"Chapter {number}", Path(f"{number}_x.ipynb"), (Part(f"{number} Chapter"), *parts))


def lessons(sessions: list[Session]) -> int:
    return sum(block.minutes for session in sessions for block in session.blocks if block.lesson)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_meeting_fits_its_time(form: Format, course: list[Chapter]) -> None:
    sessions = plan(form, course)
    assert 1 <= len(sessions) <= form.sessions
    for session in sessions:
        assert session.minutes <= form.minutes


@pytest.mark.parametrize("form", FORMATS[:3], ids=lambda form: form.name)
def test_nobody_sits_too_long(form: Format, course: list[Chapter]) -> None:
    sat = 0
    for block in plan(form, course)[0].blocks:
        sat = 0 if block == CLOSING or block.what in {"break", "lunch"} else sat + block.minutes
        assert sat <= STRETCH


def test_nobody_sits_too_long_at_the_capstone(course: list[Chapter]) -> None:
    capstone = [session for session in plan(TERM, course) if session.title == "Capstone"]
    assert len(capstone) == 3
    for session in capstone:
        sat = 0
        for block in session.blocks:
            sat = 0 if block == CLOSING or block.what == "break" else sat + block.minutes
            assert sat <= STRETCH


def test_a_long_step_of_the_capstone_is_cut_for_the_break() -> None:
    long = Part("Capstone", [], [Step("c", "C", 90, False, True, ())])
    chapter_one = Chapter("01", "One", Path("01_x.ipynb"), (*made("01", 30).parts, long))
    blocks = plan(Format("x", 9, 120, 0, one_chapter=True), [chapter_one])[1].blocks
    assert [block.minutes for block in blocks] == [52, BREAK, 53, CLOSE]
    assert [block.what for block in blocks][::2] == ["01 C", "01 C, continued"]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_meeting_ends_with_the_close_where_there_is_time_for_it(form: Format, course: list[Chapter]) -> None:
    for session in plan(form, course):
        closed = session.blocks[-1] == CLOSING
        assert closed or session.minutes + CLOSE > form.minutes
    assert plan(form, course)[-1].blocks[-1] == CLOSING


def test_a_term_has_all_of_the_core_and_the_capstone(course: list[Chapter]) -> None:
    steps = [step for each in course for step in each.steps if step.core or step.capstone]
    assert lessons(plan(TERM, course)) == sum(step.room for step in steps)


def test_a_term_begins_with_a_welcome_and_each_later_chapter_a_meeting(course: list[Chapter]) -> None:
    meetings = plan(TERM, course)
    assert not meetings[0].blocks[0].lesson
    firsts = [meeting.blocks[0].what[:2] for meeting in meetings]
    assert all(each.number in firsts for each in course[2:])


def test_the_short_half_day_has_all_of_the_first_two_chapters(course: list[Chapter]) -> None:
    assert lessons(plan(SHORT, course)) == course[0].room + course[1].room


def test_a_step_takes_longer_in_a_room(course: list[Chapter]) -> None:
    assert [Step("s", "S", minutes, True, False, ()).room for minutes in (1, 5, 10)] == [1, 7, 14]
    assert all(each.room > each.core for each in course)


def test_a_half_day_begins_at_the_beginning_and_goes_on_in_order(course: list[Chapter]) -> None:
    numbers = [block.what[:2] for block in plan(HALF, course)[0].blocks if block.lesson]
    assert numbers[0] == "00"
    assert numbers == sorted(numbers)
    assert "01" in numbers


def test_a_long_day_has_lunch_once() -> None:
    blocks = plan(DAY, [made("01", *[25] * 20)])[0].blocks
    assert [block.minutes for block in blocks if block.what == "lunch"] == [LUNCH]
    assert BREAK in [block.minutes for block in blocks if block.what == "break"]


def test_what_does_not_fit_is_left_out() -> None:
    session = plan(Format("x", 1, 70, 0), [made("01", 20, 20, 20)])[0]
    assert [block.minutes for block in session.blocks] == [10, 27, 27, CLOSE]


def test_only_the_first_chapters_where_so_many_are_asked_for() -> None:
    session = plan(Format("x", 1, 200, 0, first=1), [made("01", 20), made("02", 20)])[0]
    assert [block.what for block in session.blocks if block.lesson] == ["01 Part 1"]


def test_short_chapters_share_a_meeting_and_a_long_one_has_two() -> None:
    form = Format("x", 9, 60, 0, one_chapter=True)
    sessions = plan(form, [made("01", 10), made("02", 10, 20), made("03", 30, 30), made("04", 30)])
    assert [session.title for session in sessions] == [
        "Chapter 01, Chapter 02",
        "Chapter 02",
        "Chapter 03",
        "Chapter 03",
        "Chapter 04",
    ]


def test_a_long_step_of_the_capstone_goes_on_in_the_next_meeting() -> None:
    form = Format("x", 9, 65, 0, one_chapter=True)
    sessions = plan(form, [made("01", 30, capstone=2)])[1:]
    assert {session.title for session in sessions} == {"Capstone"}
    assert [[block.minutes for block in session.blocks] for session in sessions] == [
        [50, CLOSE],
        [18, 32, CLOSE],
        [36, CLOSE],
    ]
    assert sessions[1].blocks[0].what == "01 C0, continued"


def test_a_long_meeting_has_its_break_in_the_middle() -> None:
    form = Format("x", 9, 120, 0, one_chapter=True)
    blocks = plan(form, [made("01", 25, 25, 25)])[0].blocks
    assert [block.minutes for block in blocks] == [10, 34, BREAK, 34, CLOSE]


def test_a_clock() -> None:
    assert clock(545) == "9:05"

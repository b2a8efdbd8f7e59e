"""The timetables: what is left over of a meeting, and what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport.authoring import chapter
from labsupport.authoring.plans import FORMATS, plan
from labsupport.authoring.timetable import timetables


@pytest.fixture(scope="module")
def plans(chapters: list[Path]) -> dict[str, str]:
    found = [chapter.read(path) for path in chapters]
    return {form.name: "\n".join(timetables(form, plan(form, found), [], found)) for form in FORMATS}


def test_what_is_left_over_is_filled_with_further_steps_of_the_chapter_that_is_done(plans: dict[str, str]) -> None:
    assert "for further steps of 01, *Take it outside* (11)" in plans["A half day: chapters 00 and 01"]
    second = plans["A term"].partition("### 2. ")[2].partition("###")[0]
    assert "*Take it outside* (11), *A greeting server that stays* (20); the other " in second


def test_a_meeting_that_ends_in_the_middle_of_a_chapter_has_time_for_questions(plans: dict[str, str]) -> None:
    first = plans["A term"].partition("### 1. ")[2].partition("###")[0]
    assert "for questions, and for whatever took longer." in first


def test_every_meeting_says_how_much_is_left_over(plans: dict[str, str]) -> None:
    for text in plans.values():
        assert text.count("left over") == max(1, text.count("### ")) + text.count("From the third meeting on")


def test_a_full_meeting_says_that_it_has_no_close(plans: dict[str, str]) -> None:
    for meeting in plans["A term"].split("### ")[1:]:
        assert ("Your work as one file" in meeting) != ("too few for the close" in meeting)

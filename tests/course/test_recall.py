"""Which questions come back, and when: by FSRS, without chance, and never twice on a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labsupport import progress
from labsupport.course.chapters import Chapter, chapters
from labsupport.course.recall import due
from tests.course.making import cell, write

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_pending", [])


@pytest.fixture
def course(tmp_path: Path) -> list[Chapter]:
    """A chapter with two predictions and a recall question."""
    asks = "predict('{0}', {{'yes': 'so', 'no': 'not so'}}, right='yes')"
    write(
        tmp_path / "01_one.ipynb",
        "# 01 One",
        cell(asks.format("first?"), "code"),
        cell(asks.format("second?"), "code"),
        cell("# Recall\n<details><summary>What is dashed?</summary>SYN</details>", name="recall"),
    )
    return chapters(tmp_path)


def on(day: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept from now on is of this day."""
    monkeypatch.setattr(progress, "_now", lambda: day.isoformat(timespec="seconds"))


def asked(course: list[Chapter], day: datetime) -> list[str]:
    return [question.text for question in due(course, day)]


def days_until(course: list[Chapter], text: str, start: datetime) -> int:
    """In how many days the question comes back."""
    return next(number for number in range(400) if text in asked(course, start + timedelta(days=number)))


def test_nothing_comes_before_a_first_prediction(course: list[Chapter]) -> None:
    assert asked(course, MONDAY + timedelta(days=999)) == []


def test_a_prediction_comes_back_sooner_if_something_else_was_expected(
    course: list[Chapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    on(MONDAY, monkeypatch)
    right, other = course[0].predictions
    progress.record_prediction(right.key, "yes", right=True)
    progress.record_prediction(other.key, "no", right=False)
    assert asked(course, MONDAY) == []
    assert days_until(course, "second?", MONDAY) == 1
    assert days_until(course, "first?", MONDAY) == 2
    assert asked(course, MONDAY + timedelta(days=3)) == ["second?", "What is dashed?", "first?"]


def test_the_questions_at_the_end_join_a_day_after_the_first_prediction(
    course: list[Chapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    on(MONDAY, monkeypatch)
    progress.record_prediction(course[0].predictions[0].key, "yes", right=True)
    assert days_until(course, "What is dashed?", MONDAY) == 1


def test_whoever_knows_it_is_asked_ever_later_and_once_a_year_at_least(
    course: list[Chapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    question, day, waits = course[0].questions[0], MONDAY, []
    on(day, monkeypatch)
    progress.record_prediction(question.key, "yes", right=True)
    for _ in range(8):
        waits.append(days_until(course, "first?", day))
        day += timedelta(days=waits[-1])
        on(day, monkeypatch)
        progress.record_answer(question.key, "good")
    assert waits == sorted(waits)
    assert waits[-1] == 365
    progress.record_answer(question.key, "again")  # a second answer on one day changes nothing
    assert days_until(course, "first?", day) == 365
    on(day + timedelta(days=1), monkeypatch)
    progress.record_answer(question.key, "again")
    assert days_until(course, "first?", day) < 30


def test_the_schedule_has_no_chance_in_it() -> None:
    answers: list[progress.Answer] = [
        {"when": (MONDAY + timedelta(days=number**2)).isoformat(), "grade": grade}
        for number, grade in enumerate(["good", "again", "hard", "good", "good"])
    ]
    assert len({progress.due_after(answers) for _ in range(50)}) == 1


def test_another_grade_is_refused() -> None:
    with pytest.raises(ValueError, match="not 'easy'"):
        progress.record_answer("q", "easy")

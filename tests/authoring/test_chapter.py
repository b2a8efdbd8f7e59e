"""What teachers' pages are made of: parts, steps, minutes, questions."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labsupport import exercises
from labsupport.authoring import chapter

FOLDED = "<details><summary>A question?</summary>An answer.</details>"


def step(title: str, minutes: int, core: bool = True, **more: str) -> nbformat.NotebookNode:
    made: nbformat.NotebookNode = new_markdown_cell(
        f"## {'● ' if core else ''}{title} · {minutes} min",
        metadata={"loopback": {"core": core, "minutes": minutes, **more}},
    )
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    cells = [
        new_markdown_cell(f"# 42 Names\n\nAt the end **you can**.\n\nYou need: nothing.\n\n{FOLDED}"),
        new_markdown_cell("---\n# Part 1: a beginning"),
        step("One `name`", 5),
        new_markdown_cell("why"),
        step("Another", 7, core=False),
        new_markdown_cell("---\n# Capstone"),
        step("A server", 60, core=False, part="capstone"),
        new_code_cell("x", metadata={"loopback": {"from": "starter echo_server"}}),
        new_markdown_cell("**Without a heading.** Text", metadata={"loopback": {"core": False, "minutes": 3}}),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "42_names.ipynb")
    return tmp_path / "42_names.ipynb"


def test_parts_and_steps_are_read_with_their_minutes(path: Path) -> None:
    found = chapter.read(path)
    assert (found.number, found.title) == ("42", "Names")
    assert found.goal == "At the end **you can**."
    assert [part.title for part in found.parts] == ["42 Names", "Part 1: a beginning", "Capstone"]
    assert [(s.title, s.minutes, s.core) for s in found.steps] == [
        ("One `name`", 5, True),
        ("Another", 7, False),
        ("A server", 60, False),
        ("Without a heading", 3, False),
    ]
    assert (found.core, found.further, found.capstone) == (5, 10, 60)
    assert found.parts[1].minutes() == 5
    assert [len(s.cells) for s in found.steps] == [2, 1, 2, 1]


def test_a_step_knows_its_exercise(path: Path) -> None:
    found = [s.exercise for s in chapter.read(path).steps]
    assert found == [None, None, exercises.echo_server, None]


def test_what_is_folded_away_is_a_question() -> None:
    assert chapter.questions(FOLDED) == [chapter.Question("A question?", "An answer.")]
    assert chapter.without_details(f"before\n\n{FOLDED}") == "before"


def test_every_cell_of_the_course_belongs_to_one_place(chapters: list[Path]) -> None:
    for each in chapters:
        found = chapter.read(each)
        assert [c.id for c in found.cells()] == [c.id for c in nbformat.read(each, 4).cells]
        assert len(found.steps) >= 8
        assert found.goal


def test_every_exercise_of_the_course_is_in_a_step(chapters: list[Path]) -> None:
    asked = {s.exercise.name for each in chapters for s in chapter.read(each).steps if s.exercise}
    assert asked == {each.name for each in exercises.ALL}


def test_a_fold_in_a_fold_belongs_to_it() -> None:
    inner = "<details><summary>The answers</summary>1 yes.</details>"
    outer = f"<details><summary>One</summary>1. Why?\n\n{inner}\n</details>"
    source = f"Before.\n\n{outer}\n\n<details><summary>Two</summary>x</details>"
    assert chapter.questions(source) == [chapter.Question("One", f"1. Why?\n\n{inner}"), chapter.Question("Two", "x")]
    assert chapter.without_details(source) == "Before."

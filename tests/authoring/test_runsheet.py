"""The run sheet: the core of a chapter in one table, in the minutes of a room."""

from __future__ import annotations

from pathlib import Path

from nbformat.v4 import new_code_cell

from labsupport.authoring import chapter, notes
from labsupport.authoring.chapter import Chapter, Part, Step
from labsupport.authoring.notes import Notes
from labsupport.authoring.runsheet import run_sheet

PREDICT = new_code_cell('predict("Where is it?", {"here": "No.", "there": "Yes: it waits | there."}, right="there")')


def rows(found: Chapter, written: Notes) -> list[list[str]]:
    table = next(run_sheet(found, written))
    return [[cell.strip() for cell in line.replace("\\|", "/").split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_a_vote_has_its_letter_and_its_reason_and_an_exercise_its_question() -> None:
    steps = [Step("one", "One", 10, True, False, (PREDICT,)), Step("two", "Two", 20, True, False, ())]
    found = Chapter("42", "Names", Path("x"), (Part("42 Names"), Part("Part 1: a", [], steps)))
    said = {"one": {"late": "Skip it."}, "two": {"ask": "Why?", "say": "Short. And more. And most."}}
    assert rows(found, Notes("", said, "", saves={"one": 4})) == [
        ["", "**Part 1**", "**a**", "", "", "", ""],
        ["0", "One", "Where is it?", "B", "It waits / there.", "Skip it.", "4"],
        ["14", "Two", "Why?", "", "Short. And more.", "", ""],
        ["41", "*the end*", "", "", "", "", ""],
    ]


def test_the_sheet_of_a_chapter_has_its_core_and_ends_with_its_minutes(chapters: list[Path]) -> None:
    for path in chapters:
        found = chapter.read(path)
        made = rows(found, notes.read(found.number))
        core = [chapter.plain(step.title) for step in found.steps if step.core]
        assert [row[1] for row in made if row[0]] == [*core, "*the end*"]
        assert made[-1][0] == str(found.room)
        assert all(len(row) == 7 for row in made)


def test_what_is_not_in_the_table_stands_below_it(chapters: list[Path]) -> None:
    found = chapter.read(chapters[8])
    *_, further, capstone = run_sheet(found, notes.read("08"))
    assert further.startswith("Further, in a room: ")
    assert capstone.startswith("The capstone, in a room: *The specification* 16, ")

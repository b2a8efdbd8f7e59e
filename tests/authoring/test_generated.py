"""Cells that are written from elsewhere: exercises, and the table of systems."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from labsupport import exercises
from labsupport.authoring import systems
from labsupport.authoring.generated import fill


def cell(source: str, wanted: str) -> nbformat.NotebookNode:
    made = nbformat.v4.new_code_cell(source, metadata={"loopback": {"from": wanted}} if wanted else {})
    notebook: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=[made])
    return notebook


def test_a_starter_comes_with_the_line_that_checks_it() -> None:
    notebook = cell("old", "starter first_words")
    fill(notebook)
    assert notebook.cells[0].source.startswith(exercises.first_words.starter.rstrip())
    assert notebook.cells[0].source.endswith("\nexercises.first_words.check(first_words)")


def test_other_cells_stay() -> None:
    notebook = cell("mine", "")
    fill(notebook)
    assert notebook.cells[0].source == "mine"


def test_what_is_unknown_is_named() -> None:
    with pytest.raises(ValueError, match=r"'poem 3'; known are prompt, starter, systems"):
        fill(cell("", "poem 3"))


def test_every_row_of_the_table_stands_in_its_chapter(chapters: list[Path]) -> None:
    texts = {path.name[:2]: path.read_text("utf-8") for path in chapters}
    for row in systems.TABLE:
        assert nbformat.reads(texts[row.chapter], 4)
        assert any(row.what in each.source for each in nbformat.reads(texts[row.chapter], 4).cells), (
            f"{row.what} is not in chapter {row.chapter}"
        )


def test_a_chapter_without_differences_has_no_box() -> None:
    assert systems.box("99") == ""

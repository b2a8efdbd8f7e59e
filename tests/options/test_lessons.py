"""The experiments that the table points to are steps of the chapters, and each shows its option."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from labsupport.options import TABLE, Option, lessons

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TITLES = sorted(value for name, value in vars(lessons).items() if name.isupper())
HEADING = re.compile(r"^## (?:● )?(.+?) · \d+ min$", re.MULTILINE)


def steps(number: str) -> dict[str, str]:
    """The steps of a chapter by their headings, each with the sources of its cells."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    found: dict[str, str] = {}
    title = ""
    for cell in nbformat.read(path, as_version=4).cells:
        heading = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        title = heading[1] if heading else title
        found[title] = found.get(title, "") + cell.source + "\n"
    return found


@pytest.mark.parametrize("title", TITLES)
def test_a_lesson_is_the_heading_of_a_step(title: str) -> None:
    number, _, heading = title.partition(": ")
    assert heading in steps(number)


@pytest.mark.parametrize("row", [row for row in TABLE if row.shown_by], ids=lambda row: row.name)
def test_the_step_that_a_row_points_to_names_its_option(row: Option) -> None:
    number, _, heading = row.shown_by.partition(": ")
    assert re.search(rf"\b{row.name}\b", steps(number)[heading])

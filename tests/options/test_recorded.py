"""A recorded run says what the experiment of the chapter says, on a system that shows it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from labsupport.authoring.outputs import sanitised
from labsupport.options import recorded

CHAPTER = Path(__file__).parents[2] / "notebooks" / "06_socket_options.ipynb"
CELLS = {"two small writes": "nagle-run", "a cable is cut": "cable-run"}


def test_each_run_belongs_to_a_cell() -> None:
    assert set(CELLS) == set(recorded.RUNS)


@pytest.mark.parametrize("name", CELLS)
def test_a_recorded_run_says_the_same_as_the_stored_one(name: str) -> None:
    (cell,) = (cell for cell in nbformat.read(CHAPTER, as_version=4).cells if cell.id == CELLS[name])
    assert sanitised(recorded.RUNS[name]) == sanitised(cell.outputs[0].text.rstrip())


def test_it_is_said_to_be_recorded() -> None:
    first, _, rest = recorded.run("a cable is cut").partition("\n")
    assert "recorded" in first
    assert rest == recorded.RUNS["a cable is cut"]


def test_it_is_printed_only_where_the_system_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    recorded.unless(True, "two small writes")
    assert capsys.readouterr().out == ""
    recorded.unless(False, "two small writes")
    assert capsys.readouterr().out.rstrip() == recorded.run("two small writes")

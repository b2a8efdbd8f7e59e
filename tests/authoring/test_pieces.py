from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.authoring.pieces import in_screens, lines_of, programs

LINES = st.lists(st.sampled_from(["x = 1", "    y", "", ""]), max_size=60).map("\n".join)


@given(LINES, st.integers(3, 30))
def test_a_program_loses_no_line_and_none_moves(source: str, limit: int) -> None:
    pieces = programs(source, limit)
    kept = [line for piece in pieces for line in piece.splitlines() if line]
    assert kept == [line for line in source.splitlines() if line]


@given(LINES, st.integers(3, 30))
def test_a_piece_is_too_long_only_where_nothing_divides_it(source: str, limit: int) -> None:
    for piece in programs(source, limit):
        assert lines_of(piece) <= limit or "\n\n" not in piece


def test_functions_are_divided_before_their_bodies() -> None:
    one, two = "def one():\n    a\n\n    b", "def two():\n    c\n\n    d"
    assert programs(f"{one}\n\n\n{two}", 5) == [one, two]
    assert programs(f"{one}\n\n\n{two}", 20) == [f"{one}\n\n\n{two}"]


def test_a_text_is_divided_between_paragraphs() -> None:
    paragraph = "word " * 60  # four lines and a bit
    screens = in_screens(f"{paragraph}\n\n{paragraph}\n\n{paragraph}", first=8, other=13)
    assert [screen.count(paragraph.strip()) for screen in screens] == [1, 2]


@pytest.mark.parametrize("block", ["```python\na\n\nb\n```", "| a | b |\n|---|---|\n| c | d |"])
def test_a_program_and_a_table_stay_whole(block: str) -> None:
    assert block in in_screens(f"{'word ' * 200}\n\n{block}", first=8)


def test_no_text_is_no_screen() -> None:
    assert in_screens("", first=8) == []

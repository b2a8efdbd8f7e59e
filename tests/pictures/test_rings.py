"""The rings of the map: what is done is thick, what is left is thin, and the words say the same."""

from __future__ import annotations

import re
from math import pi

import pytest

from labsupport.pictures.rings import rings


def arcs(exercises: tuple[int, int], predictions: tuple[int, int]) -> list[float]:
    """The part of each ring that is thick, from the outer to the inner."""
    svg = rings("01", exercises, predictions, "words").svg()
    found = re.findall(r'r="(\d+)" fill="none" stroke-width="7" stroke-dasharray="([\d.]+) ', svg)
    return [round(float(length) / (2 * pi * int(radius)), 2) for radius, length in found]


@pytest.mark.parametrize(
    ("exercises", "predictions", "thick"),
    [((0, 4), (0, 9), []), ((1, 4), (0, 9), [0.25]), ((2, 4), (9, 9), [0.5, 1]), ((0, 0), (3, 2), [1])],
)
def test_the_rings_are_as_long_as_what_is_done(
    exercises: tuple[int, int], predictions: tuple[int, int], thick: list[float]
) -> None:
    assert arcs(exercises, predictions) == thick


def test_the_words_and_the_dark_colours_are_there() -> None:
    sheet = rings("07", (1, 2), (3, 4), "1 of 2 <exercises>")
    assert 'alt="07: 1 of 2 &lt;exercises&gt;"' in sheet.image()
    assert "prefers-color-scheme:dark" in sheet.svg()
    assert ">07</text>" in sheet.svg()

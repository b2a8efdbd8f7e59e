"""Plots: a card that is opaque, series that differ without colour, figures that are right."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.image import imread

from labsupport.authoring.outputs import comparable
from labsupport.pictures import plots
from labsupport.pictures.plots import Plot

TIMES = {"quiet": [0.010, 0.011, 0.012, 0.013], "stalled <b>": [0.010, 0.011, 0.210, 0.211]}
PAIRS = {"TCP": [(0, 1.0), (1, 2.0), (2, 6.0)], "UDP": [(0, 0.5), (2, 0.7)]}
MOMENTS = {"together": [0.1, 0.1, 0.1, 0.2], "spread": [0.0, 0.05, 0.1, 0.19]}

PLOTS: list[Callable[[], Plot]] = [
    lambda: plots.distribution(TIMES, what="arrived", title="Two links"),
    lambda: plots.points(PAIRS, x="message", y="arrived after (ms)"),
    lambda: plots.rate(MOMENTS, every=0.05),
]


@pytest.fixture(params=PLOTS, ids=["distribution", "points", "rate"])
def plot(request: pytest.FixtureRequest) -> Plot:
    made: Plot = request.param()
    return made


def test_the_card_is_opaque_and_twice_as_fine_as_the_screen(plot: Plot) -> None:
    pixels = imread(io.BytesIO(plot.png))
    assert pixels.shape[:2] == (640, 1200)
    assert pixels.shape[2] == 3 or (pixels[:, :, 3] == 1).all()


def test_what_is_drawn_reaches_the_card(plot: Plot) -> None:
    pixels = imread(io.BytesIO(plot.png))[:, :, :3]
    colours = {tuple(round(part * 255) for part in pixel) for pixel in pixels.reshape(-1, 3)[::3].tolist()}
    assert {(0, 0x72, 0xB2), (0xD5, 0x5E, 0)} <= colours


def test_text_has_a_line_for_each_series(plot: Plot) -> None:
    alt, *lines = plot.text().splitlines()
    assert alt == plot.alt
    assert [line.partition(": ")[0] for line in lines] == [row[0] for row in plot.rows]
    for line, row in zip(lines, plot.rows, strict=True):
        assert [cell for cell in row[1:] if cell not in line] == []


def test_a_cell_shows_a_picture_with_its_sentence_and_the_figures() -> None:
    shown = plots.distribution(TIMES)._repr_mimebundle_()
    assert shown["text/html"].startswith('<img alt="How long quiet and stalled &lt;b&gt; took: ')
    assert "<b>" not in shown["text/html"]
    assert shown["text/plain"] == plots.distribution(TIMES).text()


def test_the_figures_are_those_that_were_measured() -> None:
    rows = plots.distribution({"one": [0.001, 0.003, 0.002]}).rows
    assert rows == (("one", "3", "≈ 2 ms", "≈ 3 ms"),)
    assert plots.points(PAIRS, x="message", y="ms").rows[0] == ("TCP", "3", "≈ 1", "≈ 2", "≈ 6")
    assert plots.rate({"all": [0.1, 0.1, 0.1, 0.2]}, every=0.05).rows == (("all", "≈ 4", "≈ 3"),)


@pytest.mark.parametrize(("fewest", "head"), [(9, 4), (10, 5), (99, 5), (100, 6)])
def test_a_percentile_is_given_where_there_are_enough_for_it(fewest: int, head: int) -> None:
    plot = plots.distribution({"few": [0.001] * fewest, "many": [0.001] * 99 + [0.002]})
    assert plot.columns == (*("", "how many", "median", "p90", "p99")[: head - 1], "longest")


def test_two_measurements_compare_as_the_same_output() -> None:
    slower = {name: [time * 1.7 for time in times] for name, times in TIMES.items()}
    one, other = (
        [{"output_type": "display_data", "data": plots.distribution(times)._repr_mimebundle_(), "metadata": {}}]
        for times in (TIMES, slower)
    )
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: plots.distribution({}), "needs its series by name"),
        (lambda: plots.distribution({"quiet": []}), "'quiet' is empty"),
        (lambda: plots.points([(0, 1)], x="x", y="y"), "needs its series by name"),  # type: ignore[arg-type]
        (lambda: plots.rate(MOMENTS, every=0), "every=0 is not a span of time"),
    ],
)
def test_bad_input_is_told_in_one_sentence(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()

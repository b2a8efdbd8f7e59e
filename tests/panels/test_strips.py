"""Strips: times as marks on one axis, and the figures beside them."""

from __future__ import annotations

import re

import pytest

from labsupport.panels.parts.strips import axis, duration, middle_half, part, progress, quantity, scrolled, span, strip


@pytest.mark.parametrize(
    ("series", "ends"),
    [([[0.0002], [0.04]], (-4, -1)), ([[0.05]], (-2, -1)), ([[0.01, 0.01]], (-2, -1)), ([[], [0.0]], (-3, -2))],
)
def test_an_axis_goes_from_one_power_of_ten_to_another(series: list[list[float]], ends: tuple[int, int]) -> None:
    assert span(series) == ends


def test_a_mark_stands_where_its_time_lies() -> None:
    places = re.findall(r'cx="([\d.]+)%"', strip([0.001, 0.01, 0.1], (-3, -1)))
    assert places == ["0.0", "50.0", "100.0"]
    assert 'x1="50.0%" x2="50.0%"' in strip([0.001, 0.01, 0.1], (-3, -1))  # the median


def test_of_many_times_sixty_marks_are_left_with_the_first_and_the_last() -> None:
    drawn = strip([number / 1000 for number in range(1, 1001)], (-3, 0))
    places = re.findall(r'cx="([\d.]+)%"', drawn)
    assert (len(places), places[0], places[-1]) == (60, "0.0", "100.0")


def test_what_has_not_begun_or_is_beyond_the_axis_stays_on_it() -> None:
    places = re.findall(r'cx="([-\d.]+)%"', strip([0.0, 5.0], (-3, -1)))
    assert places == ["0.0", "100.0"]
    assert "circle" not in strip([], (-3, -1))


def test_the_axis_has_its_numbers_in_words_that_are_read() -> None:
    assert re.findall(r">([^<]+)</text>", axis((-3, 0))) == ["1 ms", "10 ms", "100 ms", "1 s"]
    assert re.findall(r">([^<]+)</text>", axis((-4, 0))) == ["0.1 ms", "10 ms", "1 s"]
    assert len(re.findall("</text>", axis((-9, 3)))) <= 4


def test_no_figure_has_a_power_of_ten() -> None:
    assert [quantity(value) for value in (12345.6, 41.234, 0.0412, 0.0001)] == ["12,346", "41.2", "0.0412", "0.0001"]
    assert (duration(0.0412), duration(1.74)) == ("≈ 41.2 ms", "≈ 1.74 s")
    assert middle_half([0.001, 0.002, 0.003, 0.004]) == "≈ 1 to 3 ms"
    assert part([1, 2, 3, 4], 0.5) == 2


def test_what_scrolls_and_what_goes_on_have_names() -> None:
    made = scrolled("Both", "in turn", "<table></table>")
    assert made.startswith('<p class="loopback-caption">in turn</p><div class="loopback-scrolled" role="region"')
    assert 'aria-label="Both" tabindex="0"><table>' in made
    assert '<progress value="3" max="8"></progress><span>3 of 8</span></label>' in progress(3, 8, "3 of 8")

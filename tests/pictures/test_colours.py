from __future__ import annotations

import itertools

import pytest

from labsupport.pictures.colours import BYTES, PALETTE, send

LIGHT, DARK = 0, 1


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, theme: int) -> float:
    light, dark = sorted((_luminance(PALETTE[name][theme]) for name in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("text", "ground"),
    [("ink", "page"), ("ink", "card"), ("ink", "head"), ("soft", "page"), ("soft", "card"), ("error", "errorback"),
     ("error", "page"), *(("ontop", name) for name in (*BYTES, "soft"))],
)  # fmt: skip
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert contrast(text, ground, theme) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("line", ["line", "pale", "soft", "wait", "error", *BYTES])
def test_lines_can_be_seen(line: str, theme: int) -> None:
    assert contrast(line, "page", theme) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_hatching_can_be_seen(theme: int) -> None:
    assert contrast("wait", "waitback", theme) >= 3


def test_two_sends_in_a_row_never_have_one_colour() -> None:
    assert all(send(number) != send(number + 1) for number in range(1, 30))
    assert len({PALETTE[name] for name in BYTES}) == len(BYTES)
    assert all(one != other for one, other in itertools.combinations(BYTES, 2))

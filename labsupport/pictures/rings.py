"""How far a chapter is done, as two rings: exercises outside, predictions inside."""

from __future__ import annotations

from math import pi
from typing import Final

from .colours import dark_css, stroke
from .draw.pen import BOLD, n, text
from .sheet import Arrangement, Sheet

__all__ = ["rings"]

_SIZE: Final = 64
_OUTER: Final = 27
_INNER: Final = 19


def rings(mark: str, exercises: tuple[int, int], predictions: tuple[int, int], words: str) -> Sheet:
    """The rings around a `mark` of two letters; each pair is how many are done, and of how many.

    What is done is a thick line from the top clockwise, what is left a thin one: they differ without colours too.
    `words` says the same.
    """
    body = _ring(_OUTER, *exercises, "b1") + _ring(_INNER, *predictions, "b3")
    body += text(_SIZE / 2, _SIZE / 2 + 5, mark, anchor="middle", more=f'font-size="14" {BOLD}')
    one = Arrangement(_SIZE, _SIZE, body)
    return Sheet(one, one, f"Chapter {mark}", f"{mark}: {words}", f"<style>{dark_css()}</style>")


def _ring(radius: int, done: int, count: int, colour: str) -> str:
    middle = _SIZE / 2
    place = f'cx="{n(middle)}" cy="{n(middle)}" r="{radius}" fill="none"'
    circle = f'<circle {place} stroke-width="2" {stroke("pale")}/>'
    if not done or not count:
        return circle
    length = 2 * pi * radius
    dash = f'stroke-dasharray="{n(length * min(done / count, 1))} {n(length)}"'
    turned = f'transform="rotate(-90 {n(middle)} {n(middle)})"'  # a circle begins at three o'clock
    return circle + f'<circle {place} stroke-width="7" {dash} {turned} {stroke(colour)}/>'

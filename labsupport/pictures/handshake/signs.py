"""What tells clear from secret: a colour, a hatching, a sign and a word, so that it shows in grey and is read aloud."""

from __future__ import annotations

from typing import Final

from labsupport.pictures.colours import dark_css, fill, stroke
from labsupport.pictures.draw.pen import BOLD, MONO, n, text

__all__ = ["CLEAR", "DEFS", "HATCH", "SEALED", "TINT", "colour", "paper", "sign", "word"]

CLEAR: Final = "b2"
SEALED: Final = "b1"
#: How strong the tint of what is clear is, and the hatching of what is secret: text on them can still be read.
TINT: Final = 0.1
HATCH: Final = 0.16

#: What the boxes refer to, and the dark palette.  Once in each document.
DEFS: Final = (
    f"<style>.m{{font-family:{MONO}}}{dark_css()}</style>"
    '<defs><pattern id="sealed" width="8" height="8" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">'
    f'<path d="M1.5 0V8" stroke-width="3" stroke-opacity="{HATCH}" {stroke(SEALED)}/></pattern></defs>'
)


def word(*, secret: bool) -> str:
    """What stands beside the sign."""
    return "secret" if secret else "in clear"


def colour(*, secret: bool) -> str:
    """The name of the colour."""
    return SEALED if secret else CLEAR


def paper(x: float, y: float, width: float, height: float, *, secret: bool) -> str:
    """The ground of a box, over the page: hatched where it is secret, else lightly tinted."""
    place = f'x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" rx="5"'
    page = f"<rect {place} {fill('card')}/>"
    if secret:
        return f'{page}<rect {place} fill="url(#sealed)"/>'
    return f'{page}<rect {place} fill-opacity="{TINT}" {fill(CLEAR)}/>'


def sign(right: float, y: float, *, secret: bool) -> str:
    """The word and its sign, which end at `right`; `y`: the line on which the word stands."""
    name, drawn = colour(secret=secret), _lock if secret else _eye
    return drawn(right - 15, y - 4) + text(right - 20, y, word(secret=secret), colour=name, anchor="end", more=BOLD)


def _lock(x: float, y: float) -> str:
    """A padlock, 15 pixels wide, its middle at `y`."""
    shackle = (
        f'<path d="M{n(x + 4)} {n(y)}v-2.5a3.5 3.5 0 0 1 7 0v2.5" fill="none" stroke-width="1.8" {stroke(SEALED)}/>'
    )
    return f'{shackle}<rect x="{n(x + 2)}" y="{n(y - 1)}" width="11" height="8" rx="1.5" {fill(SEALED)}/>'


def _eye(x: float, y: float) -> str:
    """An open eye, 15 pixels wide, its middle at `y`."""
    lids = f"M{n(x)} {n(y)}Q{n(x + 7.5)} {n(y - 9)} {n(x + 15)} {n(y)}Q{n(x + 7.5)} {n(y + 9)} {n(x)} {n(y)}z"
    pupil = f'<circle cx="{n(x + 7.5)}" cy="{n(y)}" r="2.4" {fill(CLEAR)}/>'
    return f'<path d="{lids}" fill="none" stroke-width="1.5" {stroke(CLEAR)}/>{pupil}'

"""The smallest pieces of SVG: text, lines, tips."""

from __future__ import annotations

from html import escape
from math import hypot
from typing import Final

from labsupport.pictures.colours import both, fill, stroke

__all__ = ["BOLD", "MONO", "SANS", "cross", "halo", "letter", "line", "mono", "n", "text", "tip"]

MONO: Final = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
SANS: Final = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
BOLD: Final = 'font-weight="600"'


def n(value: float) -> str:
    """A coordinate, no longer than it has to be."""
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, content: str, *, colour: str = "ink", anchor: str = "", more: str = "") -> str:
    """A line of text; `anchor` "middle" or "end", else it begins at `x`; `more`: attributes."""
    return _text(x, y, content, fill(colour), anchor, more)


def mono(x: float, y: float, content: str, *, colour: str = "ink", anchor: str = "", more: str = "") -> str:
    """A line of text in a monospaced font."""
    return _text(x, y, content, fill(colour, "m"), anchor, more)


def _text(x: float, y: float, content: str, colour: str, anchor: str, more: str) -> str:
    at = f' text-anchor="{anchor}"' if anchor else ""
    more = f" {more}" if more else ""
    return f'<text x="{n(x)}" y="{n(y)}"{at}{more} {colour}>{escape(content, quote=False)}</text>'


def halo(x: float, y: float, content: str, colour: str) -> str:
    """Text that stays readable where a line passes behind it."""
    width = len(content) * 3.9 + 3
    back = f'<rect x="{n(x - width)}" y="{n(y - 10)}" width="{n(2 * width)}" height="13" {fill("page")}/>'
    return back + text(x, y, content, colour=colour, anchor="middle")


def letter(x: float, y: float, mark: str, radius: int = 9) -> str:
    """The letter of a lane in a circle; without one for radius 0."""
    if not radius:
        return halo(x, y + 4.2, mark, "ink")
    circle = f'<circle cx="{n(x)}" cy="{n(y)}" r="{radius}" {both("head", "line")}/>'
    return circle + text(x, y + 4.2, mark, anchor="middle", more='font-weight="700"')


def cross(x: float, y: float) -> str:
    """Here something was lost."""
    return f'<path d="M{n(x - 6)} {n(y - 6)}l12 12m0 -12l-12 12" stroke-width="2.6" {stroke("error")}/>'


def line(start: float, end: float, y: float, until: float, colour: str, width: float, dash: str) -> str:
    """The shaft of an arrow: it stops short of its tip."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    along, down = _way(start, end, y, until)
    stop, low = end - 6 * along, until - 6 * down
    return f'<path d="M{n(start)} {n(y)}L{n(stop)} {n(low)}" stroke-width="{width}"{dashes} {stroke(colour)}/>'


def _way(start: float, end: float, y: float, until: float) -> tuple[float, float]:
    """The direction from one point to another, one long."""
    length = hypot(end - start, until - y)
    return ((end - start) / length, (until - y) / length) if length else (1.0, 0.0)


def tip(start: float, end: float, y: float, until: float, colour: str, size: float) -> str:
    """The head of an arrow, turned the way it goes."""
    along, down = _way(start, end, y, until)
    back, low, half = end - along * size, until - down * size, size * 0.45
    x, above = back + down * half, low - along * half
    if not down:  # as nearly always: shorter
        above, below = low - half, low + half
        return f'<path d="M{n(end)} {n(until)}L{n(back)} {n(above)}V{n(below)}z" {fill(colour)}/>'
    other = f"{n(back - down * half)} {n(low + along * half)}"
    return f'<path d="M{n(end)} {n(until)}L{n(x)} {n(above)}L{other}z" {fill(colour)}/>'

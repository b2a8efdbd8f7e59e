"""The smallest pieces of SVG: text, lines, tips."""

from __future__ import annotations

from html import escape
from typing import Final

from labsupport.pictures.colours import both, fill, stroke

__all__ = ["BOLD", "MONO", "SANS", "halo", "letter", "line", "mono", "n", "text", "tip"]

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


def line(start: float, end: float, y: float, until: float, colour: str, width: float, dash: str) -> str:
    """The shaft of an arrow: it stops short of its tip."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    stop = end - (6 if end > start else -6)
    return f'<path d="M{n(start)} {n(y)}L{n(stop)} {n(until)}" stroke-width="{width}"{dashes} {stroke(colour)}/>'


def tip(start: float, end: float, y: float, until: float, colour: str, size: float) -> str:
    """The head of an arrow, turned the way it goes."""
    way = 1 if end > start else -1
    slope = (until - y) / (end - start) if end != start else 0
    back, low = end - way * size, until - slope * way * size
    half = size * 0.45
    return f'<path d="M{n(end)} {n(until)}L{n(back)} {n(low - half)}V{n(low + half)}z" {fill(colour)}/>'

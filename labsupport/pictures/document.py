"""A whole ladder: both its arrangements, and the sentence that tells it."""

from __future__ import annotations

from typing import Final

from .colours import both
from .draw.pen import n, text
from .ladder.layout import Layout
from .legend import below
from .sheet import Arrangement, Sheet
from .svg import DEFS, fragment, heads

__all__ = ["MOST_ROWS", "drawing"]

#: Of a longer ladder the first and the last rows are stored.
MOST_ROWS: Final = 160
_LAST_ROWS: Final = 40
_TITLE: Final = "Who called what, who waited, and which bytes went where"


def drawing(wide: Layout, narrow: Layout, alt: str) -> Sheet:
    """A ladder as a sheet; `alt`: the sentence that tells it."""
    return Sheet(_picture(wide), _picture(narrow), _TITLE, alt, DEFS)


def _picture(layout: Layout) -> Arrangement:
    body, bottom = _rows(layout)
    foot, height = below(layout, bottom)
    card = f'<rect x=".5" y=".5" width="{layout.width - 1}" height="{n(height - 1)}" rx="8" {both("page", "edge")}/>'
    return Arrangement(layout.width, height, card + heads(layout) + body + foot)


def _rows(layout: Layout) -> tuple[str, float]:
    """All rows, or of very many the first and the last with a sentence between."""
    count = len(layout.rows)
    if count <= MOST_ROWS:
        return fragment(layout), layout.height
    first, last = MOST_ROWS - _LAST_ROWS, count - _LAST_ROWS
    cut, go_on = layout.rows[first].top, layout.rows[last].top
    words = f"{last - first:,} more rows: tape.live() shows them all"
    between = text(layout.width / 2, cut + 24, words, anchor="middle", more='font-weight="600"')
    shift = cut + 40 - go_on
    rest = f'<g transform="translate(0 {n(shift)})">{fragment(layout, last)}</g>'
    return fragment(layout, 0, first) + between + rest, layout.height + shift

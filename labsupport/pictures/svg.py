"""Any rows of a ladder as SVG, in the coordinates of the whole; the live ladder shows pages of them."""

from __future__ import annotations

from typing import Final

from .colours import dark_css, fill, stroke
from .draw.labels import heads, label
from .draw.pen import MONO
from .draw.spans import band, captions, crosses, lifeline, wait
from .draw.wires import wire
from .ladder.layout import Layout

__all__ = ["DEFS", "fragment", "heads"]

#: What the fragments refer to, and the dark palette.  Once in each document.
DEFS: Final = (
    f"<style>.m{{font-family:{MONO}}}{dark_css()}</style>"
    '<defs><pattern id="wait" width="6" height="6" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">'
    f'<rect width="6" height="6" {fill("waitback")}/><path d="M1.5 0V6" stroke-width="2.4" {stroke("wait")}/>'
    "</pattern></defs>"
)


def fragment(layout: Layout, first: int = 0, last: int | None = None) -> str:
    """The rows from `first` to before `last`: lifelines below, labels above all."""
    last = len(layout.rows) if last is None else min(last, len(layout.rows))
    if first >= last:
        return ""
    top = layout.rows[first].top if first else layout.top - 8
    bottom = layout.height if last == len(layout.rows) else layout.rows[last].top
    rows = layout.rows[first:last]
    parts = [lifeline(layout, lane, top, bottom) for lane in layout.story.lanes]
    parts += [wait(layout, one, top, bottom) for one in layout.waits if crosses(one, first, last)]
    parts += [band(layout, one, top, bottom) for one in layout.bands if crosses(one, first, last)]
    parts += [wire(layout, one) for one in layout.sloping if one.source.row < first <= one.last_row]
    parts += [wire(layout, one) for row in rows for one in row.wires]
    parts += captions(layout, first, last)
    parts += [label(layout, one) for row in rows for one in row.labels]
    return "".join(parts)

"""A whole picture: one SVG file that fits a wide and a narrow place, and the <img> around it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from math import ceil
from typing import Final

from .colours import both
from .draw.pen import SANS, n, text
from .ladder.layout import WIDE, Layout
from .legend import below
from .svg import DEFS, fragment, heads

__all__ = ["MOST_ROWS", "Drawing"]

#: Of a longer ladder the first and the last rows are stored.
MOST_ROWS: Final = 160
_LAST_ROWS: Final = 40
_SWITCH: Final = (
    "<style>.narrow{display:none}"
    f"@media (max-width:{WIDE - 1}.98px){{.wide{{display:none}}.narrow{{display:inline}}}}</style>"
)


@dataclass(frozen=True)
class Drawing:
    """A ladder in both its arrangements, and the sentence that tells it."""

    wide: Layout
    narrow: Layout
    alt: str

    def svg(self, width: int | None = None) -> str:
        """The file; with `width` only the arrangement that fits it, else both."""
        if width is not None:
            return self._one(self.wide if width >= self.wide.width else self.narrow)
        if self.wide.width == self.narrow.width:
            return self._one(self.wide)
        return self._both()

    def image(self) -> str:
        """An <img> that JupyterLab shows in a notebook that it does not trust, as wide as its place.

        Not narrower than the narrow arrangement, whose text is as small as text may be: in a place that is, JupyterLab
        scrolls it.
        """
        height = ceil(max(_picture(layout)[1] for layout in (self.wide, self.narrow)))
        style = f"max-width:100%;min-width:{self.narrow.width}px;height:{height}px"
        size = f'width="{self.wide.width}" height="{height}" style="{style}"'
        data = b64encode(self.svg().encode()).decode()
        return f'<img alt="{escape(self.alt)}" {size} src="data:image/svg+xml;base64,{data}">'

    def _one(self, layout: Layout) -> str:
        body, height = _picture(layout)
        size = f'width="{layout.width}" height="{n(height)}" viewBox="0 0 {layout.width} {n(height)}"'
        return self._file(size, body)

    def _both(self) -> str:
        """A unit is a pixel, so that text does not shrink with the picture.

        The file has no viewBox; the narrow picture has one, which makes it smaller where there is less room than it
        needs, and not larger where there is more, for its height is given.
        """
        (large, tall), (small, taller) = _picture(self.wide), _picture(self.narrow)
        body = (
            f'<svg class="wide" width="{self.wide.width}" height="{n(tall)}">{large}</svg>'
            f'<svg class="narrow" width="100%" height="{n(taller)}" viewBox="0 0 {self.narrow.width} {n(taller)}" '
            f'preserveAspectRatio="xMinYMin">{small}</svg>'
        )
        return self._file(f'width="100%" height="{ceil(max(tall, taller))}"', _SWITCH + body)

    def _file(self, size: str, body: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d" '
            f'font-family="{escape(SANS)}" font-size="12">'
            f'<title id="t">Who called what, who waited, and which bytes went where</title>'
            f'<desc id="d">{escape(self.alt, quote=False)}</desc>{DEFS}{body}</svg>'
        )


def _picture(layout: Layout) -> tuple[str, float]:
    body, bottom = _rows(layout)
    foot, height = below(layout, bottom)
    card = f'<rect x=".5" y=".5" width="{layout.width - 1}" height="{n(height - 1)}" rx="8" {both("page", "edge")}/>'
    return card + heads(layout) + body + foot, height


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

"""One SVG file that fits a wide and a narrow place, and the <img> around it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from math import ceil
from typing import Final, NamedTuple

from .draw.pen import SANS, n

__all__ = ["Arrangement", "Sheet"]

_SWITCH: Final = (
    "<style>.narrow{{display:none}}"
    "@media (max-width:{below}.98px){{.wide{{display:none}}.narrow{{display:inline}}}}</style>"
)

#: A margin that takes back what only the narrow arrangement needs.  A file in an <img> cannot say how high it is, and a
#: percentage is one of the place's width, so what it is less than is told by a product that leaves the bounds at once.
_WHERE_WIDE: Final = "clamp(-{spare}px,({below}.98px - 100%)*9999,0px)"


class Arrangement(NamedTuple):
    """What is drawn for one width: SVG, and the pixels that it takes."""

    width: int
    height: float
    body: str


@dataclass(frozen=True)
class Sheet:
    """A picture in two arrangements.

    `title`: what it is about; `alt`: what it tells, in a sentence or two; `defs`: the style sheet and what the bodies
    refer to.
    """

    wide: Arrangement
    narrow: Arrangement
    title: str
    alt: str
    defs: str

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
        width, height = self.wide.width, ceil(max(self.wide.height, self.narrow.height))
        style = f"max-width:100%;min-width:{self.narrow.width}px;height:{height}px"
        spare = height - ceil(self.wide.height)
        if spare:
            style += f";margin-bottom:{_WHERE_WIDE.format(spare=spare, below=width - 1)}"
        size = f'width="{width}" height="{height}" style="{style}"'
        data = b64encode(self.svg().encode()).decode()
        image = f'<img alt="{escape(self.alt)}" {size} src="data:image/svg+xml;base64,{data}">'
        return f'<div style="overflow:auto hidden">{image}</div>' if spare else image

    def _one(self, one: Arrangement) -> str:
        size = f'width="{one.width}" height="{n(one.height)}" viewBox="0 0 {one.width} {n(one.height)}"'
        return self._file(size, one.body)

    def _both(self) -> str:
        """A unit is a pixel, so that text does not shrink with the picture.

        The file has no viewBox; the narrow picture has one, which makes it smaller where there is less room than it
        needs, and not larger where there is more, for its height is given.
        """
        wide, narrow = self.wide, self.narrow
        body = (
            f'<svg class="wide" width="{wide.width}" height="{n(wide.height)}">{wide.body}</svg>'
            f'<svg class="narrow" width="100%" height="{n(narrow.height)}" '
            f'viewBox="0 0 {narrow.width} {n(narrow.height)}" preserveAspectRatio="xMinYMin">{narrow.body}</svg>'
        )
        size = f'width="100%" height="{ceil(max(wide.height, narrow.height))}"'
        return self._file(size, _SWITCH.format(below=wide.width - 1) + body)

    def _file(self, size: str, body: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d" '
            f'font-family="{escape(SANS)}" font-size="12">'
            f'<title id="t">{escape(self.title, quote=False)}</title>'
            f'<desc id="d">{escape(self.alt, quote=False)}</desc>{self.defs}{body}</svg>'
        )

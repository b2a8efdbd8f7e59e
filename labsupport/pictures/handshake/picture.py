"""The picture of one handshake, or of several side by side."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from labsupport.pictures.ladder.across import NARROW, WIDE
from labsupport.pictures.sheet import Arrangement, Sheet

from .draw import Page, draw
from .model import Story
from .signs import DEFS
from .story import Handshake, tell
from .twin import sentence, twin

__all__ = ["Flights", "flights"]

_TITLE: Final = "Which messages a handshake sends, and which of them an eavesdropper can read"


class Flights:
    """The flights of handshakes.  Shown in a cell it is the picture, with its text for readers without one."""

    def __init__(self, *stories: Story) -> None:
        self._stories = stories

    @cached_property
    def _sheets(self) -> list[Sheet]:
        narrow = [draw(story, NARROW) for story in self._stories]
        # Several stand beside each other like words, at the foot of a line: their tops are level if they are as high.
        height = max(page.height for page in narrow)
        wide = [draw(story, WIDE, height) for story in self._stories] if len(narrow) == 1 else narrow
        return [
            Sheet(_arrangement(one, height), _arrangement(other, height), _TITLE, sentence(story), DEFS)
            for one, other, story in zip(wide, narrow, self._stories, strict=True)
        ]

    def svg(self, width: int | None = None) -> str:
        """The picture of the first handshake as SVG.

        `width`: the pixels that there are for it; without it the file holds a wide and a narrow arrangement,
        and shows the one that fits where it is put.
        """
        return self._sheets[0].svg(width)

    def text(self) -> str:
        """The picture as text of at most 100 columns, with the same facts."""
        return "\n\n".join(map(twin, self._stories))

    def alt(self) -> str:
        """The picture in a few sentences."""
        return " ".join(map(sentence, self._stories))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": " ".join(sheet.image() for sheet in self._sheets), "text/plain": self.text()}


def flights(first: Handshake, *others: Handshake) -> Flights:
    """Draw what two ends sent each other in a handshake, and what of it an eavesdropper could read.

    With another handshake, such as one of TLS 1.2, both are drawn, side by side where there is room.  The picture is
    the same on every run: it has names and their order, and neither lengths nor random bytes.  `panels.handshake`
    shows every byte.
    """
    return Flights(*map(tell, (first, *others)))


def _arrangement(page: Page, height: float) -> Arrangement:
    return Arrangement(int(page.width), max(page.height, height), page.body)

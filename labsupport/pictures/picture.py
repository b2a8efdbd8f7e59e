"""An excerpt of the tape that shows itself as a ladder."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from labsupport.tape.excerpt import Excerpt

from .alt import sentence
from .document import drawing
from .ladder.layout import Layout, lay_out_both
from .text import twin

__all__ = ["Picture"]


class Picture(Excerpt):
    """Events of the tape, and the ladder that they make.

    Shown in a cell it is the picture, with its text beside it for readers without one.
    """

    @cached_property
    def _layouts(self) -> tuple[Layout, Layout]:
        return lay_out_both(self)

    def svg(self, width: int | None = None) -> str:
        """The ladder as SVG.

        `width`: the pixels that there are for it; without it the file holds a wide and a narrow arrangement,
        and shows the one that fits where it is put.
        """
        return drawing(*self._layouts, self.alt()).svg(width)

    def text(self) -> str:
        """The ladder as text of at most 100 columns, with the same facts."""
        return twin(self._layouts[0].story)

    def alt(self) -> str:
        """The ladder in one sentence."""
        return sentence(self._layouts[0].story)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": drawing(*self._layouts, self.alt()).image(), "text/plain": self.text()}

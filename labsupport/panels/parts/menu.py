"""A menu that also works by keyboard in JupyterLab, which takes the keys in one of ipywidgets to be its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .choices import Choices

__all__ = ["Menu"]

_HERE: Final = Path(__file__).parent


class Menu(Choices):
    """One of `options`, at first the first of them; for more than one would put on the page as radio buttons."""

    _esm = _HERE / "menu.js"
    _css = _HERE / "menu.css"

    def __init__(self, options: Iterable[str], description: str) -> None:
        super().__init__(options, description)
        self.value = self.options[0]

    def offer(self, options: Iterable[str]) -> None:
        """Other options, of which the first is chosen."""
        with self.hold_sync():
            self.options = list(options)
            self.value = self.options[0]

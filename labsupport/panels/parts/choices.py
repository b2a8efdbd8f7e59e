"""Radio buttons that also work by the arrow keys in JupyterLab.

Those of ipywidgets have no common `name`, so to a browser each is a group of its own, and JupyterLab takes an arrow
key in one of them to mean the next cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

__all__ = ["Choices"]

_HERE: Final = Path(__file__).parent


class Choices(anywidget.AnyWidget):
    """One of `options`, a text each, or none yet.

    `value`: what is chosen, None before; TraitError for what is no option.  `description`: the name of the group;
    `disabled`: it can be read, and no longer changed.
    """

    _esm = _HERE / "choices.js"
    _css = _HERE / "choices.css"

    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    value = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    description = traitlets.Unicode("").tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)

    def __init__(self, options: Iterable[str], description: str) -> None:
        super().__init__(options=list(options), description=description)

    @traitlets.validate("value")
    def _one_of_them(self, proposal: Any) -> Any:
        value = proposal["value"]
        if value is not None and value not in self.options:
            raise traitlets.TraitError(f"{value!r} is none of the choices: {', '.join(map(repr, self.options))}")
        return value

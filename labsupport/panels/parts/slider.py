"""A slider with its number beside it, each with a name that a screen reader can say: those of ipywidgets have none."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

__all__ = ["Slider"]

_HERE: Final = Path(__file__).parent


class Slider(anywidget.AnyWidget):
    """A number from `min` to `max`, by dragging, by the arrow keys, or typed.

    `value`: the number, kept between the two ends (a float where `step` is one); `unit`: what stands behind it;
    `description`: its name; `disabled`: it can be read, and no longer changed.
    """

    _esm = _HERE / "slider.js"
    _css = _HERE / "slider.css"

    min = traitlets.Float(0).tag(sync=True)
    max = traitlets.Float(100).tag(sync=True)
    step = traitlets.Float(1).tag(sync=True)
    value = traitlets.Float(0).tag(sync=True)
    unit = traitlets.Unicode("").tag(sync=True)
    description = traitlets.Unicode("").tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, description: str, value: float, *, least: float = 0, most: float = 100, step: float = 1, unit: str = ""
    ) -> None:
        super().__init__(description=description, min=least, max=most, step=step, unit=unit)
        self.value = value

    @traitlets.validate("value")
    def _between_the_ends(self, proposal: Any) -> float:
        value = float(proposal["value"])
        if math.isnan(value):
            raise traitlets.TraitError(f"{self.description} is a number from {self.min:g} to {self.max:g}")
        value = min(max(value, self.min), self.max)
        return round(value) if self.step.is_integer() else value

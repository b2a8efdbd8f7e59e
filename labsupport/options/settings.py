"""What the system made of a value that was asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from labsupport.kernel.tables import Shown

from .option import Option

__all__ = ["Setting"]


@dataclass(frozen=True)
class Setting(Shown):
    """What became of an option that was set; shown as one sentence.

    - `option`: the row of the table.  `asked`: the value that was asked for.
    - `before`, `made`: what the system said that the value is, before and after; None where it does not tell.
    """

    option: Option
    asked: Any
    before: Any
    made: Any

    @property
    def verdict(self) -> str:
        """One of "as asked", "doubled", "clamped", "rounded", "ignored", "changed", "not told"."""
        if self.made is None:
            return "not told"
        if _same(self.made, self.asked):
            return "as asked"
        if not isinstance(self.made, bool) and _same(self.made, _twice(self.asked)):
            return "doubled"
        if self.option.limit:
            return "clamped"
        if self.option.steps:
            return "rounded"
        return "ignored" if _same(self.made, self.before) else "changed"

    def text(self) -> str:
        """The sentence, such as "SO_RCVBUF: asked 4,096 bytes, the system made 8,192 bytes of it (doubled; ...)"."""
        name, shown = self.option.name, self.option.kind.shown
        if self.verdict == "not told":
            return f"{name} was set; the system does not tell what it holds."
        if self.verdict == "as asked":
            return f"{name} is {shown(self.made)}, as asked."
        return f"{name}: asked {shown(self.asked)}, {self._became(shown(self.made))}."

    def _became(self, made: str) -> str:
        how = self.option.treated if self.verdict in ("clamped", "rounded") else ""
        colon = ": " if how else ""
        reason = f"({self.verdict}{colon}{how}; {self.option.source})"
        if self.verdict == "ignored":
            return f"and it is still {made} {reason}"
        return f"the system made {made} of it {reason}"

    def __repr__(self) -> str:
        return self.text()


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, abs_tol=1e-9)
    return bool(one == other)


def _twice(value: Any) -> Any:
    return value * 2 if isinstance(value, int | float) else None

"""Two connections that are alike but for one option: drawn once, and then measured in turn."""

from __future__ import annotations

import queue
from typing import Final

from labsupport.measure import Comparison, compare
from labsupport.panels.parts.experiment import Experiment

from .changes import DEFAULT, Change
from .side import PATIENCE, Side
from .traffic import TRAFFIC

__all__ = ["SECONDS", "TRIALS", "SideBySide"]

#: Trials of each that count, if there is time for them, and the seconds that there are.
TRIALS: Final = 15
SECONDS: Final = 4.0


class SideBySide(Experiment):
    """A default connection and one with this `change`, which both carry the traffic of this name.

    - `sides`: the two, by name, the default one first; `progress`: trials that are over, and how many there are.
    - `trouble`: why it could not be done, or not to its end, as a sentence; "" where all went well.
    """

    def __init__(self, change: Change, name: str) -> None:
        default, changed = (Side(one, TRAFFIC[name]) for one in (change.left_out, change))
        super().__init__(measure=self._measure, default=default.serve, changed=changed.serve)
        self.sides = {DEFAULT: default, change.name: changed}
        self.change = change
        self.name = name
        self.progress = (0, 0)
        self.trouble = ""
        self._found: Comparison | None = None

    @property
    def found(self) -> Comparison:
        """What was measured, at the end or so far."""
        so_far = {name: side.times[1:] for name, side in self.sides.items()}
        return self._found or Comparison(so_far, "cancelled" if self.stopped.is_set() else "")

    def stop(self) -> None:
        """End soon, whatever is going on."""
        super().stop()
        for side in self.sides.values():
            side.stop()

    def _measure(self) -> None:
        try:
            for side in self.sides.values():
                side.draw()
            ways = {name: side.trial for name, side in self.sides.items()}
            self._found = compare(ways, trials=TRIALS, seconds=SECONDS, on_trial=self._count, cancel=self.stopped)
        except (OSError, ValueError, queue.Empty) as error:
            if not self.stopped.is_set():
                self.trouble = _why(error)
        finally:
            for side in self.sides.values():
                side.end()

    def _count(self, done: int, of: int) -> None:
        self.progress = (done, of)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError | queue.Empty):
        return f"A call took more than {PATIENCE:g} s, so it ended there."
    return f"{type(error).__name__}: {error}"

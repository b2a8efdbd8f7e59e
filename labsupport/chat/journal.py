"""The server's log: one line an event, for people.  Nothing that was said in the room stands in it.

Whatever comes from a stranger has gone through `shown` before it gets here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from .limits import Bucket

__all__ = ["Journal"]

#: Lines at once, and lines a second: who knocks a thousand times fills no disk.
_PACE: Final = (200, 20.0)


class Journal:
    """Writes lines with the time of day; those that come too fast are counted instead."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._pace = Bucket(*_PACE, time.monotonic())
        self._left_out = 0

    def note(self, text: str) -> None:
        """Write a line."""
        if not self._pace.take(time.monotonic()):
            self._left_out += 1
            return
        self.flush()
        self._line(text)

    def flush(self) -> None:
        """Say how many lines were left out, if any were."""
        if self._left_out:
            self._line(f"… and {self._left_out} lines more, which came too fast")
            self._left_out = 0

    def _line(self, text: str) -> None:
        self._write(f"{datetime.now().astimezone():%H:%M:%S} {text}")

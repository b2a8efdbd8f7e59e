"""Which cell of a notebook runs: for what must wait for the next one, and for what the same one made before."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["NextCell", "replace_earlier"]


def _shell() -> Any:
    """The interactive shell of this kernel, or None: a script, a test."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


class NextCell:
    """Calls `ran` once, when the cell after the one that runs now has run to its end or to an error.

    A cell that was interrupted does not count: what it was to show has not been seen.  Without a notebook nothing runs,
    and `there` is False.
    """

    def __init__(self, ran: Callable[[], None]) -> None:
        self._ran = ran
        self._armed = False
        self._shell = _shell()
        self.there = self._shell is not None
        if self.there:
            self._shell.events.register("pre_run_cell", self._before)
            self._shell.events.register("post_run_cell", self._after)

    def _before(self, _info: object = None) -> None:
        # The cell in which this was made began before: the first beginning that is seen is the next cell's.
        self._armed = True

    def _after(self, result: Any = None) -> None:
        if self._armed and not isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt):
            self.forget()
            self._ran()

    def forget(self) -> None:
        """Call nobody."""
        shell, self._shell = self._shell, None
        if shell is None:
            return
        for event, function in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
            try:
                shell.events.unregister(event, function)
            except ValueError:
                pass  # somebody has cleared the list


_made: weakref.WeakKeyDictionary[Any, tuple[str, str]] = weakref.WeakKeyDictionary()


Widget = TypeVar("Widget")


def replace_earlier(widget: Widget) -> Widget:
    """The same widget, after those that an earlier run of this cell gave to this function have been closed."""
    here = _here()
    if here is None:
        return widget
    for other, (cell, run) in list(_made.items()):
        if cell == here[0] and run != here[1]:
            del _made[other]
            other.close()
    _made[widget] = here
    return widget


def _here() -> tuple[str, str] | None:
    """The id of the cell that runs now, and of this run of it, as the front end told the kernel."""
    shell = _shell()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else None
    if not isinstance(parent, dict):
        return None
    cell = parent.get("metadata", {}).get("cellId")
    run = parent.get("header", {}).get("msg_id")
    return (cell, run) if cell and run else None

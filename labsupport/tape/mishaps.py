"""An exception in a background thread, told once, where the learner looks.

A thread has no cell of its own, and where its print lands depends on the version of
ipykernel.  So in a notebook the traceback waits until the cell that runs has run, and is shown
under it; unless the program has been asked for its error by then, which is looking too.
Outside notebooks it is printed at once.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

from .frames import told, trimmed
from .programs import Owner, current
from .stopped import Stopped
from .watched import installed

__all__ = ["Mishap", "after_each_cell", "failed", "first", "tend"]

_untold: list[Callable[[], None]] = []
_first: weakref.WeakKeyDictionary[Owner, Mishap | None] = weakref.WeakKeyDictionary()


class Mishap:
    """`error` was raised in the program called `name`.

    `text`: its traceback, in the learner's own frames.  `error`: itself, without the variables
    of its frames.
    """

    def __init__(self, name: str, error: BaseException) -> None:
        self.name = name
        self.text = told(error)
        self.error = trimmed(error)
        self.seen = False  # whoever should look has looked
        self.printed = False

    def __str__(self) -> str:
        return f"{self.name} raised an exception.\n{self.text}"

    def show(self) -> None:
        """Show it under the cell that runs; without a notebook, now."""
        _show(self.print)

    def to_raise(self) -> BaseException:
        """The error, for a `raise ... from`: that shows its traceback, unless it was printed before."""
        self.seen = True
        return self.error.with_traceback(None) if self.printed else self.error

    def print(self) -> None:
        """Print it in the cell that runs, unless it has been seen."""
        if not self.seen:
            self.seen = self.printed = True
            _print(str(self))


def tend(owner: Owner) -> None:
    """From now on the exceptions of `owner`'s threads, and what it is to `tell`, are shown as this module says.

    Raises:
        RuntimeError: the tape is not installed, so that nobody can follow the owner's sockets.
    """
    if not installed():
        raise RuntimeError("labsupport.uninstall() was called, so no server can be followed; restart the kernel")
    _first.setdefault(owner, None)
    name = owner.name
    owner.tell = lambda text: _show(lambda: _print(f"{name}: {text}\n"))
    if getattr(threading.excepthook, "before", None) is None:
        threading.excepthook = _Hook(threading.excepthook)
    after_each_cell(_after_cell)


def failed(owner: Owner, error: BaseException, *, where: str = "", show: bool = True) -> None:
    """`error` was raised `where` ("a thread of ") in `owner`; if it is the first, it is `first(owner)`."""
    if owner.halted is not None:
        return  # it was made to end: no mistake of its own
    mishap = Mishap(f"{where}{owner.name}", error)
    if _first.get(owner) is None:
        _first[owner] = mishap
    mishap.seen = not show
    mishap.show()


def first(owner: Owner) -> Mishap | None:
    """The first mishap of `owner`, if it has had one."""
    return _first.get(owner)


class _Hook:
    """`threading.excepthook`: a thread that a tended owner has started tells as its owner does."""

    def __init__(self, before: Any) -> None:
        self.before = before

    def __call__(self, args: Any) -> None:
        owner = current().owner
        if issubclass(args.exc_type, Stopped):
            return
        if owner is None or owner not in _first:
            self.before(args)
        else:
            failed(owner, args.exc_value, where="a thread of ")


def _show(tell: Callable[[], None]) -> None:
    if _shell() is None:
        tell()
    else:
        _untold.append(tell)


def _print(text: str) -> None:
    # Past the router: this is no print of the program's own.
    print(text, end="", file=getattr(sys.stderr, "_stream", sys.stderr))


def _after_cell(_result: Any = None) -> None:
    while _untold:
        _untold.pop(0)()


def after_each_cell(call: Callable[..., None]) -> bool:
    """From now on, and also for the cell that runs, `call` gets IPython's result of each cell.  False: no notebook."""
    found = _shell()
    if found is not None and call not in found.events.callbacks["post_run_cell"]:
        found.events.register("post_run_cell", call)
    return found is not None


def _shell() -> Any:
    """The notebook's shell, or None outside one.  IPython is not imported for this question."""
    interactive = sys.modules.get("IPython.core.interactiveshell")
    if interactive is None or not interactive.InteractiveShell.initialized():
        return None
    return interactive.InteractiveShell.instance()

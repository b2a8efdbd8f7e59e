"""Exercises: write it, have it checked, ask for a hint.

    >>> exercises.echo_server.check(echo_server)
    >>> exercises.echo_server.hint()

`ALL` lists them; each is found by its name.  A check plays the other side on real connections, and what it says is
drawn from the tape.
"""

from __future__ import annotations

import difflib
import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from labsupport.progress import follow
from labsupport.progress import reset as forget
from labsupport.progress import restore as put_back

from .engine import Exercise, Mistake, Verdict
from .engine.verdict import Words

if TYPE_CHECKING:
    from .overview import Overview

    ALL: list[Exercise]

__all__ = ["ALL", "Exercise", "Mistake", "Verdict", "progress", "reset", "restore"]

#: Every chapter imports this room first, so from here on it is known which cell a learner ran last.
follow()

_CHAPTERS: Final = tuple(f"chapter_{number:02}" for number in range(9))


@cache
def _all() -> dict[str, Exercise]:
    modules = [import_module(f"{__name__}.{chapter}") for chapter in _CHAPTERS]
    return {each.name: each for module in modules for each in module.EXERCISES}


def progress() -> Overview:
    """The map: what is done, chapter by chapter, and what to do next."""
    from .overview import Overview

    return Overview(list(_all().values()))


def reset() -> Words:
    """Forget all that is done: exercises, predictions, recall questions, hints.  No cell is changed; see `restore`."""
    for exercise in _all().values():
        exercise.forget_hints()
    said = forget()
    return Words(said or "All is forgotten. Your notebooks are as they were. `exercises.restore()` takes it back.")


def restore() -> Words:
    """Take back what was forgotten by `reset`, of one exercise or of all.  What was done since stays."""
    return Words(put_back() or "What was forgotten is back.")


def __getattr__(name: str) -> Any:
    """An exercise by its name, or `ALL`."""
    if name == "ALL":
        return list(_all().values())
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = _all().get(name)
    if found is None:
        raise AttributeError(_unknown(name), name=name, obj=sys.modules[__name__])
    return found


def __dir__() -> list[str]:
    """The public names, and the exercises."""
    return sorted({*__all__, *_all()})


def _unknown(name: str) -> str:
    names = list(_all())
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f"There is no exercise {name!r}. " + (
        f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(names)}."
    )

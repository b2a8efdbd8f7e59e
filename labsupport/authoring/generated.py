"""Cells that are written from elsewhere, so that nothing is said in two places.

A cell whose metadata has `loopback.from` gets its source at each build:

- "prompt NAME", "starter NAME": of the exercise NAME, the starter with the line that checks it;
- "systems CHAPTER": what is different on macOS and Windows, from the one table.

And the heading of a step says its minutes, with a ● where the step is part of the core.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from nbformat import NotebookNode

from labsupport import exercises

from . import systems

__all__ = ["fill"]


def _exercise(name: str) -> exercises.Exercise:
    found: object = getattr(exercises, name)
    assert isinstance(found, exercises.Exercise), name
    return found


def _prompt(name: str) -> str:
    prompt: str = _exercise(name).prompt
    return prompt


def _starter(name: str) -> str:
    exercise = _exercise(name)
    return f"{exercise.starter.rstrip()}\n\n\nexercises.{exercise.name}.check({exercise.name})"


_SOURCES: Final[Mapping[str, Callable[[str], str]]] = {
    "prompt": _prompt,
    "starter": _starter,
    "systems": systems.box,
}


_HEADING: Final = re.compile(r"^## (?:● )?(.+?)(?: · \d+ min)?$", re.MULTILINE)


def _heading(source: str, minutes: int, core: bool) -> str:
    mark = "● " if core else ""
    return _HEADING.sub(lambda found: f"## {mark}{found[1]} · {minutes} min", source, count=1)


def fill(notebook: NotebookNode) -> None:
    """Write the cells of `notebook` that are written from elsewhere, in place."""
    for cell in notebook.cells:
        course = cell.metadata.get("loopback", {})
        wanted = str(course.get("from", ""))
        if not wanted:
            if cell.cell_type == "markdown" and "minutes" in course:
                cell.source = _heading(cell.source, course["minutes"], bool(course.get("core")))
            continue
        kind, _, name = wanted.partition(" ")
        if kind not in _SOURCES:
            raise ValueError(f"cell {cell.id} is to be written from {wanted!r}; known are {', '.join(_SOURCES)}")
        cell.source = _SOURCES[kind](name)

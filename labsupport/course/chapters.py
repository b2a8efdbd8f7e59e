"""What is in a chapter: its title, its steps, its exercises and its questions, read from the notebook."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .questions import Question, asked, recalled

__all__ = ["Chapter", "Step", "chapters", "heading", "read"]

_HEADING: Final = re.compile(r"^#{1,2} (?:● )?(.+?)(?: · \d+ min)?\s*$", re.MULTILINE)
_ABLE: Final = re.compile(r"^At the end you can (.+?\.)(?=\s|$)", re.MULTILINE)
_NAME: Final = re.compile(r"(\d\d)_\w+\.ipynb")


@dataclass(frozen=True)
class Step:
    """A heading of a chapter: the id of its cell, its text without minutes, and whether it is part of the core."""

    cell: str
    title: str
    core: bool


@dataclass(frozen=True)
class Chapter:
    """A chapter as its notebook says it.

    - `number`: 0 for chapter 00; `file`: the notebook's name; `title`: without the number;
    - `able`: what one can do at the end, "" where it is not said, in Markdown;
    - `exercises`: by name, the id of the cell that asks for each; `questions`: its predictions and recall questions.
    """

    number: int
    file: str
    title: str
    able: str
    exercises: Mapping[str, str]
    questions: tuple[Question, ...]
    _steps: tuple[tuple[int, Step], ...]
    _cells: Mapping[str, int]

    @property
    def predictions(self) -> list[Question]:
        """The questions that are asked before an experiment."""
        return [question for question in self.questions if question.choices]

    def is_core(self, exercise: str) -> bool:
        """Whether this exercise is part of the core."""
        step = self.step(self.exercises[exercise])
        return step is not None and step.core

    def step(self, cell: str) -> Step | None:
        """The step in which the cell with this id stands; None for a cell that is not in the file."""
        if cell not in self._cells:
            return None
        before = bisect_right([place for place, _ in self._steps], self._cells[cell])
        return self._steps[before - 1][1] if before else None


def chapters(folder: Path) -> list[Chapter]:
    """The chapters in a folder, in order.  A file that is no notebook, or no chapter, is passed over."""
    found = (read(path) for path in sorted(folder.glob("*.ipynb")))
    return [chapter for chapter in found if chapter is not None]


def read(path: Path) -> Chapter | None:
    """The chapter in a file; None for what is none: another name, another shape."""
    name = _NAME.fullmatch(path.name)
    if name is None:
        return None
    try:
        cells = [_Cell(cell) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    number = int(name[1])
    texts = [cell for cell in cells if cell.kind == "markdown"]
    able = _ABLE.search(texts[0].source) if texts else None
    steps = tuple(_headings(cells))
    return Chapter(
        number,
        path.name,
        steps[0][1].title.removeprefix(f"{name[1]} ") if steps else path.stem,
        able[1] if able else "",
        {cell.prompt: cell.name for cell in texts if cell.prompt},
        tuple(_questions(cells, number)),
        steps,
        {cell.name: place for place, cell in enumerate(cells)},
    )


def heading(source: str) -> str:
    """The first heading of a Markdown cell as its text, without the mark of the core and the minutes; "" for none."""
    found = _HEADING.search(source)
    return found[1] if found else ""


class _Cell:
    """A cell of a notebook file: its kind, its id, its source, and the exercise that it asks for ("" if none)."""

    def __init__(self, cell: Mapping[str, Any]) -> None:
        self.kind, self.name = str(cell["cell_type"]), str(cell.get("id", ""))
        self.source = "".join(cell["source"])
        course = cell.get("metadata", {}).get("loopback", {})
        self.core = course.get("core") is True
        wanted = str(course.get("from", ""))
        self.prompt = wanted.removeprefix("prompt ") if wanted.startswith("prompt ") else ""


def _headings(cells: list[_Cell]) -> Iterator[tuple[int, Step]]:
    for place, cell in enumerate(cells):
        if cell.kind == "markdown" and (title := heading(cell.source)):
            yield place, Step(cell.name, title, cell.core)


def _questions(cells: list[_Cell], chapter: int) -> Iterator[Question]:
    for cell in cells:
        if cell.kind == "code":
            yield from asked(cell.source, chapter)
        elif cell.name == "recall":
            yield from recalled(cell.source, chapter)

"""A chapter as teachers see it: parts of steps, each with its minutes, read from a notebook's cells.

A **step** begins at a cell with `loopback.minutes`; a **part** at a cell with a heading of the first level.
`loopback.core` tells the core from what leads further, `loopback.part` "capstone" what belongs to the capstone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import nbformat
from nbformat import NotebookNode

from labsupport import exercises
from labsupport.course.chapters import heading

__all__ = [
    "IN_A_ROOM",
    "Chapter",
    "Part",
    "Question",
    "Step",
    "body",
    "height",
    "images",
    "plain",
    "questions",
    "read",
    "title_of",
    "without_details",
]

_HEAD: Final = re.compile(r"\A(---\n+)?(\*[^*\n]+\*\n+)?#{1,2} .*\n*")
_IMAGE: Final = re.compile(r"<img[^>]+data:image/[^>]+>")
_TALL: Final = re.compile(r"\bheight=\"(\d+)\"")
_BOLD: Final = re.compile(r"^\*\*(.+?)\*\*")
#: What is folded away; a fold may have one of its own in it.
_DETAILS: Final = re.compile(
    r"<details>\s*<summary>(.*?)</summary>((?:<details>.*?</details>|(?!<details>).)*?)</details>\s*", re.DOTALL
)


#: How much longer a step takes in a room, where it is read aloud, voted on and talked about, than at a desk: estimated.
IN_A_ROOM: Final = 1.35


@dataclass(frozen=True)
class Step:
    """A step of a lesson: the cell that it begins at, and those up to the next step.

    - `name`: the id of its first cell; `core`: whether all learners take it.
    - `minutes`: whole ones, of one person at a desk.
    - `capstone`: whether it is part of the capstone; `exercise`: that which it asks for, or None.
    - `factor`: how much longer it takes in a room.
    """

    name: str
    title: str
    minutes: int
    core: bool
    capstone: bool
    cells: tuple[NotebookNode, ...]
    factor: float = IN_A_ROOM

    @property
    def room(self) -> int:
        """Minutes in a room."""
        return round(self.minutes * self.factor)

    @property
    def exercise(self) -> exercises.Exercise | None:
        """The exercise whose starter stands in this step, or None."""
        for cell in self.cells:
            kind, _, name = str(cell.metadata.get("loopback", {}).get("from", "")).partition(" ")
            if kind == "starter":
                found: object = getattr(exercises, name)
                return found if isinstance(found, exercises.Exercise) else None
        return None


@dataclass
class Part:
    """What stands below a heading of the first level: its title, the cells before its first step, its steps."""

    title: str
    cells: list[NotebookNode] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def minutes(self, core: bool = True) -> int:
        """The minutes of its core, or of what is not core."""
        return sum(step.minutes for step in self.steps if step.core is core)

    @property
    def room(self) -> int:
        """The minutes of its core in a room."""
        return sum(step.room for step in self.steps if step.core)


@dataclass(frozen=True)
class Chapter:
    """A notebook: `number` ("01"), `title` ("Servers and clients"), its file, and its parts.

    The first part begins with the title cell.
    """

    number: str
    title: str
    path: Path
    parts: tuple[Part, ...]

    @property
    def steps(self) -> list[Step]:
        """All steps, in order."""
        return [step for part in self.parts for step in part.steps]

    @property
    def core(self) -> int:
        """Minutes of the core."""
        return sum(step.minutes for step in self.steps if step.core)

    @property
    def room(self) -> int:
        """Minutes of the core in a room."""
        return sum(part.room for part in self.parts)

    @property
    def further(self) -> int:
        """Minutes of all that is neither core nor capstone."""
        return sum(step.minutes for step in self.steps if not step.core and not step.capstone)

    @property
    def capstone(self) -> int:
        """Minutes of the capstone; 0 in all chapters but the last."""
        return sum(step.minutes for step in self.steps if step.capstone)

    @property
    def opening(self) -> str:
        """The text below the title, without what is folded away."""
        return without_details(self.parts[0].cells[0].source).partition("\n")[2].strip()

    @property
    def goal(self) -> str:
        """The first paragraph of the opening: what a learner can do at the end."""
        return self.opening.partition("\n\n")[0]

    def cell(self, name: str) -> NotebookNode | None:
        """The cell with this id, or None."""
        return next((cell for cell in self.cells() if cell.id == name), None)

    def cells(self) -> Iterator[NotebookNode]:
        """All cells, in order."""
        for part in self.parts:
            yield from part.cells
            for step in part.steps:
                yield from step.cells


@dataclass(frozen=True)
class Question:
    """A question with its answer folded away: both Markdown, with the HTML that the notebook has."""

    text: str
    answer: str


def read(path: Path, factor: float = IN_A_ROOM) -> Chapter:
    """The chapter in a notebook file; its steps take so many times as long in a room."""
    notebook = nbformat.read(path, as_version=4)
    parts = [Part(title_of(cells[0]), *_divided(cells, factor)) for cells in _sections(notebook.cells)]
    number, _, _ = path.stem.partition("_")
    return Chapter(number, parts[0].title.removeprefix(f"{number} "), path, tuple(parts))


def title_of(cell: NotebookNode) -> str:
    """The first heading of a cell as text; where there is none, what stands in bold at its beginning."""
    bold = _BOLD.search(cell.source)
    title = heading(cell.source) or (bold[1] if bold else "")
    return title.rstrip(".")


def _minutes(cell: NotebookNode) -> int | None:
    minutes = cell.metadata.get("loopback", {}).get("minutes")
    return int(minutes) if minutes is not None else None


def _sections(cells: Sequence[NotebookNode]) -> list[list[NotebookNode]]:
    """The cells from each heading of the first level to the next."""
    sections: list[list[NotebookNode]] = []
    for cell in cells:
        heads = cell.cell_type == "markdown" and re.match(r"(---\n+)?# ", cell.source)
        if heads or not sections:
            sections.append([])
        sections[-1].append(cell)
    return sections


def _divided(cells: Sequence[NotebookNode], factor: float) -> tuple[list[NotebookNode], list[Step]]:
    """The cells of a part before its first step, and its steps."""
    starts = [index for index, cell in enumerate(cells) if _minutes(cell) is not None]
    edges = [*starts, len(cells)]
    return list(cells[: edges[0]]), [_step(cells[start:end], factor) for start, end in itertools.pairwise(edges)]


def _step(cells: Sequence[NotebookNode], factor: float) -> Step:
    course = cells[0].metadata["loopback"]
    minutes, core = _minutes(cells[0]) or 0, bool(course.get("core"))
    capstone = course.get("part") == "capstone"
    return Step(cells[0].id, title_of(cells[0]), minutes, core, capstone, tuple(cells), factor)


def questions(source: str) -> list[Question]:
    """The questions of a cell whose answers are folded away."""
    return [Question(summary.strip(), answer.strip()) for summary, answer in _DETAILS.findall(source)]


def without_details(source: str) -> str:
    """A text without what is folded away."""
    return _DETAILS.sub("", source).strip()


def body(cell: NotebookNode) -> str:
    """The text of a Markdown cell without its heading and without what is folded away."""
    return _HEAD.sub("", without_details(cell.source))


def images(cell: NotebookNode) -> list[str]:
    """The `<img>` of each picture in the outputs of a code cell, with its picture in it."""
    shown = [output.get("data", {}).get("text/html", "") for output in cell.outputs]
    return [image for each in shown for image in _IMAGE.findall(each)]


def height(image: str) -> int:
    """The height of a picture in its own pixels; 0 where it does not say."""
    found = _TALL.search(image)
    return int(found[1]) if found else 0


def plain(title: str) -> str:
    """A title without Markdown's marks."""
    return title.replace("`", "").replace("*", "")

"""What an author is told about a notebook: few rules, each with a reason that a learner would feel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from nbformat import NotebookNode

from .normal import follows_prediction, is_prediction

__all__ = ["COLUMNS", "FENCED", "IGNORE_TAG", "LINES", "PART", "SECONDS", "opts_out", "problems", "reason", "ways_out"]

#: The one way to opt out of the comparison of outputs.
IGNORE_TAG: Final = "nbval-ignore-output"

#: A cell longer than this does not fit a screen.
LINES: Final = 40

#: On a screen of 1280 pixels JupyterLab cuts off a longer line of code, and wraps a longer one of fenced text.
COLUMNS: Final = 104
FENCED: Final = 88

#: A cell that takes longer than this is not waited for.
SECONDS: Final = 5.0

#: More minutes of core than this are no part of a chapter: people need a place to stop.
PART: Final = 30

_COMMENT = re.compile(r"^\s*#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\b", re.MULTILINE)
_FENCE = re.compile(r"\s*(```|~~~)")
_STEP = re.compile(r"^## ", re.MULTILINE)
_PART = re.compile(r"\A(---\n+)?# ")


def opts_out(cell: NotebookNode) -> bool:
    """Whether a cell's outputs are not compared."""
    return IGNORE_TAG in cell.metadata.get("tags", ())


def reason(cell: NotebookNode) -> str:
    """Why a cell opts out: `loopback.reason` in its metadata, or ""."""
    return str(cell.metadata.get("loopback", {}).get("reason", "")).strip()


def problems(notebook: NotebookNode, seconds: Mapping[str, float] | None = None) -> Iterator[tuple[str, str]]:
    """Pairs of a cell's id and a sentence, for a notebook in normal form with its stored outputs.

    `seconds` says how long each cell took in this run, by id.
    """
    hidden = {cell.id for cell in follows_prediction(notebook)}
    for cell in notebook.cells:
        found = _step(cell) if cell.cell_type == "markdown" else _code(cell, cell.id in hidden)
        yield from ((cell.id, sentence) for sentence in (*found, *_wide(cell)))
    yield from _parts(notebook)
    for name, took in (seconds or {}).items():
        if took > SECONDS:
            yield name, f"took {took:.1f} s; a cell may take {SECONDS:g} s. Shorten its waits, or measure less."


def _step(cell: NotebookNode) -> Iterator[str]:
    course = cell.metadata.get("loopback", {})
    minutes = course.get("minutes")
    if _STEP.search(cell.source) and (type(minutes) not in (int, float) or not minutes > 0):
        yield f"is a step (## heading) without minutes, but has {minutes!r}. Set metadata.loopback.minutes to a number."
    if course.get("core") and cell.metadata.get("slideshow", {}).get("slide_type") not in ("slide", "subslide"):
        yield "is a step of the core and begins no slide. Set its Slide Type to Slide (metadata.slideshow.slide_type)."


def _parts(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """A part is what stands below a heading of the first level."""
    minutes: dict[str, float] = {}
    part = ""
    for cell in notebook.cells:
        part = cell.id if cell.cell_type == "markdown" and _PART.match(cell.source) else part
        course = cell.metadata.get("loopback", {})
        if course.get("core") and isinstance(course.get("minutes"), int | float):
            minutes[part] = minutes.get(part, 0) + course["minutes"]
    for part, together in minutes.items():
        if together > PART:
            yield (
                part,
                f"begins a part with {together} minutes of core; {PART} are the most. Divide it, with a place to stop.",
            )


def ways_out(cell: NotebookNode) -> Iterator[str]:
    """Sentences about how a code cell escapes the comparison, if it does so other than by the tag with its reason."""
    if opts_out(cell) and not reason(cell):
        yield f"has the tag {IGNORE_TAG} and no reason. Say in metadata.loopback.reason why its output varies."
    for comment in _COMMENT.findall(cell.source):
        yield f"has the comment {comment}. Learners would read it: the one way to opt out is the tag {IGNORE_TAG}."
    if "nbval-skip" in cell.metadata.get("tags", ()):
        yield f"has the tag nbval-skip, so nothing runs it. Remove the tag, or use {IGNORE_TAG} with a reason."


def _code(cell: NotebookNode, after_prediction: bool) -> Iterator[str]:
    yield from ways_out(cell)
    if (lines := cell.source.count("\n") + 1) > LINES:
        yield f"has {lines} lines; {LINES} fit a screen. Move its machinery into labsupport, or make two cells of it."
    if after_prediction and not _begins_with_print(cell):
        yield "follows a predict(...) and its first output is no print: the collapsed line would show it. Print first."


def _wide(cell: NotebookNode) -> Iterator[str]:
    """Sentences about lines that are too long for the screen; a prediction's code is folded away."""
    fenced = cell.cell_type == "markdown"
    lines, most = (_fenced(cell.source), FENCED) if fenced else (cell.source.splitlines(), COLUMNS)
    for line in () if is_prediction(cell) else lines:
        if len(line) > most:
            start = line.strip()[:24]
            yield f"has a line of {len(line)} columns, {start!r}…; {most} fit a screen. Shorten it, or make two of it."


def _fenced(source: str) -> Iterator[str]:
    """The lines of Markdown that stand between fences."""
    inside = False
    for line in source.splitlines():
        if _FENCE.match(line):
            inside = not inside
        elif inside:
            yield line


def _begins_with_print(cell: NotebookNode) -> bool:
    first = cell.outputs[0] if cell.outputs else {}
    return bool(first.get("output_type") == "stream" and first.get("name") == "stdout")

"""The map: the chapters with what is done in each, what to do next, and every exercise."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from labsupport import progress
from labsupport.course import places
from labsupport.course.chapters import Chapter, chapters, read
from labsupport.course.recall import due
from labsupport.course.standing import Standing, next_exercise, standings
from labsupport.pictures.rings import rings

from .engine import Exercise

__all__ = ["Overview"]

_WORDS: Final = {"passed": "✓ passed", "failed": "○ tried", "": "· not tried yet"}
#: JupyterLab sets the text of tables to the right.
_LEFT: Final = "style='text-align:left'"
_HEAD: Final = "<tr><th scope='col'>Chapter</th><th scope='col'>Exercise</th><th scope='col'>State</th></tr>"
_MAP_HEAD: Final = (
    f"<tr><th scope='col' {_LEFT}>Done</th><th scope='col' {_LEFT}>Chapter</th>"
    f"<th scope='col' {_LEFT}>At the end you can</th></tr>"
)
_LEGEND: Final = "Outer ring: exercises passed. Inner ring: predictions made."


class Overview:
    """The chapters and the exercises, and what has become of each.  Read when it is made."""

    def __init__(self, exercises: Sequence[Exercise]) -> None:
        done = progress.load()["exercises"]
        self._exercises = [
            (chapter, [(each.name, _WORDS[done[each.name]["status"] if each.name in done else ""]) for each in group])
            for chapter, group in groupby(exercises, lambda each: each.chapter)
        ]
        folder = places.originals()
        self._chapters = standings(chapters(folder)) if folder is not None else []
        self._trouble, self._due = progress.trouble(), 0
        try:
            self._due = len(due([one.chapter for one in self._chapters]))
        except ImportError as error:  # the course was renewed, and what it needs now was not installed
            self._trouble = f"No question can come back: {error}. Run the first command of the README again."

    def __repr__(self) -> str:
        named = {one.chapter.number: one for one in self._chapters}
        lines = [plain for plain, _ in self._sentences()]
        for chapter, rows in self._exercises:
            one = named.get(chapter)
            lines.append(f"Chapter {chapter:02}" + (f" {one.chapter.title}: {one.words}" if one else ""))
            lines += [f"  {name:<20} {word}" for name, word in rows]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  IPython's
        said = "".join(f"<p>{markup}</p>" for _, markup in self._sentences())
        return {"text/html": said + self._map() + self._list(), "text/plain": repr(self)}

    def _sentences(self) -> list[tuple[str, str]]:
        """What is said above the map, each as plain text and as HTML."""
        said = [(self._trouble, html.escape(self._trouble))] if self._trouble else []
        said += [_linked("Continue where you were: ", *found)] if (found := _place()) else []
        if found := next_exercise(self._chapters):
            chapter, name = found
            step = chapter.step(chapter.exercises[name])
            said.append(_linked(f"Next: the exercise {name}, in ", chapter, step.cell if step else ""))
        if self._due:
            count = "1 question comes" if self._due == 1 else f"{self._due} questions come"
            said.append((f"{count} back today: panels.recall()", f"{count} back today: <code>panels.recall()</code>"))
        return said

    def _map(self) -> str:
        if not self._chapters:
            return ""
        rows = "".join(map(_row, self._chapters))
        return f"<p>{_LEGEND}</p><table><thead>{_MAP_HEAD}</thead><tbody>{rows}</tbody></table>"

    def _list(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{chapter:02}</th><td><code>{html.escape(name)}</code></td><td>{word}</td></tr>"
            for chapter, exercises in self._exercises
            for name, word in exercises
        )
        table = f"<table><thead>{_HEAD}</thead><tbody>{rows}</tbody></table>"
        return f"<details><summary>All exercises, by name</summary>{table}</details>"


def _row(one: Standing) -> str:
    """A chapter as a row of the map."""
    chapter = one.chapter
    ring = rings(f"{chapter.number:02}", one.exercises, one.predictions, one.words).image()
    able = re.sub(r"\*+", "", chapter.able)
    return (
        f"<tr><td>{ring}</td><td {_LEFT}>{_link(chapter, '', _name(chapter))}<br>"
        f"{one.words.replace(', ', ',<br>')}</td><td {_LEFT}>{html.escape(able)}</td></tr>"
    )


def _name(chapter: Chapter) -> str:
    return f"{chapter.number:02} {chapter.title}"


def _place() -> tuple[Chapter, str] | None:
    """The chapter and the cell that ran last; the learner's own file knows cells that the course's does not."""
    was = progress.place()
    if was is None:
        return None
    folder = places.originals()
    mine = read(Path.cwd() / was.notebook)
    chapter = mine or (read(folder / was.notebook) if folder is not None else None)
    if chapter is None:
        return None
    step = chapter.step(was.cell)
    return chapter, step.cell if step is not None else ""


def _linked(before: str, chapter: Chapter, cell: str) -> tuple[str, str]:
    """A sentence that ends with a chapter, or with a step of it."""
    step = chapter.step(cell) if cell else None
    name = _name(chapter) + (f", “{step.title}”" if step else "")
    return f"{before}{name}", f"{html.escape(before)}{_link(chapter, cell, name)}"


def _link(chapter: Chapter, cell: str, text: str) -> str:
    """A link that JupyterLab follows to the chapter, and to a cell of it; text alone where the file is not here."""
    if not (Path.cwd() / chapter.file).is_file():
        return html.escape(text)
    target = html.escape(chapter.file + (f"#cell-id={cell}" if cell else ""))
    return f'<a href="{target}">{html.escape(text)}</a>'

"""The one normal form of a notebook file, and of each cell's source, id and metadata.

A function of the file alone: running it twice changes nothing, and two authors' editors give the same bytes.  What is
kept of the metadata is what the course uses; run times, scrolling, trust and widget state are a run's, not a lesson's.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import Any, Final

import nbformat
from nbformat import NotebookNode

__all__ = ["follows_prediction", "is_prediction", "normalise", "written"]

METADATA: Final[dict[str, Any]] = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}

#: What stays of a cell's metadata; what `jupyter` folds is set here and nowhere else.
KEPT: Final = ("deletable", "editable", "loopback", "slideshow", "tags")

_PREDICTION = re.compile(r"^(?:\w+ *= *)?(?:\w+\.)?predict\(", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_READABLE = re.compile(r"[a-z][a-z0-9-]{1,63}")
_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?")


def is_prediction(cell: NotebookNode) -> bool:
    """Whether a code cell asks for a prediction: a `predict(...)` that is a statement of the cell."""
    return cell.cell_type == "code" and _PREDICTION.search(cell.source) is not None


def follows_prediction(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells whose stored outputs would spoil a prediction: each the next one after a `predict(...)`."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    return [after for before, after in itertools.pairwise(code) if is_prediction(before)]


def normalise(notebook: NotebookNode) -> None:
    """Bring everything but the outputs of a notebook (nbformat 4) into normal form, in place.

    Sources lose trailing white space; empty cells go; ids become readable, and stay what they are where they are
    readable and unique; executed cells count from 1; a prediction has its code
    folded away, and the code cell after it its outputs.
    """
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    course = notebook.metadata.get("loopback")
    notebook.metadata = nbformat.from_dict(METADATA | ({"loopback": course} if course else {}))
    for cell in notebook.cells:
        cell.source = "\n".join(line.rstrip() for line in cell.source.splitlines()).strip("\n")
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    _name(notebook.cells)
    hidden = {id(cell) for cell in follows_prediction(notebook)}
    for cell in notebook.cells:
        cell.metadata = _metadata(cell.metadata, _folded(cell, id(cell) in hidden))
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell.execution_count = count


def _folded(cell: NotebookNode, hidden: bool) -> dict[str, bool]:
    """What JupyterLab folds away of a cell: a question's code has the answers in it, the next cell's output too."""
    folded = {"outputs_hidden": True} if hidden else {}
    return folded | ({"source_hidden": True} if is_prediction(cell) else {})


def _metadata(found: dict[str, Any], folded: dict[str, bool]) -> NotebookNode:
    kept = {name: found[name] for name in KEPT if found.get(name) not in (None, {}, [])}
    if "tags" in kept:
        kept["tags"] = sorted(set(kept["tags"]))
    if folded:
        kept["jupyter"] = folded
    node: NotebookNode = nbformat.from_dict(kept)
    return node


def _name(cells: list[NotebookNode]) -> None:
    """Give each cell an id that says what it is; the first to have a readable one keeps it."""
    taken: set[str] = set()
    keeps = [_keeps(cell.get("id", ""), taken) for cell in cells]
    section = "start"
    for cell, kept in zip(cells, keeps, strict=True):
        heading = _HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            section = _slug(heading[1], 5) or section
        if not kept:
            cell.id = _free(section if heading else f"{section}-{_gist(cell)}".rstrip("-"), taken)


def _keeps(name: str, taken: set[str]) -> bool:
    if name in taken or not _READABLE.fullmatch(name) or _RANDOM.fullmatch(name):
        return False
    taken.add(name)
    return True


def _free(name: str, taken: set[str]) -> str:
    number = 1
    name = free = name[:56].rstrip("-")
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free


def _gist(cell: NotebookNode) -> str:
    if is_prediction(cell):
        return "predict"
    return _slug(cell.source.lstrip("#%!@ ").split("\n")[0], 3) or cell.cell_type


def _slug(text: str, words: int) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", ""))[:words])


def written(notebook: NotebookNode) -> str:
    """The text of a notebook's file: JSON with sorted keys, one space of indent, a final newline."""
    text: str = nbformat.writes(notebook, version=nbformat.NO_CONVERT)
    return text.rstrip("\n") + "\n"

"""Where a learner was: the chapter and the cell that ran last, in a small file of its own.

JupyterLab tells a kernel which cell it runs (`cellId`, in the metadata of the request), and Jupyter's server which
notebook the kernel is for (the variable JPY_SESSION_NAME).  Where one of them is missing, nothing is noted.

The file is written after each cell, so it is kept apart from what must never be lost: without a lock and without
waiting for the disk.  The last one who writes is the last place.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

__all__ = ["Place", "follow", "read_place", "write_place"]

FILE: Final = "last-place.json"

_followed: list[Any] = []  # the shell, once


class Place(NamedTuple):
    """The file name of a notebook, and the id of one of its cells."""

    notebook: str
    cell: str


def notebook_here() -> str:
    """The file name of the notebook that this kernel is for, "" if nobody has said it."""
    return re.split(r"[/:]", os.environ.get("JPY_SESSION_NAME", ""))[-1]


def follow(home: Any) -> None:
    """Note from now on each cell that has run, below the folder that `home()` gives; without a notebook do nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or _followed or not hasattr(shell, "get_parent"):
        return
    _followed.append(shell)

    def note(_result: object = None) -> None:
        with contextlib.suppress(Exception):  # where a learner is must never be in their way
            _note(home(), shell.get_parent())

    shell.events.register("post_run_cell", note)


def _note(home: Path, parent: Any) -> None:
    place = Place(notebook_here(), parent["metadata"]["cellId"])
    if not place.notebook.endswith(".ipynb") or place.notebook.startswith("00_"):
        return  # chapter 00 has the link back to the place: it is no place to go back to
    write_place(home, place)


def write_place(home: Path, place: Place) -> None:
    """Note where the learner is.  Raises OSError."""
    home.mkdir(parents=True, exist_ok=True)
    new = home / f"{FILE}.{os.getpid()}.new"
    new.write_text(json.dumps(place._asdict()), encoding="utf-8")
    new.replace(home / FILE)


def read_place(home: Path) -> Place | None:
    """Where the learner was, None where nobody knows."""
    try:
        found = json.loads((home / FILE).read_text(encoding="utf-8"))
        place = Place(found["notebook"], found["cell"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return place if all(isinstance(part, str) for part in place) else None

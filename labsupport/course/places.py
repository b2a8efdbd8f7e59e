"""Where the chapters are: those of the course, and the learner's own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .copies import NOTE

__all__ = ["FIRST", "MISSING", "here", "learners", "originals"]

#: The chapter that opens first; a folder that has it is a folder of chapters.
FIRST: Final = "00_start_here.ipynb"
#: The learner's copy of the chapters, beside them; git ignores it.
_COPY: Final = "my-course"
MISSING: Final = (
    f"there is no notebooks/{FIRST} beside labsupport, nor in {{folder}} or a folder above it. "
    "Change to the folder of the course, and run the command again."
)


def _root() -> Path:
    return Path(__file__).parents[2]


def _around() -> list[Path]:
    """The folder that we are in, and those above it, from the nearest."""
    return [Path.cwd(), *Path.cwd().parents]


def originals() -> Path | None:
    """The folder of the course's chapters: beside the package, or from here upwards; None where there is none."""
    around = _around()
    for folder in (_root() / "notebooks", *(place / "notebooks" for place in around), *around):
        if (folder / FIRST).is_file():
            return folder
    return None


def learners() -> Path | None:
    """The folder in which the learner works; it may not exist yet.  None where there is no course.

    That is the copy that we are in: a note is in each, and on Binder, where `binder/postBuild` writes one, in the
    course's own folder.  Else it is the copy beside the chapters; a package that is installed elsewhere has none.
    """
    source = originals()
    if source is None:
        return None
    for folder in (*_around(), source):
        if (folder / FIRST).is_file() and (folder / NOTE).is_file():
            return folder
    copy = source.parent / _COPY
    return copy if copy.is_dir() or source == _root() / "notebooks" else source


def here() -> Path | None:
    """The folder of the notebook that runs, where it is one of chapters; else the learner's."""
    return Path.cwd() if (Path.cwd() / FIRST).is_file() else learners()

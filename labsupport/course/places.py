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
    f"there is no notebooks/{FIRST} beside labsupport, nor in {{folder}}. "
    "Change to the folder of the course, and run the command again."
)


def _root() -> Path:
    return Path(__file__).parents[2]


def originals() -> Path | None:
    """The folder of the course's chapters: beside the package, here, or beside here; None where there is none."""
    here = Path.cwd()
    for folder in (_root() / "notebooks", here / "notebooks", here.parent / "notebooks", here):
        if (folder / FIRST).is_file():
            return folder
    return None


def learners() -> Path | None:
    """The folder in which the learner works; it may not exist yet.  None where there is no course.

    That is the copy beside the chapters.  On Binder there is none: a note in the course's folder (`binder/postBuild`
    writes it) says that the learner works there, and so does a package that is installed elsewhere.
    """
    source = originals()
    if source is None:
        return None
    copy = source.parent / _COPY
    if (source / NOTE).is_file():
        return source
    return copy if copy.is_dir() or source == _root() / "notebooks" else source


def here() -> Path | None:
    """The folder of the notebook that runs, where it is one of chapters; else the learner's."""
    return Path.cwd() if (Path.cwd() / FIRST).is_file() else learners()

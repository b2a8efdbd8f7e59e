"""Bringing a learner's work back: the progress is joined, and of what was edited in both places both stay."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from labsupport import progress

from .archive import Parcel, Refused
from .copies import digest, digest_of, given, is_there, prepare, put
from .updates import free_name

__all__ = ["Brought", "bring"]


@dataclass(frozen=True)
class Brought:
    """What came of it: files that are `back` in their place, those put `beside` yours, by name, and what to say.

    `renamed`: programs that have the name of a module; `left`: files that have no place here.
    """

    back: tuple[str, ...]
    beside: tuple[tuple[str, str], ...]
    said: str
    renamed: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = ["Your progress is joined with what was here: all that was passed in either place is passed."]
        if self.back:
            lines.append(f"Back in their place: {', '.join(self.back)}.")
        lines += [
            f"{file} was edited here too: yours stays, and the other one is {name}." for file, name in self.beside
        ]
        lines += [
            f"{file} has the name of a Python module, and would be imported in the place of that: it is {name}."
            for file, name in self.renamed
        ]
        if self.left:
            lines.append(
                f"There is no folder of chapters here, so these were not brought: {', '.join(self.left)}. "
                "Open a chapter, and bring the file once more from there."
            )
        return "\n".join([*lines, *([self.said] if self.said else [])])


def bring(parcel: Parcel, folder: Path | None, originals: Path | None) -> Brought:
    """Put the work where it belongs.  A file that was edited here is never replaced.

    Raises Refused where a path leads out of the folder, OSError where something cannot be written: the folder and the
    progress are as before then.
    """
    if folder is None:
        return Brought((), (), progress.bring(parcel.state, parcel.place), left=tuple(parcel.files))
    places = {file: _place(folder, originals, file, parcel) for file in parcel.files}
    with contextlib.ExitStack() as undo:
        ready = [
            (_ready(folder / place, parcel.files[file], undo), folder / place)
            for file, place in places.items()
            if place
        ]
        for new, path in ready:
            _replace(new, path, undo)
        said = progress.bring(parcel.state, parcel.place)
        undo.pop_all()
    back = tuple(file for file, place in places.items() if place == file)
    moved = [(file, place) for file, place in places.items() if place not in ("", file)]
    beside = tuple(pair for pair in moved if is_there(folder / pair[0]))
    return Brought(back, beside, said, tuple(pair for pair in moved if pair not in beside))


def _ready(path: Path, data: bytes, undo: contextlib.ExitStack) -> Path:
    """Write a file to the disk where it can be put in its place."""
    for above in reversed(path.parents):
        if not above.exists():
            above.mkdir()
            undo.callback(_as_far_as_it_goes, above.rmdir)
    new = prepare(path.parent, data)
    undo.callback(_as_far_as_it_goes, new.unlink)
    return new


def _replace(new: Path, path: Path, undo: contextlib.ExitStack) -> None:
    before = path.read_bytes() if path.exists() else None
    new.replace(path)
    undo.callback(_as_far_as_it_goes, path.unlink if before is None else lambda: put(path, before))


def _as_far_as_it_goes(step: Callable[[], object]) -> None:
    """One step back; the next ones are taken also where it fails."""
    with contextlib.suppress(OSError):
        step()


def _place(folder: Path, originals: Path | None, file: str, parcel: Parcel) -> str:
    """Where a file goes, as a path in the folder; "" if it is there already."""
    path = folder / file
    for parent in (folder / step for step in PurePosixPath(file).parents):
        if parent != folder and (parent.is_symlink() or (parent.exists() and not parent.is_dir())):
            raise Refused(f"{file} cannot be put back: {parent} is no folder of yours. Rename it, and try again")
    if not is_there(path) and not _is_a_module(folder, file):
        return file
    mine, theirs = digest(path), digest_of(path.name, parcel.files[file])
    if mine == theirs:
        return ""
    if mine in given(folder, originals, file):
        return file
    return "" if _is_beside(path, theirs) else free_name(folder, file, "brought", parcel.files)


def _is_beside(path: Path, theirs: str) -> bool:
    """Whether the same was brought before."""
    return any(
        digest(other) == theirs for other in path.parent.glob("*") if other.name.startswith(f"{path.stem}.brought")
    )


def _is_a_module(folder: Path, file: str) -> bool:
    """Whether Python has a module of this name elsewhere: a notebook beside the file would import the file instead."""
    path = PurePosixPath(file)
    if path.suffix != ".py" or not path.stem.isidentifier():
        return False
    try:
        found = find_spec(path.stem)
    except ValueError:  # it is loaded, and does not say from where
        return True
    origin = found.origin if found is not None else None  # a folder that is no package has none, and gives way
    return origin is not None and not Path(origin).resolve().is_relative_to(folder.resolve())

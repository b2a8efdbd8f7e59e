"""Bringing a learner's work back: the progress is joined, and of what was edited in both places both stay."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labsupport import progress

from .archive import Parcel, Refused
from .copies import digest, digest_of, given, prepare
from .updates import free_name

__all__ = ["Brought", "bring"]


@dataclass(frozen=True)
class Brought:
    """What came of it: files that are `back` in their place, those put `beside` yours, by name, and what to say."""

    back: tuple[str, ...]
    beside: tuple[tuple[str, str], ...]
    said: str

    def __str__(self) -> str:
        lines = ["Your progress is joined with what was here: all that was passed in either place is passed."]
        if self.back:
            lines.append(f"Back in their place: {', '.join(self.back)}.")
        lines += [
            f"{file} was edited here too: yours stays, and the other one is {name}." for file, name in self.beside
        ]
        return "\n".join([*lines, *([self.said] if self.said else [])])


def bring(parcel: Parcel, folder: Path | None, originals: Path | None) -> Brought:
    """Put the work where it belongs.  A file that was edited here is never replaced.

    Raises Refused where a path leads out of the folder, OSError where something cannot be written: the folder and the
    progress are as before then.
    """
    if folder is None:
        return Brought((), (), progress.bring(parcel.state, parcel.place))
    places = {file: _place(folder, originals, file, data) for file, data in parcel.files.items()}
    ready: list[tuple[Path, Path]] = []
    try:
        for file, place in places.items():
            if place:
                ready.append((prepare(folder, parcel.files[file]), folder / place))
        said = progress.bring(parcel.state, parcel.place)
        for new, path in ready:
            path.parent.mkdir(parents=True, exist_ok=True)
            new.replace(path)
    finally:
        for new, _ in ready:
            with contextlib.suppress(OSError):
                new.unlink()
    back = tuple(file for file, place in places.items() if place == file)
    return Brought(back, tuple((file, place) for file, place in places.items() if place not in ("", file)), said)


def _place(folder: Path, originals: Path | None, file: str, data: bytes) -> str:
    """Where a file goes, as a path in the folder; "" if it is there already."""
    path = folder / file
    for parent in (folder / step for step in PurePosixPath(file).parents):
        if parent != folder and (parent.is_symlink() or (parent.exists() and not parent.is_dir())):
            raise Refused(f"{file} cannot be put back: {parent} is no folder of yours. Rename it, and try again")
    if not path.exists() and not path.is_symlink():
        return file
    mine, theirs = digest(path), digest_of(path.name, data)
    if mine == theirs:
        return ""
    if mine in given(folder, originals, file):
        return file
    return "" if _is_beside(path, theirs) else free_name(folder, file, "brought")


def _is_beside(path: Path, theirs: str) -> bool:
    """Whether the same was brought before."""
    return any(
        digest(other) == theirs for other in path.parent.glob("*") if other.name.startswith(f"{path.stem}.brought")
    )

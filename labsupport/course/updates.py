"""What the course has that a learner's copy does not, and how the copy gets it without losing a word of theirs.

- A file that is not there is copied, and so is a chapter that was renamed or deleted.
- A file that the learner has not edited is replaced by the newer one.
- Beside a file that was edited the newer one is put, as `01_servers_and_clients.new.ipynb`, once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from .copies import Note, create, digest, is_there, put, same

__all__ = ["Change", "free_name", "news", "note_of", "renew"]

_SAYS: Final = {"new": "{0}", "renewed": "{0}", "beside": "{0} as {1}"}


@dataclass(frozen=True)
class Change:
    """One file that differs: `kind` is "new" (it was not there), "renewed" or "beside" (yours was edited).

    `file`: its path in the folder; `place`: where the course's file goes.
    """

    kind: str
    file: str
    place: str

    def __str__(self) -> str:
        return _SAYS[self.kind].format(self.file, self.place)


def news(source: Path, target: Path) -> list[Change]:
    """What `renew` would do.  Nothing is written."""
    if same(source, target):
        return []
    note = Note.of(target)
    return [change for file in _files(source) if (change := _change(source, target, file, note)) is not None]


def renew(source: Path, target: Path) -> list[Change]:
    """Bring the copy in `target` up to date, and say what was done.  Raises OSError where it cannot be written."""
    if same(source, target):
        return []
    note, done = Note.of(target), []
    try:
        for file in _files(source):
            change = _change(source, target, file, note)
            new = digest(source / file)
            if change is not None:
                _carry_out(change, source, target)
                done.append(change)
            if change is not None and change.kind == "beside":
                note.offered[file] = new
            elif change is not None or digest(target / file) == new:
                note.copied[file] = new
    finally:
        if target.is_dir() and note != Note.of(target):
            note.write(target)
    return done


def note_of(folder: Path) -> Note:
    """A note that says of each file in `folder` that it is as the course has it; for a copy that nobody made here."""
    return Note({file: digest(folder / file) for file in _files(folder)})


def _files(source: Path) -> Iterator[str]:
    """The course's files, as paths in its folder: nothing hidden, no checkpoints, no caches."""
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if path.is_file() and not any(part.startswith((".", "__")) for part in inside.parts):
            yield inside.as_posix()


def _change(source: Path, target: Path, file: str, note: Note) -> Change | None:
    """What has to be done for one file, None if nothing."""
    place = target / file
    if not is_there(place):
        return Change("new", file, file)
    new, mine = digest(source / file), digest(place)
    if mine == new:
        return None
    if mine and mine == note.copied.get(file):
        return Change("renewed", file, file)
    if new in (note.copied.get(file), note.offered.get(file)):
        return None  # the course has not changed since, or the learner has been told
    return Change("beside", file, _beside(target, file, note.offered.get(file)))


def _beside(target: Path, file: str, offered: str | None) -> str:
    """Where the newer one goes: in the place of an earlier one that nobody has edited, or to a name that is free."""
    path = PurePosixPath(file)
    usual = path.with_name(f"{path.stem}.new{path.suffix}").as_posix()
    return usual if offered and digest(target / usual) == offered else free_name(target, file, "new")


def free_name(folder: Path, file: str, word: str, taken: Collection[str] = ()) -> str:
    """A name beside `file` that nothing has, nor is to have: name.word.ipynb, name.word-2.ipynb, and so on."""
    path = PurePosixPath(file)
    number = 1
    while True:
        name = path.with_name(f"{path.stem}.{word}{f'-{number}' if number > 1 else ''}{path.suffix}").as_posix()
        if name not in taken and not is_there(folder / name):
            return name
        number += 1


def _carry_out(change: Change, source: Path, target: Path) -> None:
    data, place = (source / change.file).read_bytes(), target / change.place
    if change.kind != "new" and place.exists():  # a file that nobody has edited
        put(place, data)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # one that appears in this very moment is left alone
        create(place, data)

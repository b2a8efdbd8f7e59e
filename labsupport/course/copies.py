"""Whether a learner has edited a file: by a hash of what people write, kept when the copy was made.

In a notebook that is the kind and the source of each cell.  Outputs, counts, the state of widgets and what JupyterLab
notes of a cell are no edits.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

__all__ = ["NOTE", "Note", "create", "digest", "digest_of", "given", "is_there", "prepare", "put", "same"]

#: In the folder of the copy; its name keeps it out of JupyterLab's list of files.
NOTE: Final = ".loopback.json"


def digest(path: Path) -> str:
    """The hash of a file; "" for what cannot be read, or is no regular file.  Never follows a link."""
    if path.is_symlink() or not path.is_file():
        return ""
    try:
        return digest_of(path.name, path.read_bytes())
    except OSError:
        return ""


def digest_of(name: str, data: bytes) -> str:
    """The hash of a file's contents: of a notebook's cells, or of all bytes.  64 hex digits."""
    cells = _cells(data) if name.endswith(".ipynb") else None
    written = data if cells is None else json.dumps(cells).encode()
    return hashlib.sha256(written).hexdigest()


def _cells(data: bytes) -> list[Any] | None:
    try:
        cells = json.loads(data)["cells"]
        return [[cell["cell_type"], "".join(cell["source"]), cell.get("attachments", {})] for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


@dataclass
class Note:
    """What is known of a copy: by file the hash that it was copied with, and of the newer one that was put beside it.

    Without a note a file counts as edited, unless it is what the course has.
    """

    copied: dict[str, str] = field(default_factory=dict)
    offered: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Note:
        """The note of a folder; an empty one where there is none that can be read."""
        try:
            found = json.loads((folder / NOTE).read_text("utf-8"))
            note = cls(found["copied"], found["offered"])
        except (OSError, ValueError, KeyError, TypeError):
            return cls()
        tables: list[Any] = [note.copied, note.offered]
        sound = all(isinstance(table, dict) and all(isinstance(one, str) for one in table.values()) for table in tables)
        return note if sound else cls()

    def write(self, folder: Path) -> None:
        """Put the note in its place.  Raises OSError."""
        put(folder / NOTE, json.dumps(asdict(self), indent=1).encode() + b"\n")


def is_there(path: Path) -> bool:
    """Whether something has this name, be it a link that leads nowhere."""
    return path.exists() or path.is_symlink()


def same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder, however they are spelt."""
    return one.exists() and other.exists() and one.samefile(other)


def given(folder: Path, originals: Path | None, file: str) -> set[str]:
    """The hashes of a file in a learner's folder as the course gave it: then, and as the course has it now."""
    now = digest(originals / file) if originals is not None and not same(originals, folder) else ""
    return {Note.of(folder).copied.get(file, ""), now} - {""}


def prepare(folder: Path, data: bytes) -> Path:
    """Write a file to the disk under a hidden name in `folder`, to be put in its place.  Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=".loopback-", suffix=".new", dir=folder)
    try:
        with open(descriptor, "wb") as new:  # noqa: PTH123  a descriptor has no Path
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        Path(name).chmod(0o644)  # mkstemp makes it the owner's alone, and a chapter is no secret
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return Path(name)


def put(path: Path, data: bytes) -> None:
    """Write a file and put it in its place: whole, or not at all.  Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = prepare(path.parent, data)
    try:
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def create(path: Path, data: bytes) -> None:
    """Write a new file: whole, or not at all.  Raises FileExistsError where something has its name, else OSError."""
    if is_there(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    new = prepare(path.parent, data)
    try:
        path.hardlink_to(new)  # which, unlike a change of name, never takes the place of a file that appears just now
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file has one name at most here, as on a stick
        new.rename(path)
    finally:
        new.unlink(missing_ok=True)

"""A learner's work as one file: a zip of the progress and of what they wrote, and how one is read.

    loopback.json       the format, its version, where the learner was
    progress.json       as it is kept
    course/…            their notebooks and programs; what is as the course has it stays out

A file that is brought may come from anywhere.  It is read whole, within limits, and refused before anything is changed.
"""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labsupport import progress

from .copies import digest, given
from .travel import KINDS, fault, fault_within, is_free, printable

__all__ = ["MOST_BYTES", "Parcel", "Refused", "pack", "unpack"]

#: Bytes of the zip file, of all that is in it, and of one file; and how many files.
MOST_BYTES: Final = 16 * 2**20
_MOST_UNPACKED: Final = 64 * 2**20
_MOST_IN_ONE: Final = 16 * 2**20
_MOST_FILES: Final = 500
#: Bytes of the list of files at the end of the zip, which is read before a limit on their number can hold; what stands
#: before each file takes no more.
_MOST_LISTED: Final = _MOST_FILES * 1024

_FORMAT: Final = "loopback course"
_VERSION: Final = 1
_FOLDER: Final = "course/"


class Refused(ValueError):  # noqa: N818  a sentence for the learner
    """The file is not taken; the message says why, and what was expected.  Nothing has been changed."""


@dataclass(frozen=True)
class Parcel:
    """What is in such a file: the progress, the files by their path in the folder, and where the learner was."""

    state: progress.State
    files: dict[str, bytes]
    place: progress.Place | None = None


# --- out -------------------------------------------------------------------------------------


def pack(folder: Path | None, originals: Path | None) -> tuple[bytes, list[str]]:
    """The zip file, and what was left out, each with the reason; all that is in it, `unpack` takes.

    `folder`: where the learner works; `originals`: the course's chapters.  Either may be None.
    """
    why = progress.trouble()
    left = [f"progress.json: {why}"] if why else []
    buffer, names = io.BytesIO(), set[str]()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("loopback.json", _about())
        zipped.writestr("progress.json", json.dumps(progress.load()))
        for path, name in _written(folder, originals) if folder is not None else ():
            try:
                _add(zipped, path, name, names)
            except (OSError, Refused) as error:
                left.append(f"{printable(name)}: {error}")
    return buffer.getvalue(), left


def _add(zipped: zipfile.ZipFile, path: Path, name: str, names: set[str]) -> None:
    """Put a file in.  Raises Refused where it would not be taken, OSError where it cannot be read."""
    with path.open("rb") as file:
        content = file.read(_MOST_IN_ONE + 1)
    there = zipped.infolist()
    packed = sum(info.compress_size for info in there) + len(zlib.compress(content))
    unpacked = sum(info.file_size for info in there) + len(content)
    if len(content) > _MOST_IN_ONE or unpacked > _MOST_UNPACKED or packed > MOST_BYTES - 2 * _MOST_LISTED:
        raise Refused("it is too large, by itself or with the files before it")
    if len(there) >= _MOST_FILES:
        raise Refused(f"at most {_MOST_FILES - 2} files are taken")
    if why := fault(name) or fault_within(name, content):
        raise Refused(why)
    if not is_free(name, names):
        raise Refused("on some systems it would be in the place of another file, as capitals make no difference there")
    zipped.writestr(_FOLDER + name, content)


def _about() -> str:
    was = progress.place()
    return json.dumps({"format": _FORMAT, "version": _VERSION, "place": was and list(was)})


def _written(folder: Path, originals: Path | None) -> Iterator[tuple[Path, str]]:
    """The learner's files, each with its path in the folder: not hidden, no links, and not as the course has them."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "__")) for part in inside.parts)
        if hidden or path.suffix not in KINDS or path.is_symlink() or not path.is_file():
            continue
        name = inside.as_posix()
        if digest(path) not in given(folder, originals, name):
            yield path, name


# --- in --------------------------------------------------------------------------------------


def unpack(data: bytes) -> Parcel:
    """What is in the file.  Raises Refused, with a sentence, for everything that `pack` would not have made."""
    if len(data) > MOST_BYTES:
        raise Refused(f"this file has {len(data):,} bytes; at most {MOST_BYTES:,} are taken")
    try:
        _check_list(data)
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            found = dict(_entries(zipped))
    except Refused:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise Refused(f"this is no zip file that can be read whole: {error}") from error
    except (ValueError, OverflowError) as error:  # names that are no text, offsets that lead nowhere
        raise Refused(f"this zip file is broken: {error}") from error
    about = _about_of(found.pop("loopback.json", b""))
    state = _progress_of(found.pop("progress.json", b""))
    files = {name.removeprefix(_FOLDER): content for name, content in found.items()}
    for name, content in files.items():
        if why := fault_within(name, content):
            raise Refused(f"this zip has a file {name!r}: {why}. Choose the file that the course made")
    return Parcel(state, files, _place_of(about.get("place")))


def _check_list(data: bytes) -> None:
    """Bound the list of files: its length is 4 bytes at 12 in the end record (PKWARE APPNOTE 4.3.16)."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 22 - 65535))
    if end < 0 or end + 22 > len(data):
        raise Refused("this is no zip file: choose the file that “Download my work” or `export` made")
    (length,) = struct.unpack_from("<I", data, end + 12)
    if length > _MOST_LISTED:
        raise Refused(f"the list of files in this zip has {length:,} bytes; at most {_MOST_FILES} files are taken")


def _entries(zipped: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    infos = zipped.infolist()
    if len(infos) > _MOST_FILES:
        raise Refused(f"there are {len(infos):,} files in this zip; at most {_MOST_FILES} are taken")
    names: set[str] = set()
    left = _MOST_UNPACKED
    for info in infos:
        _check_entry(info, names)
        with zipped.open(info) as content:
            most = min(_MOST_IN_ONE, left)
            read = content.read(most + 1)  # what it says of its own length is not believed
        if len(read) > most:
            raise Refused(f"{info.filename!r} is too large: at most {_MOST_IN_ONE:,} bytes a file are taken")
        left -= len(read)
        yield info.filename, read


def _check_entry(info: zipfile.ZipInfo, names: set[str]) -> None:
    name = info.filename
    if info.orig_filename != name or not is_free(name, names):
        raise Refused(f"the name {info.orig_filename!r} is in this zip twice, or hides another")
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise Refused(f"{name!r} is no plain file; only notebooks and programs are taken")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(f"{name!r} is compressed in a way that the course does not use")
    if name in ("loopback.json", "progress.json"):
        return
    why = fault(name.removeprefix(_FOLDER)) if name.startswith(_FOLDER) else "it does not belong there"
    if why:
        raise Refused(f"this zip has a file {name!r}: {why}. Choose the file that the course made")


def _json(name: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Refused(f"{name} in this zip is not there, or no JSON: choose the file that the course made") from None


def _about_of(content: bytes) -> dict[str, Any]:
    about = _json("loopback.json", content)
    version = about.get("version") if isinstance(about, dict) and about.get("format") == _FORMAT else None
    if type(version) is not int:
        raise Refused("this zip was not made by the course: choose the file that “Download my work” or `export` made")
    if version != _VERSION:
        raise Refused(
            f"this zip has version {version} of the format, and this course knows {_VERSION}: update the course"
        )
    return dict(about)


def _progress_of(content: bytes) -> progress.State:
    try:
        state = progress.understood(_json("progress.json", content))
    except progress.NewerError as error:
        raise Refused(str(error)) from error
    if state is None:
        raise Refused("progress.json in this zip has not the shape that the course gives it")
    return state


def _place_of(found: Any) -> progress.Place | None:
    if isinstance(found, list) and len(found) == 2 and all(isinstance(part, str) for part in found):
        return None if fault(found[0]) else progress.Place(*found)
    return None

"""A file of somebody else's, which is read whole or refused."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from labsupport.course import archive
from labsupport.course.copies import NOTE
from tests.course.making import FILE, write, zipped


def with_file(name: str, content: bytes = b"print()") -> Callable[[], bytes]:
    return lambda: zipped((f"course/{name}", content))


def replaced(name: str, content: str) -> Callable[[], bytes]:
    def make() -> bytes:
        buffer = io.BytesIO()
        files = {"loopback.json": '{"format": "loopback course", "version": 1}', "progress.json": "{}", name: content}
        with zipfile.ZipFile(buffer, "w") as made:
            for each, text in files.items():
                made.writestr(each, text)
        return buffer.getvalue()

    return make


def a_link() -> bytes:
    info = zipfile.ZipInfo("course/link.py")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped((info, b"/etc/passwd"))


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return zipped(("course/a.py", b"1"), ("course/a.py", b"2"))


def encrypted() -> bytes:
    """The bit that says so, in both headers (PKWARE APPNOTE 4.4.4); the content stays as it is."""
    data = bytearray(zipped(("course/a.py", b"1")))
    local, central = data.rfind(b"PK\x03\x04"), data.rfind(b"PK\x01\x02")
    data[local + 6] |= 1
    data[central + 8] |= 1
    return bytes(data)


def lying_about_its_length() -> bytes:
    """20 MiB of nothing that claims to be 10 bytes."""
    data = bytearray(zipped(("course/a.py", bytes(20 * 2**20))))
    for at in (data.rfind(b"PK\x03\x04") + 22, data.rfind(b"PK\x01\x02") + 24):
        struct.pack_into("<I", data, at, 10)
    return bytes(data)


def a_long_list() -> bytes:
    data = bytearray(zipped())
    struct.pack_into("<I", data, data.rfind(b"PK\x05\x06") + 12, 0xFFFFFFFF)
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no zip file"),
    "text": (lambda: b"hello" * 100, "no zip file"),
    "cut": (lambda: zipped(("course/a.py", bytes(5000)))[:-30], "no zip file"),
    "broken inside": (lambda: zipped(("course/a.py", b"x" * 999)).replace(b"PK\x03\x04", b"PK\x03\x05", 3), "zip file"),
    "too large": (lambda: bytes(archive.MOST_BYTES + 1), "at most 16,777,216 are taken"),
    "a bomb": (with_file("a.py", bytes(17 * 2**20)), "too large"),
    "many bombs": (lambda: zipped(*((f"course/{n}.py", bytes(15 * 2**20)) for n in range(5))), "too large"),
    "a lie": (lying_about_its_length, "zip file"),
    "many": (lambda: zipped(*((f"course/{number}.py", b"") for number in range(499))), "at most 500"),
    "a long list": (a_long_list, "at most 500 files are taken"),
    "up": (with_file("../../evil.py"), "leads out of the folder"),
    "up in the middle": (with_file("a/../../evil.py"), "leads out of the folder"),
    "absolute": (with_file("/etc/evil.py"), "leads out of the folder"),
    "windows": (with_file("a\\..\\evil.py"), "cannot be written on every system"),
    "a drive": (with_file("C:evil.py"), "cannot be written on every system"),
    "a stream": (with_file("a.py:hidden.py"), "cannot be written on every system"),
    "control": (with_file("a\x1b[2J.py"), "cannot be written on every system"),
    "hidden": (with_file(".ipython/startup.py"), "hidden"),
    "the note": (with_file(NOTE, b"{}"), "hidden"),
    "no notebook": (with_file("a.sh"), "only .ipynb and .py are taken"),
    "a key": (with_file("server.key"), "only .ipynb and .py are taken"),
    "elsewhere": (lambda: zipped(("startup/evil.py", b"")), "does not belong there"),
    "a link": (a_link, "no plain file"),
    "twice": (twice, "twice"),
    "in capitals": (lambda: zipped(("course/a.py", b"1"), ("course/A.py", b"2")), "twice"),
    "in two forms": (lambda: zipped(("course/\u00e9.py", b"1"), ("course/e\u0301.py", b"2")), "twice"),
    "a file as a folder": (lambda: zipped(("course/a.py", b"1"), ("course/A.py/b.py", b"2")), "twice"),
    "a folder as a file": (lambda: zipped(("course/a.py/b.py", b"1"), ("course/a.py", b"2")), "twice"),
    "encrypted": (encrypted, "encrypted"),
    "another way": (lambda: zipped(("course/a.py", b"1"), method=zipfile.ZIP_LZMA), "does not use"),
    "no json": (with_file("a.ipynb", b"{"), "no JSON"),
    "deep json": (with_file("a.ipynb", b"[" * 100_000), "no JSON"),
    "another format": (with_file("a.ipynb", b'{"nbformat": 3, "cells": []}'), "no notebook of format 4"),
    "nobody's": (replaced("loopback.json", "{}"), "not made by the course"),
    "a list": (replaced("loopback.json", "[]"), "not made by the course"),
    "newer": (replaced("loopback.json", '{"format": "loopback course", "version": 2}'), "version 2 of the format"),
    "newer progress": (replaced("progress.json", '{"version": 99}'), "newer version of the course"),
    "odd progress": (replaced("progress.json", '{"exercises": {"a": {"status": "passed"}}}'), "not the shape"),
    "no progress": (replaced("progress.json", ""), "no JSON"),
}


@pytest.mark.parametrize(
    "place", ['["/dev/zero", ""]', '["../../01_next.ipynb", ""]', '["\\u0000", ""]', "[1, 2]", "{}"]
)
def test_a_place_that_is_no_notebook_of_the_folder_is_nowhere(place: str) -> None:
    """Chapter 00 reads the notebook of the place each time: it is to be one."""
    about = f'{{"format": "loopback course", "version": 1, "place": {place}}}'
    assert archive.unpack(replaced("loopback.json", about)()).place is None


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_what_the_course_would_not_have_made_is_refused(name: str) -> None:
    make, said = HOSTILE[name]
    with pytest.raises(archive.Refused, match=said):
        archive.unpack(make())


def test_any_byte_may_be_wrong(source: Path, mine: Path) -> None:
    """Each byte of a whole file in turn: it is read, as before or otherwise, or refused, and nothing else."""
    write(mine / FILE, "edited")
    data, _ = archive.pack(mine, source)
    refused = 0
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= 0x55
        try:
            archive.unpack(bytes(broken))
        except archive.Refused:
            refused += 1
    assert refused > len(data) / 2

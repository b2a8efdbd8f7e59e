"""A learner's work as one file: out and in again; and a file of somebody else's, which is read whole or refused."""

from __future__ import annotations

import io
import json
import os
import random
import re
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from labsupport import progress
from labsupport.course import archive, bringing, updates
from labsupport.course.copies import NOTE
from tests.course.making import notebook, write

FILE = "01_next.ipynb"


@pytest.fixture(autouse=True)
def _nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_pending", [])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The course's chapters."""
    write(tmp_path / "notebooks" / "00_start_here.ipynb", "# Start here")
    write(tmp_path / "notebooks" / FILE, "# 01 Next")
    return tmp_path / "notebooks"


@pytest.fixture
def mine(tmp_path: Path, source: Path) -> Path:
    """The learner's copy."""
    updates.renew(source, tmp_path / "my-course")
    return tmp_path / "my-course"


def another_machine(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of nobody's yet, and no progress."""
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path / "other-home"))
    updates.renew(source, tmp_path / "other")
    return tmp_path / "other"


def contents(folder: Path) -> dict[str, bytes]:
    """All that is in a folder, hidden files too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- out and in --------------------------------------------------------------------------------


def test_it_holds_the_progress_and_what_was_written(source: Path, mine: Path) -> None:
    progress.record_verdict("echo_server", "passed")
    write(mine / FILE, "# 01 Next", "你好")
    write(mine / "deep" / "नोट.ipynb", "my own")
    (mine / "server.py").write_text("print('héllo')")
    (mine / "server.key").write_text("a key stays here")
    (mine / ".ipynb_checkpoints").mkdir()
    write(mine / ".ipynb_checkpoints" / "old.ipynb", "old")
    (mine / "link.py").symlink_to(source / "00_start_here.ipynb")
    data, left = archive.pack(mine, source)
    parcel = archive.unpack(data)
    assert left == []
    assert parcel.state == progress.load()
    assert sorted(parcel.files) == [FILE, "deep/नोट.ipynb", "server.py"]
    assert parcel.files[FILE] == (mine / FILE).read_bytes()


def test_without_a_folder_it_holds_the_progress(source: Path) -> None:
    progress.record_prediction("q", "a", right=True)
    parcel = archive.unpack(archive.pack(None, None)[0])
    assert list(parcel.state["predictions"]) == ["q"]
    assert parcel.files == {}


def test_a_name_that_no_other_system_could_write_is_left_out_and_said(source: Path, mine: Path) -> None:
    try:
        write(mine / "what?.ipynb", "why")
    except OSError:
        pytest.skip("this system cannot write the name either")
    data, left = archive.pack(mine, source)
    assert left == ["what?.ipynb: its name cannot be written on every system"]
    assert archive.unpack(data).files == {}


def in_two_cases(folder: Path) -> None:
    write(folder / "A.py" / "b.ipynb", "one")
    write(folder / "a.py" / "B.ipynb", "other")
    if (folder / "a.py" / "b.ipynb").exists():
        pytest.skip("on this system a name in capitals is the same name")


def that_do_not_compress(folder: Path) -> None:
    for name in ("one.py", "other.py"):
        (folder / name).write_bytes(random.Random(name).randbytes(10 * 2**20))


UNFIT: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda folder: (folder / "a.ipynb").write_text(""), "a.ipynb: it is no JSON"),
    "broken": (lambda folder: (folder / "a.ipynb").write_text("{"), "a.ipynb: it is no JSON"),
    "format 3": (
        lambda folder: (folder / "a.ipynb").write_text('{"nbformat": 3}'),
        "a.ipynb: it is no notebook of format",
    ),
    "two cases": (in_two_cases, "a.py/B.ipynb: .* another file"),
    "two that are large": (that_do_not_compress, "other.py: it is too large"),
    "a large one": (lambda folder: (folder / "a.py").write_bytes(bytes(17 * 2**20)), "a.py: it is too large"),
    "many": (lambda folder: [(folder / f"{n:03}.py").write_bytes(b"") for n in range(499)], "498.py: at most 498"),
    "no text": (lambda folder: (folder / "\udcff.py").write_bytes(b""), r"\\udcff.py: its name cannot be written"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_would_be_refused_is_left_out_and_said_and_the_rest_comes_back(
    source: Path, mine: Path, name: str
) -> None:
    make, said = UNFIT[name]
    write(mine / FILE, "edited")
    make(mine)
    data, left = archive.pack(mine, source)
    assert re.match(said, left[-1])
    assert "\n".join(left).encode()  # text that a terminal and a browser take
    assert FILE in archive.unpack(data).files


def test_a_file_that_cannot_be_read_is_left_out_and_said(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(mine / FILE, "edited")
    found = [(mine / "gone.py", "gone.py"), (mine / FILE, FILE)]
    monkeypatch.setattr(archive, "_written", lambda *_: found)
    data, left = archive.pack(mine, source)
    assert re.match("gone.py: .*No such file", left[0])
    assert list(archive.unpack(data).files) == [FILE]


def test_a_file_of_before_the_first_zip_is_carried(source: Path, mine: Path) -> None:
    (mine / "old.py").write_text("print()")
    os.utime(mine / "old.py", (0, 0))
    data, left = archive.pack(mine, source)
    assert (list(archive.unpack(data).files), left) == (["old.py"], [])


@pytest.mark.parametrize("text", ['{"version": 3, "exercises": {}}', "{", None])
def test_a_progress_that_cannot_be_read_is_said_and_the_notebooks_are_carried(
    source: Path, mine: Path, text: str | None
) -> None:
    write(mine / FILE, "edited")
    file = progress.home() / "progress.json"
    if text is None:
        file.mkdir(parents=True)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    data, (said,) = archive.pack(mine, source)
    assert said.startswith("progress.json: Your progress")
    assert list(archive.unpack(data).files) == [FILE]


def test_it_comes_back_where_it_was(source: Path, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress.record_verdict("echo_server", "passed")
    write(mine / FILE, "edited")
    write(mine / "deep" / "own.ipynb", "my own")
    data, _ = archive.pack(mine, source)
    other = another_machine(tmp_path, source, monkeypatch)
    progress.record_verdict("whole_answer", "passed")
    parcel = archive.unpack(data)
    brought = bringing.bring(parcel, other, source)
    assert (brought.back, brought.beside, brought.said) == ((FILE, "deep/own.ipynb"), (), "")
    assert (other / FILE).read_bytes() == notebook("edited")
    assert sorted(progress.load()["exercises"]) == ["echo_server", "whole_answer"]
    again = bringing.bring(parcel, other, source)
    assert (again.back, again.beside) == ((), ())


def test_of_what_was_edited_in_both_places_both_stay(
    source: Path, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(mine / FILE, "edited there")
    data, _ = archive.pack(mine, source)
    other = another_machine(tmp_path, source, monkeypatch)
    write(other / FILE, "edited here")
    for _ in range(2):  # bringing it twice makes no second copy
        brought = bringing.bring(archive.unpack(data), other, source)
        assert brought.back == ()
    assert (other / FILE).read_bytes() == notebook("edited here")
    assert (other / "01_next.brought.ipynb").read_bytes() == notebook("edited there")
    assert sorted(path.name for path in other.glob("*.brought*")) == ["01_next.brought.ipynb"]


def test_where_the_course_is_worked_on_in_place_its_note_tells_what_was_edited(source: Path) -> None:
    """As on Binder: `binder/postBuild` writes the note."""
    updates.note_of(source).write(source)
    write(source / FILE, "edited")
    data, _ = archive.pack(source, source)
    assert list(archive.unpack(data).files) == [FILE]
    write(source / FILE, "# 01 Next")  # the next session begins anew
    assert bringing.bring(archive.unpack(data), source, source).back == (FILE,)


def test_a_pass_is_never_lost_and_the_later_choice_counts() -> None:
    progress.record_verdict("mine", "passed")
    progress.record_verdict("both", "passed")
    progress.record_prediction("q", "later")
    theirs = progress.understood(
        {
            "version": 1,
            "exercises": {
                name: {"status": status, "mistake": "m", "tries": 9, "first_passed": first, "last": "2031-01-01T00:00Z"}
                for name, status, first in (("both", "failed", None), ("theirs", "passed", "2030-01-01T00:00Z"))
            },
            "predictions": {"q": {"choice": "earlier", "right": True, "when": "2001-01-01T00:00:00+00:00"}},
        }
    )
    assert theirs is not None
    before = progress.load()
    assert progress.bring(theirs) == ""
    after = progress.load()
    assert {name: done["status"] for name, done in after["exercises"].items()} == dict.fromkeys(
        ["mine", "both", "theirs"], "passed"
    )
    assert after["exercises"]["both"]["first_passed"] == before["exercises"]["both"]["first_passed"]
    assert (after["exercises"]["both"]["tries"], after["exercises"]["both"]["mistake"]) == (9, "m")
    assert after["predictions"]["q"]["choice"] == "later"
    assert [answer["when"][:4] for answer in after["recall"]["q"]] == ["2001", before["predictions"]["q"]["when"][:4]]


# --- what is refused ----------------------------------------------------------------------------


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with the two files that it has to have, and these."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        made.writestr("loopback.json", json.dumps({"format": "loopback course", "version": 1, "place": None}))
        made.writestr("progress.json", "{}")
        for name, content in entries:
            made.writestr(name, content, method)
    return buffer.getvalue()


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


def test_a_folder_that_leads_elsewhere_is_refused_and_nothing_is_changed(
    source: Path, mine: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (mine / "deep").symlink_to(tmp_path / "outside")
    before = contents(mine)
    parcel = archive.unpack(zipped(("course/a.py", b"1"), ("course/deep/evil.py", b"2")))
    with pytest.raises(archive.Refused, match="no folder of yours"):
        bringing.bring(parcel, mine, source)
    assert contents(mine) == before
    assert list((tmp_path / "outside").iterdir()) == []


def test_where_the_progress_cannot_be_written_nothing_is_changed(
    source: Path, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path / "file" / "home"))
    before = contents(mine)
    parcel = archive.unpack(zipped((f"course/{FILE}", notebook("theirs"))))
    with pytest.raises(OSError, match="file"):
        bringing.bring(parcel, mine, source)
    assert contents(mine) == before
    assert progress.load() == progress.empty()  # nor is it waiting to be written


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("failing", [FILE, "b.py", "progress.json"])
def test_a_disk_that_fails_in_the_middle_leaves_all_as_it_was(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """At each of the files in turn, and at the progress, when all files are in their place."""
    progress.record_verdict("mine", "passed")
    before = contents(mine), tree(mine), progress.load()
    parcel = archive.unpack(zipped((f"course/{FILE}", notebook("theirs")), ("course/new/er/b.py", b"1")))
    replace = Path.replace

    def fails(new: Path, place: Path) -> Path:
        if place.name == failing:
            raise OSError(28, "No space left on device")
        return replace(new, place)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fails)
        with pytest.raises(OSError, match="No space left"):
            bringing.bring(parcel, mine, source)
    assert (contents(mine), tree(mine), progress.load()) == before
    assert bringing.bring(parcel, mine, source).back == (FILE, "new/er/b.py")


def test_a_folder_that_nobody_may_write_to_leaves_all_as_it_was(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine / "deep").mkdir()
    before = contents(mine), tree(mine)
    make = tempfile.mkstemp

    def refused(*, prefix: str, suffix: str, dir: Path) -> tuple[int, str]:  # noqa: A002  as its name is
        if dir == mine / "deep":
            raise PermissionError(13, "Permission denied", str(dir))
        return make(prefix=prefix, suffix=suffix, dir=dir)

    monkeypatch.setattr(tempfile, "mkstemp", refused)
    with pytest.raises(PermissionError):
        bringing.bring(archive.unpack(zipped(("course/a.py", b"1"), ("course/deep/b.py", b"2"))), mine, source)
    assert (contents(mine), tree(mine)) == before
    assert progress.load() == progress.empty()


def test_what_was_brought_before_is_not_written_over_by_what_comes_beside(
    source: Path, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(mine / FILE, "edited there")
    write(mine / "01_next.brought.ipynb", "brought there from elsewhere")
    data, _ = archive.pack(mine, source)
    other = another_machine(tmp_path, source, monkeypatch)
    write(other / FILE, "edited here")
    bringing.bring(archive.unpack(data), other, source)
    found = {name: content for name, content in contents(other).items() if name.startswith("01_next")}
    assert sorted(found.values()) == sorted(
        notebook(text) for text in ("edited here", "edited there", "brought there from elsewhere")
    )


def test_without_a_folder_what_is_not_brought_is_said(source: Path, mine: Path) -> None:
    write(mine / FILE, "edited")
    brought = bringing.bring(archive.unpack(archive.pack(mine, source)[0]), None, None)
    assert FILE in str(brought)
    assert "not brought" in str(brought)


@pytest.mark.parametrize("name", ["fsrs.py", "socket.py", "deep/labsupport.py", "pytest.py"])
def test_a_program_with_the_name_of_a_module_is_put_where_no_notebook_imports_it(
    source: Path, mine: Path, name: str
) -> None:
    parcel = archive.unpack(zipped((f"course/{name}", b"print('not what you think')")))
    beside = name.replace(".py", ".brought.py")
    for _ in range(2):  # bringing it twice makes no second copy
        brought = bringing.bring(parcel, mine, source)
        assert not (mine / name).exists()
        assert (mine / beside).read_bytes() == b"print('not what you think')"
    assert brought.back == ()
    said = str(bringing.bring(archive.unpack(zipped((f"course/{name}", b"another"))), mine, source))
    assert f"{name} has the name of a Python module" in said


def test_a_program_of_the_learners_own_comes_back_under_its_name(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine / "my_server.py").write_text("1")
    monkeypatch.syspath_prepend(mine)  # as in a kernel that runs there
    parcel = archive.unpack(zipped(("course/my_server.py", b"1"), ("course/deep/my_server.py", b"2")))
    assert bringing.bring(parcel, mine, source).back == ("deep/my_server.py",)

"""A learner's work as one file: what is in it, and what is left out and said."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from labsupport import progress
from labsupport.course import archive
from tests.course.making import FILE, write


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

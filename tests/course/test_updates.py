"""The learner's copy: what an update brings, and that no word of a learner's is lost by it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labsupport.course import updates
from labsupport.course.copies import NOTE, Note, digest
from tests.course.making import cell, notebook, write

FILE = "01_next.ipynb"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The course's chapters."""
    write(tmp_path / "notebooks" / "00_start_here.ipynb", "# Start here")
    write(tmp_path / "notebooks" / FILE, "# 01 Next", cell("1 + 1", "code", "code"))
    (tmp_path / "notebooks" / "images").mkdir()
    (tmp_path / "notebooks" / "images" / "ladder.svg").write_text("<svg/>")
    (tmp_path / "notebooks" / ".hidden").write_text("no")
    return tmp_path / "notebooks"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The learner's folder, which is not there yet."""
    return tmp_path / "my-course"


def told(changes: list[updates.Change]) -> list[tuple[str, str]]:
    return [(change.kind, change.place) for change in changes]


def contents(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NOTE)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def new_edition(source: Path, text: str = "# 01 Next, again") -> None:
    write(source / FILE, text)


def test_what_is_not_there_is_copied_and_nothing_that_is_hidden(source: Path, mine: Path) -> None:
    expected = [("new", "00_start_here.ipynb"), ("new", FILE), ("new", "images/ladder.svg")]
    assert told(updates.news(source, mine)) == expected
    assert not mine.exists()
    assert told(updates.renew(source, mine)) == expected
    assert contents(mine) == {name: data for name, data in contents(source).items() if name != ".hidden"}
    assert updates.news(source, mine) == updates.renew(source, mine) == []


def test_running_a_chapter_is_no_edit(source: Path, mine: Path) -> None:
    updates.renew(source, mine)
    ran = cell("1 + 1", "code", "code") | {"outputs": [{"output_type": "stream", "text": "2"}], "execution_count": 7}
    ran["metadata"] = {"collapsed": True}
    write(mine / FILE, "# 01 Next", ran, widgets={"state": {"a": 1}})
    new_edition(source)
    assert told(updates.renew(source, mine)) == [("renewed", FILE)]
    assert (mine / FILE).read_bytes() == (source / FILE).read_bytes()


@pytest.mark.parametrize(
    "cells",
    [("# 01 Next", cell("1 + 2", "code")), ("# 01 Next",), ("# 01 Next", cell("1 + 1", "code"), cell("", "code"))],
    ids=["a word", "a cell less", "a cell more"],
)
def test_beside_what_was_edited_the_new_edition_is_put_once(
    source: Path, mine: Path, cells: tuple[dict[str, object] | str, ...]
) -> None:
    updates.renew(source, mine)
    before = write(mine / FILE, *cells).read_bytes()
    assert updates.news(source, mine) == []  # the course has not changed
    new_edition(source)
    assert told(updates.renew(source, mine)) == [("beside", "01_next.new.ipynb")]
    assert (mine / FILE).read_bytes() == before
    assert (mine / "01_next.new.ipynb").read_bytes() == (source / FILE).read_bytes()
    assert updates.news(source, mine) == updates.renew(source, mine) == []
    (mine / "01_next.new.ipynb").unlink()  # looked at, and thrown away
    assert updates.renew(source, mine) == []


def test_a_later_edition_replaces_the_one_beside_unless_that_was_edited_too(source: Path, mine: Path) -> None:
    updates.renew(source, mine)
    write(mine / FILE, "mine")
    new_edition(source, "second")
    updates.renew(source, mine)
    new_edition(source, "third")
    assert told(updates.renew(source, mine)) == [("beside", "01_next.new.ipynb")]
    write(mine / "01_next.new.ipynb", "mine too")
    new_edition(source, "fourth")
    assert told(updates.renew(source, mine)) == [("beside", "01_next.new-2.ipynb")]
    assert contents(mine)["01_next.new.ipynb"] == notebook("mine too")
    assert contents(mine)["01_next.new-2.ipynb"] == notebook("fourth")


def test_whoever_takes_the_new_edition_is_up_to_date(source: Path, mine: Path) -> None:
    updates.renew(source, mine)
    write(mine / FILE, "mine")
    new_edition(source, "second")
    updates.renew(source, mine)
    (mine / "01_next.new.ipynb").replace(mine / FILE)
    assert updates.renew(source, mine) == []
    new_edition(source, "third")
    assert told(updates.renew(source, mine)) == [("renewed", FILE)]


@pytest.mark.parametrize("note", [None, "{", "[]", '{"copied": {"01_next.ipynb": 3}, "offered": {}}'])
def test_without_a_note_all_counts_as_edited_but_what_the_course_has(
    source: Path, mine: Path, note: str | None
) -> None:
    updates.renew(source, mine)
    (mine / NOTE).unlink()
    if note is not None:
        (mine / NOTE).write_text(note)
    before = (mine / FILE).read_bytes()
    assert updates.renew(source, mine) == []  # and it is noted now
    (mine / NOTE).unlink()
    new_edition(source)
    assert told(updates.renew(source, mine)) == [("beside", "01_next.new.ipynb")]
    assert (mine / FILE).read_bytes() == before


def test_a_page_that_was_renamed_comes_anew(source: Path, mine: Path) -> None:
    updates.renew(source, mine)
    (mine / FILE).rename(mine / "01_mine.ipynb")
    assert told(updates.renew(source, mine)) == [("new", FILE)]
    assert (mine / "01_mine.ipynb").exists()


def test_a_link_of_the_learners_is_left_alone(source: Path, mine: Path, tmp_path: Path) -> None:
    mine.mkdir()
    elsewhere = write(tmp_path / "elsewhere.ipynb", "far away")
    try:
        (mine / FILE).symlink_to(elsewhere)
        (mine / "00_start_here.ipynb").symlink_to(tmp_path / "nowhere")
    except OSError:
        pytest.skip("this system lets nobody make symbolic links")
    updates.renew(source, mine)
    new_edition(source)
    updates.renew(source, mine)
    assert (mine / FILE).is_symlink()
    assert elsewhere.read_bytes() == notebook("far away")
    assert not (tmp_path / "nowhere").exists()


def test_a_disk_that_is_full_leaves_the_old_page_and_no_half(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates.renew(source, mine)
    before = contents(mine)
    new_edition(source)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            updates.renew(source, mine)
    assert contents(mine) == before
    assert told(updates.renew(source, mine)) == [("renewed", FILE)]


_KILLED = """
import resource, signal, sys
from pathlib import Path
from labsupport.course import updates
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
updates.renew(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_who_is_killed_while_it_writes_leaves_no_half_of_a_page(source: Path, mine: Path, root: Path) -> None:
    """The system ends a process that writes past its limit: SIGXFSZ, in the middle of the file (setrlimit(2))."""
    pytest.importorskip("resource")
    new_edition(source, "long " * 2000)
    killed = subprocess.run([sys.executable, "-c", _KILLED, source, mine], cwd=root, check=False)
    assert killed.returncode == -signal.SIGXFSZ
    assert FILE not in contents(mine)
    assert ("new", FILE) in told(updates.renew(source, mine))
    assert (mine / FILE).read_bytes() == (source / FILE).read_bytes()


@pytest.mark.parametrize("why", [PermissionError(1, "Operation not permitted"), NotImplementedError()])
def test_where_a_file_has_one_name_at_most_a_page_is_copied_too(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch, why: Exception
) -> None:
    """As on a stick: FAT has no hard links."""

    def refused(_path: Path, _other: Path) -> None:
        raise why

    monkeypatch.setattr(Path, "hardlink_to", refused)
    updates.renew(source, mine)
    assert contents(mine) == {name: data for name, data in contents(source).items() if name != ".hidden"}
    assert list(mine.rglob("*.new")) == []


def test_a_page_that_appears_in_the_moment_of_copying_stays(
    source: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def appears(descriptor: int) -> None:
        write(mine / FILE, "mine, just now")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", appears)
    updates.renew(source, mine)
    assert (mine / FILE).read_bytes() == notebook("mine, just now")
    assert list(mine.rglob("*.new")) == []


def test_on_binder_the_learner_works_in_the_courses_folder_which_needs_no_update(source: Path) -> None:
    assert updates.news(source, source) == updates.renew(source, source) == []
    updates.note_of(source).write(source)
    note = Note.of(source)
    assert note.copied[FILE] == digest(source / FILE)
    assert set(json.loads((source / NOTE).read_text())) == {"copied", "offered"}


@pytest.mark.parametrize("spelt", ["notebooks", "notebooks/../notebooks", "link"])
def test_the_courses_folder_is_no_copy_of_itself_however_it_is_spelt(
    source: Path, monkeypatch: pytest.MonkeyPatch, spelt: str
) -> None:
    (source.parent / "link").symlink_to(source)
    monkeypatch.chdir(source.parent)
    target = Path(spelt)
    assert updates.news(source, target) == updates.renew(source, target) == []
    assert not (source / NOTE).exists()

"""A learner's work comes back: all of it or nothing, and nothing of what is there is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from labsupport import progress
from labsupport.course import archive, bringing, updates
from tests.course.making import FILE, contents, notebook, write, zipped


def another_machine(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of nobody's yet, and no progress."""
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path / "other-home"))
    updates.renew(source, tmp_path / "other")
    return tmp_path / "other"


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

"""`python -m labsupport`: the learner's copy of the chapters, the overview, and how JupyterLab is started."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import labsupport
from labsupport import __main__ as command


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with two chapters, and nothing else."""
    notebooks = tmp_path / "notebooks"
    (notebooks / "images").mkdir(parents=True)
    (notebooks / ".ipynb_checkpoints").mkdir()
    cell = {"cell_type": "markdown", "source": ["# Start here\n", "Read on."]}
    (notebooks / "00_start_here.ipynb").write_text(json.dumps({"cells": [cell]}))
    (notebooks / "01_next.ipynb").write_text(json.dumps({"cells": []}))
    (notebooks / "images" / "ladder.svg").write_text("<svg/>")
    (notebooks / ".ipynb_checkpoints" / "old.ipynb").write_text("old")
    monkeypatch.setattr(command, "__file__", str(tmp_path / "labsupport" / "__main__.py"))
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been run."""
    commands: list[list[str]] = []

    def become(arguments: list[str]) -> int:
        commands.append(arguments)
        return 0

    monkeypatch.setattr(command, "_become", become)
    return commands


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_copy_has_the_chapters_and_no_checkpoints(course: Path) -> None:
    new = command.copy_chapters(course / "notebooks", course / "my-course")
    assert files(course / "my-course") == {"00_start_here.ipynb", "01_next.ipynb", "images/ladder.svg"}
    assert {path.as_posix() for path in new} == files(course / "my-course")


def test_a_file_that_is_there_is_never_changed(course: Path) -> None:
    mine = course / "my-course" / "01_next.ipynb"
    mine.parent.mkdir()
    mine.write_text("my own work")
    before = mine.stat().st_mtime_ns
    new = command.copy_chapters(course / "notebooks", course / "my-course")
    assert mine.read_text() == "my own work"
    assert mine.stat().st_mtime_ns == before
    assert Path("01_next.ipynb") not in new
    assert command.copy_chapters(course / "notebooks", course / "my-course") == []


def test_an_update_brings_new_chapters_only(course: Path) -> None:
    command.copy_chapters(course / "notebooks", course / "my-course")
    (course / "notebooks" / "01_next.ipynb").write_text("a new edition")
    (course / "notebooks" / "02_last.ipynb").write_text("a new chapter")
    assert command.copy_chapters(course / "notebooks", course / "my-course") == [Path("02_last.ipynb")]
    assert (course / "my-course" / "01_next.ipynb").read_text() == '{"cells": []}'


def test_a_link_of_the_learners_is_left_alone(course: Path) -> None:
    (course / "my-course").mkdir()
    link = course / "my-course" / "01_next.ipynb"
    try:
        link.symlink_to(course / "nowhere.ipynb")
    except OSError:
        pytest.skip("this system lets nobody make symbolic links")
    command.copy_chapters(course / "notebooks", course / "my-course")
    assert link.is_symlink()
    assert not (course / "nowhere.ipynb").exists()


def test_half_a_copy_never_stays(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_the_disk(_source: object, copy: object) -> None:
        copy.write(b"half")  # type: ignore[attr-defined]  # a binary file
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", fill_the_disk)
    with pytest.raises(command.CannotStart, match="No space left on device"):
        command.copy_chapters(course / "notebooks", course / "my-course")
    assert files(course / "my-course") == set()


def test_a_file_in_the_place_of_the_folder_is_told(course: Path) -> None:
    (course / "my-course").write_text("a file")
    with pytest.raises(command.CannotStart, match=r"Make .*my-course a folder"):
        command.copy_chapters(course / "notebooks", course / "my-course")


def test_start_opens_the_first_chapter_of_the_copy(course: Path, started: list[list[str]]) -> None:
    assert command.main(["start", "--no-browser", "--port", "8900"]) == 0
    ((python, *arguments),) = started
    assert [python, *arguments[:2]] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={course / 'my-course'}" in arguments
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in arguments
    assert arguments[-3:] == ["--no-browser", "--port", "8900"]
    assert (course / "my-course" / "00_start_here.ipynb").is_file()


def test_what_is_started_takes_the_place_of_the_command_and_gives_its_status() -> None:
    """In a process of its own, as it replaces the one that runs it."""
    code = "import sys; from labsupport.__main__ import _become; sys.exit(_become([sys.executable, '-c', 'exit(7)']))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7


def test_start_without_jupyterlab_says_what_to_do(
    course: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    assert command.main(["start"]) == 1
    assert started == []
    assert "Run the first command of the README" in capsys.readouterr().err


def test_without_chapters_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "__file__", str(tmp_path / "lib" / "labsupport" / "__main__.py"))
    monkeypatch.chdir(tmp_path)
    assert command.main(["start"]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_the_overview_names_commands_chapters_and_every_public_name(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([]) == 0
    said = capsys.readouterr().out
    for word in ["labsupport start", "labsupport check", "00_start_here.ipynb", "Start here", *labsupport.__all__]:
        assert word in said


def test_check_fails_only_where_the_course_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from labsupport import check

    good = check.Result("a", True, "seen", "", True)
    without = check.Result("b", False, "nothing", "do this", False)
    missing = check.Result("c", False, "nothing", "do this", True)
    for lines, status in (([good], 0), ([good, without], 0), ([good, missing], 1)):
        monkeypatch.setattr(check, "machine", lambda lines=lines: check.Report(lines))
        assert command.main(["check"]) == status


@pytest.mark.parametrize("words", [["chek"], ["check", "--fast"]])
def test_what_is_no_command_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(words)
    assert words[-1] in capsys.readouterr().err

"""`python -m labsupport`: the learner's copy of the chapters, the overview, and how JupyterLab is started."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import labsupport
from labsupport import __main__ as command
from labsupport import progress
from labsupport.course import places


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with two chapters, and nothing else."""
    notebooks = tmp_path / "notebooks"
    (notebooks / "images").mkdir(parents=True)
    (notebooks / ".ipynb_checkpoints").mkdir()
    write(notebooks / "00_start_here.ipynb", "# Start here\nRead on.")
    write(notebooks / "01_next.ipynb", "# 01 Next")
    (notebooks / "images" / "ladder.svg").write_text("<svg/>")
    (notebooks / ".ipynb_checkpoints" / "old.ipynb").write_text("old")
    monkeypatch.setattr(places, "_root", lambda: tmp_path)
    return tmp_path


def write(path: Path, text: str) -> None:
    """A notebook with one cell."""
    cell = {"cell_type": "markdown", "id": "one", "metadata": {}, "source": text}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


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


def test_start_makes_the_copy_and_says_what_is_in_it(
    course: Path, started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["start"]) == 0
    assert {"00_start_here.ipynb", "01_next.ipynb", "images/ladder.svg"} < files(course / "my-course")
    said = capsys.readouterr().out
    assert "New: 00_start_here.ipynb, 01_next.ipynb, images/ladder.svg." in said
    command.main(["start"])
    assert capsys.readouterr().out.startswith("You work in ")


def test_renew_makes_a_copy_in_a_folder_and_leaves_what_is_edited(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "maria"
    assert command.main(["renew", str(folder)]) == 0
    assert {"00_start_here.ipynb", "01_next.ipynb", "images/ladder.svg"} < files(folder)
    write(folder / "01_next.ipynb", "# Next\nMaria's own words.")
    write(course / "notebooks" / "01_next.ipynb", "# Next\nA new edition.")
    capsys.readouterr()
    assert command.main(["renew", str(folder)]) == 0
    assert "01_next.ipynb as 01_next.new.ipynb" in capsys.readouterr().out
    assert "Maria's own words." in (folder / "01_next.ipynb").read_text("utf-8")
    with pytest.raises(SystemExit):
        command.main(["renew"])
    assert "renew takes one folder, and not 0" in capsys.readouterr().err


def test_start_renews_what_was_not_edited_and_keeps_both_of_what_was(
    course: Path, started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    command.main(["start"])
    write(course / "my-course" / "01_next.ipynb", "# 01 Next\nmy own words: 你好")
    write(course / "notebooks" / "00_start_here.ipynb", "# Start here\nA new edition.")
    write(course / "notebooks" / "01_next.ipynb", "# 01 Next\nA new edition.")
    capsys.readouterr()
    assert command.main([]) == 0
    said = capsys.readouterr().out
    assert "`python -m labsupport start` would bring:" in said
    assert "01_next.ipynb as 01_next.new.ipynb" in said
    assert not (course / "my-course" / "01_next.new.ipynb").exists()
    command.main(["start"])
    said = capsys.readouterr().out
    assert "not edited by you, so renewed: 00_start_here.ipynb." in said
    assert "beside them: 01_next.ipynb as 01_next.new.ipynb." in said
    assert "你好" in json.loads((course / "my-course" / "01_next.ipynb").read_text())["cells"][0]["source"]
    assert "A new edition." in (course / "my-course" / "01_next.new.ipynb").read_text()
    assert command.main([]) == 0
    assert "would bring" not in capsys.readouterr().out


def test_a_file_in_the_place_of_the_folder_is_told(
    course: Path, started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "my-course").write_text("a file")
    assert command.main(["start"]) == 1
    assert f"Make {course / 'my-course'} a folder" in capsys.readouterr().err
    assert started == []


def test_work_goes_out_and_comes_in_on_another_machine(
    course: Path,
    started: list[list[str]],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command.main(["start"])
    write(course / "my-course" / "01_next.ipynb", "# 01 Next\nनमस्ते")
    progress.record_verdict("echo_server", "passed")
    file = tmp_path_factory.mktemp("stick") / "work.zip"
    assert command.main(["export", str(file)]) == 0
    assert command.main(["export", str(file)]) == 1
    assert "stays as it is" in capsys.readouterr().err

    other = tmp_path_factory.mktemp("other")
    shutil.copytree(course / "notebooks", other / "notebooks")
    monkeypatch.setattr(places, "_root", lambda: other)
    monkeypatch.setenv("LABSUPPORT_HOME", str(other / "home"))
    assert command.main(["import", str(file)]) == 0
    assert "Back in their place: 01_next.ipynb." in capsys.readouterr().out
    assert "नमस्ते" in json.loads((other / "my-course" / "01_next.ipynb").read_text())["cells"][0]["source"]
    assert progress.load()["exercises"]["echo_server"]["status"] == "passed"


def test_on_a_hub_export_and_import_use_the_folder_that_they_are_run_in(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `jupyterhub_config.py` lays it out: the learner's copy is far from the course."""
    copy, file = tmp_path / "home" / "my-course", tmp_path / "work.zip"
    command.main(["renew", str(copy)])
    write(copy / "01_next.ipynb", "# 01 Next\nनमस्ते")
    monkeypatch.chdir(copy)
    assert command.main(["export", str(file)]) == 0
    assert str(copy) in capsys.readouterr().out
    shutil.copy(course / "notebooks" / "01_next.ipynb", copy)
    assert command.main(["import", str(file)]) == 0
    assert str(copy) in capsys.readouterr().out
    assert "नमस्ते" in json.loads((copy / "01_next.ipynb").read_text())["cells"][0]["source"]
    assert not (course / "my-course").exists()


def test_a_disk_that_is_full_leaves_no_half_of_an_export(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Full is a limit of the system on the size of a file, which Python sees as an error of write (setrlimit(2))."""
    resource = pytest.importorskip("resource")
    (course / "my-course").mkdir()
    (course / "my-course" / "mine.py").write_bytes(random.Random(1).randbytes(20_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        status = command.main(["export", str(course / "work.zip")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 1
    assert "work.zip was not made: " in capsys.readouterr().err
    assert files(course) == {name for name in files(course) if name.startswith(("notebooks/", "my-course/"))}
    assert command.main(["export", str(course / "work.zip")]) == 0


@pytest.mark.parametrize(("content", "said"), [(b"no zip", "this is no zip file"), (None, "No such file")])
def test_a_file_that_is_not_taken_is_said(
    course: Path, content: bytes | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = course / "work.zip"
    if content is not None:
        file.write_bytes(content)
    assert command.main(["import", str(file)]) == 1
    assert said in capsys.readouterr().err
    assert not (course / "my-course").exists()


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
    monkeypatch.setattr(places, "_root", lambda: tmp_path / "lib")
    monkeypatch.chdir(tmp_path)
    assert command.main(["start"]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_the_overview_names_commands_chapters_and_every_public_name(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([]) == 0
    said = capsys.readouterr().out
    commands = [f"labsupport {name}" for name in ("start", "check", "export", "import")]
    for word in [*commands, "00_start_here.ipynb", "Start here", "0 of 0 exercises", *labsupport.__all__]:
        assert word in said


def test_check_fails_only_where_the_course_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from labsupport import check

    good = check.Result("a", True, "seen", "", True)
    without = check.Result("b", False, "nothing", "do this", False)
    missing = check.Result("c", False, "nothing", "do this", True)
    for lines, status in (([good], 0), ([good, without], 0), ([good, missing], 1)):
        monkeypatch.setattr(check, "machine", lambda lines=lines: check.Report(lines))
        assert command.main(["check"]) == status


@pytest.mark.parametrize("words", [["chek"], ["check", "--fast"], ["export", "a", "b"]])
def test_what_is_no_command_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(words)
    assert words[0] in capsys.readouterr().err

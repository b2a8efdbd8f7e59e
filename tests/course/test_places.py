"""Where the chapters are, in a clone, on Binder, and for a package that is installed elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labsupport.course import places, updates
from labsupport.course.copies import NOTE
from tests.course.making import write


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a chapter; we are elsewhere."""
    write(tmp_path / "clone" / "notebooks" / places.FIRST, "# Start here")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(places, "_root", lambda: tmp_path / "clone")
    return tmp_path / "clone"


def test_in_a_clone_the_learner_has_a_copy(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert places.originals() == clone / "notebooks"
    assert places.learners() == places.here() == clone / "my-course"
    updates.renew(clone / "notebooks", clone / "my-course")
    monkeypatch.chdir(clone / "my-course")
    assert places.here() == places.learners()
    monkeypatch.chdir(clone / "notebooks")  # somebody who opened the course's own pages works there
    assert (places.here(), places.learners()) == (clone / "notebooks", clone / "my-course")


def test_a_package_that_is_installed_elsewhere_finds_them_from_the_kernels_folder(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_root", lambda: clone.parent / "site-packages")
    assert places.originals() is places.learners() is places.here() is None
    for folder in (clone, clone / "notebooks"):
        monkeypatch.chdir(folder)
        assert places.originals() == places.learners() == places.here() == clone / "notebooks"


def test_the_note_that_binder_writes_says_that_the_learner_works_in_place(clone: Path, root: Path) -> None:
    lines = (root / "binder" / "postBuild").read_text("utf-8").splitlines()
    (program,) = [line.removeprefix("python -c '").removesuffix("'") for line in lines if line.startswith("python -c")]
    subprocess.run([sys.executable, "-c", program], cwd=clone, env={"PYTHONPATH": str(root)}, check=True)
    assert (clone / "notebooks" / NOTE).is_file()
    assert places.learners() == clone / "notebooks"
    assert updates.news(clone / "notebooks", clone / "notebooks") == []

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
    (clone / "notebooks" / "deep").mkdir()
    for folder in (clone, clone / "notebooks"):
        monkeypatch.chdir(folder)
        assert places.originals() == places.learners() == places.here() == clone / "notebooks"
    monkeypatch.chdir(clone / "notebooks" / "deep")
    assert places.originals() == places.learners() == places.here() == clone / "notebooks"


@pytest.mark.parametrize("where", [".", "deep/er"])
def test_on_a_hub_the_learner_works_in_the_copy_that_they_are_in(
    clone: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """One machine, `jupyterhub_config.py`: the course is somebody's checkout, the copy is in the learner's home."""
    copy = clone.parent / "home" / "maria" / "my-course"
    updates.renew(clone / "notebooks", copy)
    (copy / where).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(copy / where)
    assert places.learners() == places.here() == copy
    assert places.originals() == clone / "notebooks"


@pytest.mark.parametrize("where", [".", "deep/er"])
def test_on_kubernetes_the_learner_works_on_the_volume_and_not_in_the_image(
    clone: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """`values.yaml`: the image's home is the course, as on Binder, with its note; the volume is a folder in it."""
    monkeypatch.setattr(places, "_root", lambda: clone.parent / "site-packages")
    updates.note_of(clone / "notebooks").write(clone / "notebooks")
    updates.renew(clone / "notebooks", clone / "work")
    (clone / "work" / where).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(clone / "work" / where)
    assert places.learners() == places.here() == clone / "work"
    assert places.originals() == clone / "notebooks"


def test_the_pages_of_another_checkout_are_no_copy(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(clone.parent / "other" / "notebooks" / places.FIRST, "# Start here")
    monkeypatch.chdir(clone.parent / "other" / "notebooks")
    assert places.learners() == clone / "my-course"


def test_the_note_that_binder_writes_says_that_the_learner_works_in_place(clone: Path, root: Path) -> None:
    lines = (root / "binder" / "postBuild").read_text("utf-8").splitlines()
    (program,) = [line.removeprefix("python -c '").removesuffix("'") for line in lines if line.startswith("python -c")]
    subprocess.run([sys.executable, "-c", program], cwd=clone, env={"PYTHONPATH": str(root)}, check=True)
    assert (clone / "notebooks" / NOTE).is_file()
    assert places.learners() == clone / "notebooks"
    assert updates.news(clone / "notebooks", clone / "notebooks") == []

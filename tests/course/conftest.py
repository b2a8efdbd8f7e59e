"""The course's chapters, a learner's copy of them, and no progress that waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from labsupport import progress
from labsupport.course import updates
from tests.course.making import FILE, write


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

"""What every test may ask for."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: How the tests begin that take minutes; one that computes, as a browser does, beside those that wait.
LONGEST = (
    "tests/exercises/test_exercises.py",
    "tests/browser/test_notebooks.py",
    "tests/notebooks/test_torture.py",
    "tests/browser/",
    "tests/exercises/",
    "notebooks/",
)


def pytest_configure() -> None:
    """A shell that started us in the background has SIGINT ignored, and tests press Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first: no worker is to be busy with it when the others have nothing left."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))


@pytest.fixture(autouse=True)
def _no_progress(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test has no progress of an earlier one, and leaves none in the developer's home."""
    monkeypatch.setenv("LABSUPPORT_HOME", str(tmp_path_factory.mktemp("labsupport-home")))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def chapters() -> list[Path]:
    """The course's notebooks, in order."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))

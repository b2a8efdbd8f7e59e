"""What every test may ask for."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """A shell that started us in the background has SIGINT ignored, and tests press Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright leaves an event loop running until the session ends."""
    items.sort(key=lambda item: "tests/browser/" in item.path.as_posix())


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

"""Fixtures of the link's tests."""

from __future__ import annotations

import pytest

from labsupport.tape.events import tick
from tests.link import talking


@pytest.fixture(autouse=True)
def _of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link of an earlier test may have had the same port."""
    monkeypatch.setattr(talking, "BEGIN", tick())

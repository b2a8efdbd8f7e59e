"""Fixtures of the tape's tests."""

from __future__ import annotations

import pytest

from tests.tape.stories import Story


@pytest.fixture
def story() -> Story:
    """What this test has written on the tape."""
    return Story()

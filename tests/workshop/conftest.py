"""A board that runs, and a learner who leaves at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from labsupport import workshop
from labsupport.workshop import post
from labsupport.workshop.wire import BoardError
from tests.workshop.running import Running


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("board") / "board.sqlite") as started:
        yield started


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> Iterator[post.Post]:
    """A kernel that has sent nothing yet, and that leaves at the end."""
    fresh = post.Post()
    monkeypatch.setattr(post, "_post", fresh)
    yield fresh
    with contextlib.suppress(OSError, BoardError):
        workshop.leave()

"""Whoever listens to the progress is told of each change, in order, and can neither delay nor break a verdict."""

from __future__ import annotations

import queue
import threading

import pytest

from labsupport import progress
from tests.leftovers import none_left


@pytest.fixture(autouse=True)
def _nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_pending", [])


def test_a_listener_is_told_in_order_after_it_was_kept() -> None:
    told: queue.SimpleQueue[tuple[progress.Recorded, progress.State]] = queue.SimpleQueue()
    with none_left():
        stop = progress.listen(lambda recorded: told.put((recorded, progress.load())))
        progress.record_verdict("echo_server", "failed", "accepts_once")
        progress.record_verdict("echo_server", "passed")
        progress.record_prediction("two-sends", "b'héllo'", right=False)
        found = [told.get(timeout=10) for _ in range(3)]
        stop()
        stop()
    assert [(one.kind, one.name, one.passed, one.mistake) for one, _ in found] == [
        ("exercise", "echo_server", False, "accepts_once"),
        ("exercise", "echo_server", True, None),
        ("prediction", "two-sends", False, None),
    ]
    assert found[0][1]["exercises"]["echo_server"]["last"] == found[0][0].when


def test_one_that_raises_or_never_returns_changes_nothing_for_the_others() -> None:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    free = threading.Event()

    def breaks(_: progress.Recorded) -> None:
        raise RuntimeError("the board is gone")

    with none_left():
        stops = [
            progress.listen(breaks),
            progress.listen(lambda _: free.wait()),
            progress.listen(lambda recorded: told.put(recorded.name)),
        ]
        for name in ("one", "two"):
            assert progress.record_verdict(name, "passed") == ""
        assert [told.get(timeout=10) for _ in range(2)] == ["one", "two"]
        free.set()
        for stop in stops:
            stop()


def test_nothing_is_told_after_stop() -> None:
    told: list[str] = []
    with none_left():
        stop = progress.listen(lambda recorded: told.append(recorded.name))
        progress.record_verdict("before", "passed")
        stop()
        progress.record_verdict("after", "passed")
    assert told == ["before"]

"""The live ladder while it grows: what is sent when, and that it ends."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator

import pytest

from labsupport.panels.parts.ladder import LiveLadder
from labsupport.panels.parts.ticker import QUICKEST
from labsupport.pictures import Picture
from labsupport.tape.events import Call, Event
from labsupport.threads import background
from labsupport.window import watch
from tests.leftovers import until
from tests.panels.talking import history


@pytest.fixture(autouse=True)
def _stop_all() -> Iterator[None]:
    yield
    background.stop_all()


def test_it_grows_with_its_window_and_then_stands_still() -> None:
    with watch() as tape:
        ladder = tape.live()
        assert ladder.head["steps"] == 0
        assert ladder.head["growing"]
        with socket.create_server(("127.0.0.1", 0)):
            until(lambda: ladder.head["steps"])
    until(lambda: not ladder.head["growing"] or not ladder._ticker.running)
    ladder._ticker.wait()
    assert not ladder._ticker.running
    assert ladder._picture.text() == tape.text()


def test_nothing_new_sends_nothing() -> None:
    events = history(3)
    ladder = LiveLadder(lambda: Picture(events))
    assert not ladder.refresh()
    events += history(1)
    assert ladder.refresh()
    assert not ladder.refresh()


def test_a_label_is_new_too() -> None:
    events = history(1)
    ladder = LiveLadder(lambda: Picture(events))
    assert isinstance(events[0], Call)
    events[0].endpoint.label = "maria"
    assert ladder.refresh()


def test_paused_it_shows_nothing_newer_and_then_all_of_it() -> None:
    events = history(3)
    ladder = LiveLadder(lambda: Picture(events))
    ladder.paused = True
    events += history(1)
    before = ladder.head["version"]
    assert not ladder.refresh()
    assert ladder.head["version"] == before
    ladder.paused = False
    assert ladder.head["version"] == before + 1


def test_updates_are_batched_and_none_is_lost() -> None:
    """A thousand events a second for a while: at most 20 updates a second, and all events are there at the end."""
    events: list[Event] = []
    open_ = True
    ladder = LiveLadder(lambda: Picture(list(events)), lambda: open_)
    changes: list[float] = []
    ladder.observe(lambda _: changes.append(time.monotonic()), "head")
    story = history(250)
    for at in range(0, len(story), 5):
        events += story[at : at + 5]
        time.sleep(0.005)
    open_ = False
    ladder._ticker.wait()
    gaps = [later - earlier for earlier, later in itertools.pairwise(changes)]
    assert changes
    assert min(gaps, default=1) >= QUICKEST * 0.9
    assert len(ladder._picture.events) == len(story)


def test_closing_it_ends_its_thread() -> None:
    ladder = LiveLadder(lambda: Picture([]), lambda: True)
    assert ladder._ticker.running
    ladder.close()
    ladder._ticker.wait()
    assert not ladder._ticker.running

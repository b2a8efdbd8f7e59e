"""What looks again and again looks in one thread, and ends."""

from __future__ import annotations

import threading

from labsupport.panels.parts.ticker import Ticker


def test_a_ticker_ends_when_there_is_nothing_left_to_see() -> None:
    left = [True, True, False]
    ticker = Ticker(lambda: left.pop(0), pause=0)
    ticker.start()
    ticker.wait()
    assert left == []
    assert not ticker.running
    left += [False]
    ticker.start()
    ticker.wait()
    assert left == []


def test_a_ticker_does_not_hold_what_it_looks_at() -> None:
    class Widget:
        def __init__(self) -> None:
            self.ticker = Ticker(self.look)

        def look(self) -> bool:
            return True

    widget = Widget()
    widget.ticker.start()
    ticker = widget.ticker
    del widget
    ticker.wait()
    assert not ticker.running


def test_a_ticker_runs_once_however_often_it_is_started() -> None:
    ticker = Ticker(lambda: True)
    for _ in range(5):
        ticker.start()
    assert sum(1 for thread in threading.enumerate() if thread is ticker._thread) == 1
    ticker.stop()
    ticker.wait()
    assert not ticker.running

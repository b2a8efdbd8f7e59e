"""`Signal`: an Event that stands on the tape and that stop() can wake."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from labsupport.tape.events import Sync
from labsupport.tape.record import TAPE
from labsupport.threads import Signal, background


def _syncs(signal: Signal) -> list[Sync]:
    return [event for event in TAPE.events() if isinstance(event, Sync) and event.key == signal._number]


def test_it_is_an_event() -> None:
    signal = Signal()
    assert isinstance(signal, threading.Event)
    assert not signal.is_set()
    assert signal.wait(0) is False
    signal.set()
    assert signal.is_set()
    assert signal.wait() is True
    signal.clear()
    assert signal.wait(0.001) is False


def test_set_and_wait_are_on_the_tape_in_order() -> None:
    signal = Signal("both sent")

    @background
    def waiter() -> None:
        signal.wait(5)

    while not _syncs(signal):
        pass
    assert [(sync.kind, sync.open) for sync in _syncs(signal)] == [("wait", True)]
    signal.set()
    waiter.join(5)
    wait, told = _syncs(signal)
    assert (wait.kind, wait.name, wait.result) == ("wait", "both sent", True)
    assert (told.kind, told.name) == ("set", "both sent")
    assert wait.order < told.order < (wait.done or 0)
    assert (wait.program.name, told.program.name) == ("waiter", "main")


def test_a_wait_that_times_out_says_so_on_the_tape() -> None:
    signal = Signal()
    signal.wait(0.001)
    assert [sync.result for sync in _syncs(signal)] == [False]


def test_several_waiters_are_all_let_go() -> None:
    signal = Signal()
    came: list[bool] = []
    threads = [threading.Thread(target=lambda: came.append(signal.wait(10))) for _ in range(5)]
    for thread in threads:
        thread.start()
    signal.set()
    for thread in threads:
        thread.join()
    assert came == [True] * 5


def test_stop_wakes_a_waiter_and_no_one_else() -> None:
    signal = Signal()
    reached = threading.Event()
    mine: list[bool] = []

    @background
    def server() -> None:
        reached.set()
        signal.wait()
        print("never")

    other = threading.Thread(target=lambda: mine.append(signal.wait(10)))
    other.start()
    assert reached.wait(5)
    server.stop()
    assert not server.running
    assert server.output == ""
    assert other.is_alive()
    signal.set()
    other.join(5)
    assert mine == [True]


def test_repr_is_the_same_on_every_run() -> None:
    signal = Signal("both sent")
    assert repr(signal) == "<Signal 'both sent': not set>"
    signal.set()
    assert repr(signal) == "<Signal 'both sent': set>"
    assert repr(Signal()) == "<Signal: not set>"


def test_bad_input() -> None:
    bad: Any = 5
    with pytest.raises(TypeError, match='a string such as "both sent", not 5'):
        Signal(bad)
    bad = "2"
    with pytest.raises(TypeError, match="a number of seconds or None, not '2'"):
        Signal().wait(bad)

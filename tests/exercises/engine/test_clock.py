"""A learner's programs have a clock of their own; nobody else notices."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from labsupport.exercises.engine.clock import Clock, Nap, clock_for
from labsupport.tape.programs import Owner

READINGS = ("time", "monotonic", "perf_counter")


def _as_owner(owner: Owner, work: Callable[[], object]) -> Any:
    """What `work()` gives in a thread of the owner's."""
    found: list[object] = []
    with owner.adopt():
        thread = threading.Thread(target=lambda: found.append(work()))
        thread.start()
    thread.join(5)
    return found[0]


def test_a_sleep_takes_no_time_and_every_clock_goes_on() -> None:
    owner = Owner("a learner")
    with clock_for(owner, None, stands=True, skips=True) as clock:

        def readings() -> list[float]:
            return [*(getattr(time, name)() for name in READINGS), time.monotonic_ns() / 1e9]

        def work() -> list[float]:
            before = readings()
            time.sleep(1000)
            return [after - first for first, after in zip(before, readings(), strict=True)]

        assert _as_owner(owner, work) == pytest.approx([1000] * 4)
        assert clock.naps == [Nap(1000, 0)]
        assert clock.seconds == 1000


def test_others_keep_their_clocks() -> None:
    owner = Owner("a learner")
    with clock_for(owner, None, stands=True, skips=True) as clock:
        clock.passes(1e6)
        before = time.monotonic()
        time.sleep(0.001)
        assert 0 < time.monotonic() - before < 1e5
        assert clock.naps == []


def test_a_clock_that_stands_moves_only_when_told() -> None:
    owner = Owner("a learner")
    with clock_for(owner, None, stands=True, skips=True) as clock:
        assert _as_owner(owner, time.monotonic) == _as_owner(owner, time.monotonic)
        began = _as_owner(owner, time.monotonic)
        clock.passes(2.5)
        assert _as_owner(owner, time.monotonic) - began == 2.5


def test_only_the_clock_on_the_wall_can_be_set() -> None:
    owner = Owner("a learner")
    with clock_for(owner, None, stands=True, skips=True) as clock:
        before = [_as_owner(owner, getattr(time, name)) for name in READINGS]
        clock.is_set(-3600)
        assert [_as_owner(owner, getattr(time, name)) for name in READINGS] == [before[0] - 3600, *before[1:]]


def test_names_that_were_imported_are_exchanged_too_and_put_back() -> None:
    names: dict[str, Any] = {}
    exec("from time import sleep, monotonic as now\ndef answer(): sleep(50); return now()", names)
    owner, sleep = Owner("a learner"), time.sleep
    with clock_for(owner, names["answer"], stands=True, skips=True) as clock:
        assert names["sleep"] is not sleep
        _as_owner(owner, names["answer"])
        assert clock.seconds == 50
    assert (names["sleep"], names["now"]) == (time.sleep, time.monotonic)
    assert time.sleep is sleep


def test_two_clocks_at_once_and_the_last_puts_back() -> None:
    one, other = Owner("one"), Owner("other")
    sleep = time.sleep
    first, second = (clock_for(owner, None, stands=True, skips=True) for owner in (one, other))
    ones, others = first.__enter__(), second.__enter__()
    _as_owner(one, lambda: time.sleep(3))
    first.__exit__(None, None, None)
    assert time.sleep is not sleep
    _as_owner(other, lambda: time.sleep(4))
    second.__exit__(None, None, None)
    assert (ones.seconds, others.seconds) == (3, 4)
    assert time.sleep is sleep


@pytest.mark.parametrize(("seconds", "error"), [(-1, ValueError), ("1", TypeError), (float("nan"), ValueError)])
def test_what_is_no_time_to_sleep_is_refused_as_ever(seconds: Any, error: type[Exception]) -> None:
    clock = Clock(stands=True, skips=True)
    with pytest.raises(error):
        clock.sleep(seconds)
    assert clock.naps == []


def test_a_real_sleep_is_noted_too() -> None:
    clock = Clock(stands=False, skips=False)
    clock.sleep(0.01)
    assert clock.seconds >= 0.01
    assert [nap.seconds for nap in clock.naps] == [0.01]

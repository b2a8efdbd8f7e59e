"""A fault that makes no sense says so in one sentence, when it is made."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError

import pytest

from labsupport import faults
from labsupport.faults import Bandwidth, Blackhole, Corrupt, Fault, Latency, Limit, Loss, Reset, Slice, Stall

WRONG: list[tuple[Callable[[], Fault], str]] = [
    (
        lambda: Latency(-1),
        "Latency(seconds=-1, jitter=0): a time is 0 seconds or more, and not endless, and seconds is -1",
    ),
    (lambda: Latency(1, jitter=-0.5), "and jitter is -0.5"),
    (lambda: Latency(math.inf), "and seconds is inf"),
    (lambda: Loss(2), "Loss(p=2): a probability lies between 0 (never) and 1 (always), and p is 2"),
    (lambda: Corrupt(math.nan), "a probability lies between 0 (never) and 1 (always), and p is nan"),
    (lambda: Stall(0.1, seconds=-1), "and seconds is -1"),
    (lambda: Bandwidth(0), "would carry nothing at all: for silence there is Blackhole(after=0)"),
    (lambda: Bandwidth(-5), "bytes_per_second is more than 0, and got -5"),
    (lambda: Slice(0), "size is a whole number, 1 or more, and is 0"),
    (lambda: Reset(-1), "after is a whole number, 0 or more, and is -1"),
]


@pytest.mark.parametrize(("make", "message"), WRONG, ids=[message[:30] for _, message in WRONG])
def test_wrong_values(make: Callable[[], Fault], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        make()
    assert "\n" not in str(caught.value)


WRONG_TYPES: list[Callable[[], Fault]] = [
    lambda: Latency("0.1"),  # type: ignore[arg-type]  # what a beginner may write
    lambda: Loss(True),
    lambda: Slice(4.0),  # type: ignore[arg-type]  # likewise
    lambda: Limit(None),  # type: ignore[arg-type]  # likewise
    lambda: Blackhole(after="1"),  # type: ignore[arg-type]  # likewise
]


@pytest.mark.parametrize("make", WRONG_TYPES)
def test_wrong_types(make: Callable[[], Fault]) -> None:
    with pytest.raises(TypeError, match="number, and got"):
        make()


def test_how_a_fault_is_called() -> None:
    assert str(Loss(0.2)) == "Loss 0.2"
    assert str(Latency(0.1)) == "Latency 0.1"
    assert str(Latency(0.1, jitter=0.05)) == "Latency 0.1, jitter 0.05"
    assert str(Stall(0.1)) == "Stall 0.1"
    assert repr(Loss(0.2)) == "Loss(p=0.2)"


def all_faults() -> list[type[Fault]]:
    found = [getattr(faults, name) for name in faults.__all__]
    return [one for one in found if issubclass(one, Fault) and one is not Fault]


def test_the_table_names_them_all() -> None:
    assert len(all_faults()) == 11
    assert faults.__doc__ is not None
    for kind in all_faults():
        row = next(line for line in faults.__doc__.splitlines() if line.startswith(f"| `{kind.__name__}("))
        _, _, streams, datagrams, _, _ = (cell.strip() for cell in row.split("|"))
        assert streams == ("no" if kind.not_for_streams else "yes")
        assert datagrams == ("no" if kind.not_for_datagrams else "yes")


def test_faults_are_frozen_and_equal_by_value() -> None:
    with pytest.raises(FrozenInstanceError):
        Loss(0.2).p = 0.3  # type: ignore[misc]  # what must not work
    assert {Loss(0.2), Loss(0.2)} == {Loss(0.2)}

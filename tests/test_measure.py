"""Comparisons, by clocks that a test winds itself: what a machine really does is no business of these tests."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import Any

import pytest

from labsupport import measure
from labsupport.measure import FEWEST, Comparison, Finding, compare, interval


class Clock:
    """A clock that moves only when a trial says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def passing(self, *times: float) -> Callable[[], None]:
        """A trial that takes these times, one after another, over and over."""
        left = endless(times)

        def trial() -> None:
            self.now += next(left)

        return trial


def endless(values: Sequence[float]) -> Iterator[float]:
    while True:
        yield from values


def giving(*values: Any) -> Callable[[], Any]:
    """A trial that tells its own time."""
    left = endless(values)
    return lambda: next(left)


def found(one: Sequence[float], other: Sequence[float]) -> Finding:
    (finding,) = Comparison({"one": one, "other": other}).findings
    return finding


# the interval


@pytest.mark.parametrize(
    ("count", "k"), [(6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (15, 4), (20, 6), (25, 8), (30, 10), (50, 18)]
)
def test_the_interval_is_that_of_the_printed_tables(count: int, k: int) -> None:
    """The k-th least and most, for 95 % (the tables of the sign test)."""
    values = list(range(1, count + 1))
    random.Random(3).shuffle(values)
    assert interval(values) == (k, count + 1 - k)


@pytest.mark.parametrize("count", range(FEWEST))
def test_too_few_values_have_no_interval(count: int) -> None:
    assert interval([1.0] * count) is None


@pytest.mark.parametrize("count", [6, 9, 15, 40])
def test_the_interval_holds_the_true_median_often_enough(count: int) -> None:
    """Of 2,000 drawn samples, at least 93.5 of a hundred: the seed is given, so that it is no matter of luck."""
    draw = random.Random(count)
    held = 0
    for _ in range(2000):
        ends = interval([draw.expovariate(1.0) for _ in range(count)])
        assert ends is not None
        held += ends[0] <= math.log(2) <= ends[1]
    assert held / 2000 >= 0.935


# the verdict


def test_one_is_slower() -> None:
    finding = found([0.040, 0.041, 0.042, 0.040, 0.043, 0.041, 0.040], [0.001] * 7)
    assert (finding.kind, finding.slower, finding.faster) == ("slower", "one", "other")
    assert finding.ratio == pytest.approx(41)
    assert [finding.low, finding.high] == pytest.approx([40, 43])
    assert str(finding) == ("one is ≈ 41 times as slow as other (95 % interval: ≈ 40 to ≈ 43 times, from 7 rounds).")


def test_the_other_is_slower_and_the_ratio_is_turned_round() -> None:
    finding = found([0.001] * 7, [0.040, 0.041, 0.042, 0.040, 0.043, 0.041, 0.040])
    assert (finding.kind, finding.slower, finding.faster) == ("slower", "other", "one")
    assert finding.low <= finding.ratio <= finding.high
    assert finding.low == pytest.approx(40)


def test_no_difference() -> None:
    finding = found([1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0], [1.0] * 7)
    assert finding.kind == "same"
    assert str(finding).startswith("one and other: alike, or less than 1.25 times apart (95 % interval: ≈ 0.98 to")


def test_a_difference_that_is_sure_and_small_is_none() -> None:
    assert found([1.05] * 15, [1.0] * 15).kind == "same"
    assert found([1.3] * 15, [1.0] * 15).kind == "slower"


def test_too_noisy() -> None:
    finding = found([1, 5, 0.2, 3, 0.3, 1, 2], [1.0] * 7)
    assert finding.kind == "too noisy"
    assert "too noisy to tell (95 % interval: ≈ 0.2 to ≈ 5 times, from 7 rounds). Try again when" in str(finding)


def test_too_few() -> None:
    finding = found([1.0] * 5, [9.0] * 5)
    assert finding.kind == "too few"
    assert str(finding) == "one and other: too few rounds to tell, 5 of at least 6."
    assert math.isnan(finding.ratio)
    assert found([], []).rounds == 0


def test_one_wild_trial_changes_nothing() -> None:
    quiet = [0.040] * 15
    noisy = [*quiet[:14], 9.0]
    assert found(noisy, [0.001] * 15).kind == found(quiet, [0.001] * 15).kind == "slower"
    assert found(noisy, [0.001] * 15).ratio == pytest.approx(40)


def test_a_machine_that_slows_down_meanwhile_changes_nothing() -> None:
    """Each round is compared within itself."""
    drift = [1.0 + step for step in range(15)]
    finding = found([2 * one for one in drift], drift)
    assert finding.kind == "slower"
    assert finding.ratio == pytest.approx(2)


def test_chance_alone_is_seldom_called_a_difference() -> None:
    """Two ways that are alike, 400 times: "slower" in no more than the 5 % that the rule allows (and a little)."""
    draw = random.Random(11)
    kinds = [
        found([draw.expovariate(1) for _ in range(15)], [draw.expovariate(1) for _ in range(15)]).kind
        for _ in range(400)
    ]
    assert kinds.count("slower") <= 0.07 * 400
    assert "too noisy" in kinds


# comparing


def test_ways_are_timed_by_the_clock() -> None:
    clock = Clock()
    seen = compare({"slow": clock.passing(0.040), "quick": clock.passing(0.001)}, clock=clock)
    assert {name: len(times) for name, times in seen.times.items()} == {"slow": 15, "quick": 15}
    assert seen.median("slow") == pytest.approx(0.040)
    assert seen.findings[0].ratio == pytest.approx(40)
    assert seen.ended == ""


def test_ways_may_tell_their_own_time() -> None:
    seen = compare({"one": giving(0.5), "other": giving(1)}, trials=6, warmup=0)
    assert seen.times == {"one": (0.5,) * 6, "other": (1.0,) * 6}


def test_the_warm_up_does_not_count() -> None:
    seen = compare({"one": giving(99, 98, *[1] * 6), "other": giving(97, 96, *[1] * 6)}, trials=6, warmup=2)
    assert seen.times == {"one": (1.0,) * 6, "other": (1.0,) * 6}


def order_of(seed: int) -> str:
    called: list[str] = []

    def way(name: str) -> Callable[[], None]:
        return lambda: called.append(name)

    compare({name: way(name) for name in "abc"}, trials=20, warmup=0, seed=seed, seconds=60)
    return "".join(called)


def test_trials_are_interleaved_in_an_order_that_the_seed_gives() -> None:
    called = order_of(7)
    rounds = [called[start : start + 3] for start in range(0, 60, 3)]
    assert all(sorted(one) == ["a", "b", "c"] for one in rounds)
    assert len(set(rounds)) > 3
    assert order_of(7) == called != order_of(8)


def test_more_than_two_are_each_set_beside_the_first() -> None:
    seen = compare({"default": giving(8.0), "half": giving(4.0), "same": giving(8.0)}, trials=6)
    assert [(one.kind, one.faster) for one in seen.findings] == [("slower", "half"), ("same", "same")]
    assert seen.verdict.count(".") >= 2


def test_progress_counts_every_trial() -> None:
    told: list[tuple[int, int]] = []
    compare({"a": giving(1), "b": giving(1)}, trials=3, warmup=1, on_trial=lambda *at: told.append(at))
    assert told == [(done, 8) for done in range(1, 9)]


def test_a_cancel_keeps_what_was_measured() -> None:
    cancel = Event()

    def stop_in_the_tenth(done: int, _of: int) -> None:
        if done == 9:
            cancel.set()

    seen = compare({"a": giving(1), "b": giving(2)}, warmup=1, on_trial=stop_in_the_tenth, cancel=cancel)
    assert seen.ended == "cancelled"
    assert sorted(len(times) for times in seen.times.values()) == [3, 4]
    assert seen.findings[0].rounds == 3
    assert "Stopped early (cancelled)" in str(seen)


def test_cancelled_before_it_began() -> None:
    cancel = Event()
    cancel.set()
    seen = compare({"a": giving(1), "b": giving(2)}, cancel=cancel)
    assert seen.times == {"a": (), "b": ()}
    assert "a: median -, middle half -, 0 trials" in str(seen)
    assert "too few" in seen.verdict
    assert seen.html()


def test_no_round_begins_that_would_end_too_late() -> None:
    clock = Clock()
    seen = compare({"a": clock.passing(0.3), "b": clock.passing(0.2)}, seconds=4.0, trials=100, warmup=1, clock=clock)
    assert clock.now - 1000 <= 4.0 + 1e-9
    assert seen.ended == "out of time"
    assert 6 <= len(seen.times["a"]) <= 7


def test_the_longest_round_is_reckoned_with() -> None:
    clock = Clock()
    seen = compare({"a": clock.passing(1.5, 0.1), "b": clock.passing(0.0)}, seconds=4.0, trials=100, clock=clock)
    assert clock.now - 1000 <= 4.0
    assert seen.ended == "out of time"


def test_no_time_at_all_is_no_division_by_zero() -> None:
    seen = compare({"a": giving(0), "b": giving(0.0)}, trials=6)
    assert seen.findings[0].kind == "same"


# what goes wrong


def test_an_error_says_which_trial_it_was() -> None:
    def fail() -> float:
        raise ConnectionResetError(104, "Connection reset by peer")

    with pytest.raises(ConnectionResetError) as caught:
        compare({"good": giving(1), "bad": fail})
    assert caught.value.__notes__ == ["This was trial 1 of 'bad', the warm-up included."]


@pytest.mark.parametrize("value", ["0.1", True, -1, math.nan, math.inf, [1]])
def test_what_a_trial_may_not_give(value: object) -> None:
    with pytest.raises(ValueError, match="A trial returns the seconds that it took, or None"):
        compare({"a": giving(value), "b": giving(value)})


@pytest.mark.parametrize(
    ("ways", "more", "error", "words"),
    [
        ({"a": giving(1)}, {}, TypeError, "at least two functions by their names"),
        ({"a": 1, "b": 2}, {}, TypeError, "at least two functions"),
        ([giving(1), giving(2)], {}, TypeError, "at least two functions"),
        ({"a": giving(1), "b": giving(1)}, {"trials": 0}, ValueError, "trials=0"),
        ({"a": giving(1), "b": giving(1)}, {"warmup": -1}, ValueError, "warmup=-1"),
        ({"a": giving(1), "b": giving(1)}, {"seconds": 0}, ValueError, "seconds=0 leaves no time"),
    ],
)
def test_what_compare_does_not_take(ways: Any, more: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        compare(ways, **more)


# how it shows itself


def test_every_figure_stands_behind_the_sign_for_about() -> None:
    """So that a stored output is the same on every run, apart from figures that the comparison of notebooks masks."""
    seen = compare({"default": giving(0.0401, 0.0402), "TCP_NODELAY": giving(0.0001)}, trials=15)
    masked = [measured.split(", 15 trials") for measured in str(seen).splitlines()]
    assert masked[0][0] == "default: median ≈ 40.2 ms, middle half ≈ 40.1 ms to ≈ 40.2 ms"
    assert masked[1][0] == "TCP_NODELAY: median ≈ 0.1 ms, middle half ≈ 0.1 ms to ≈ 0.1 ms"
    assert str(seen).splitlines()[2] == (
        "default is ≈ 402 times as slow as TCP_NODELAY (95 % interval: ≈ 401 to ≈ 402 times, from 15 rounds)."
    )
    assert repr(seen) == str(seen)


def test_html_has_a_table_and_the_sentence() -> None:
    bundle = Comparison({"<a>": [1.0] * 6, "b": [2.0] * 6})._repr_mimebundle_()
    assert "&lt;a&gt;" in bundle["text/html"]
    assert bundle["text/html"].count('<th scope="row"') == 2
    assert "b is ≈ 2 times as slow as &lt;a&gt;" in bundle["text/html"]
    assert bundle["text/plain"].count("\n") == 2


def test_its_times_can_be_drawn() -> None:
    from labsupport import plots

    seen = compare({"a": giving(0.01, 0.02), "b": giving(0.03)}, trials=6)
    assert plots.distribution(seen.times).rows[1][:3] == ("b", "6", "≈ 30 ms")


def test_figures_are_never_in_powers_of_ten() -> None:
    assert [measure._short(value) for value in (1234567, 12.345, 0.00001)] == ["1234567", "12.3", "0.000010"]

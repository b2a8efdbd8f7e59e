"""The same seed gives the same decisions, on every Python."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.faults import Corrupt, Dice, Duplicate, Fault, Loss, Piece, Reorder, Stall
from tests.faults.meeting import datagrams, effects, meet, place_of, stream

#: The first draws, in 2^-20: computed once and kept, so that a change of the generator cannot go unseen.
TABLE = {
    (0, 0, "up", 0): (498859, 394069, 719623, 14575, 162987, 278252),
    (7, 0, "up", 0): (154117, 708428, 773823, 285715, 445481, 596110),
    (7, 1, "up", 0): (634881, 391397, 393736, 477068, 97538, 781917),
    (7, 0, "down", 0): (1028270, 635290, 533977, 485442, 517683, 268635),
    (7, 0, "up", 1): (1025410, 131750, 96478, 920488, 313716, 804799),
}


@pytest.mark.parametrize("whose", TABLE, ids=str)
def test_the_first_draws(whose: tuple[int, int, str, int]) -> None:
    dice = Dice(*whose)
    assert tuple(int(dice.draw(number) * 2**20) for number in range(1, 7)) == TABLE[whose]


def test_the_first_decisions() -> None:
    """What a reader of a stored notebook sees: which of twenty datagrams are lost with seed 7."""
    came = datagrams(20)
    arrived = meet(Loss(0.25), came, place_of(Loss(0.25), seed=7))
    assert [piece.at for piece in came if piece not in arrived] == [0, 8, 10, 12, 19]


@given(st.integers(-(2**70), 2**70), st.integers(0, 10**6))
def test_draws_lie_between_nothing_and_one(seed: int, number: int) -> None:
    assert 0 <= Dice(seed, number).draw(number) < 1


@given(st.lists(st.integers(0, 9000), max_size=8), st.integers(0, 1000))
def test_how_a_stream_is_cut_changes_no_decision(cuts: list[int], seed: int) -> None:
    whole, cut = stream(bytes(9000)), stream(bytes(9000), *cuts)
    meet(Stall(0.5), whole, place_of(Stall(0.5), seed))
    meet(Stall(0.5), cut, place_of(Stall(0.5), seed))
    decided = [decision.at for piece in cut for decision in piece.decisions]
    assert decided == [decision.at for decision in whole[0].decisions]


def test_a_fault_that_comes_in_the_middle_of_a_block_decides_at_once() -> None:
    place = place_of(Corrupt(1))
    after = meet(Corrupt(1), [Piece(b"abc", 5), Piece(b"def", 8), Piece(bytes(1100), 11)], place)
    assert [piece.at for piece in after if piece.changed] == [5, 1024]


def test_impossible_and_certain() -> None:
    assert len(meet(Loss(0), datagrams(1000))) == 1000
    assert meet(Loss(1), datagrams(1000)) == []


COUNT = 20_000


@pytest.mark.parametrize("p", [0.01, 0.2, 0.5])
@pytest.mark.parametrize("kind", [Loss, Duplicate, Reorder, Corrupt])
@pytest.mark.parametrize("seed", [0, 2026])
def test_as_often_as_was_asked(kind: type[Fault], p: float, seed: int) -> None:
    """Of 20,000 datagrams, within three standard deviations."""
    fault: Fault = kind(p)  # type: ignore[call-arg]  # each of the four takes a probability
    came = datagrams(COUNT, step=0.001)
    meet(fault, came, place_of(fault, seed))
    hit = len(effects(came))
    assert abs(hit - COUNT * p) <= 3 * math.sqrt(COUNT * p * (1 - p))


@pytest.mark.parametrize("seed", [0, 1, 2026])
def test_two_places_decide_independently(seed: int) -> None:
    """Of 20,000 datagrams a quarter is hit by two faults of one half each."""
    first, second = place_of(Loss(0.5), seed), place_of(Duplicate(0.5), seed, place=1)
    arrived = meet(Duplicate(0.5), meet(Loss(0.5), datagrams(COUNT), first), second)
    doubled = len(arrived) - len({piece.at for piece in arrived})
    assert abs(doubled - COUNT / 4) <= 3 * math.sqrt(COUNT * 0.25 * 0.75)

"""What each fault makes of what it meets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.faults import (
    Bandwidth,
    Blackhole,
    Corrupt,
    Duplicate,
    Fault,
    Latency,
    Limit,
    Loss,
    Piece,
    Reorder,
    Reset,
    Slice,
    Stall,
)
from tests.faults.meeting import data, datagrams, effects, meet, place_of, stream


def test_latency_counts_from_arrival() -> None:
    came = [Piece(b"a", 0, 1.0), Piece(b"b", 1, 1.25)]
    assert [piece.due for piece in meet(Latency(0.5), came)] == [1.5, 1.75]
    assert effects(came) == ["delayed", "delayed"]


def test_jitter_is_drawn_for_each_datagram_within_its_bounds() -> None:
    due = [piece.due for piece in meet(Latency(1, jitter=0.5), datagrams(1000))]
    assert all(1 <= one < 1.5 for one in due)
    assert len(set(due)) == 1000
    assert due != sorted(due)


def test_the_jitter_of_a_block_does_not_depend_on_how_the_stream_was_cut() -> None:
    whole = meet(Latency(1, jitter=1), stream(bytes(4096)))
    cut = meet(Latency(1, jitter=1), stream(bytes(4096), 1, 1000, 1030, 4000))
    by_block = {piece.at // 1024: piece.due for piece in whole}
    assert len(by_block) == 4
    assert all(piece.due == by_block[piece.at // 1024] for piece in cut)


def test_bandwidth_is_used_by_one_after_another() -> None:
    came = meet(Bandwidth(1000), [Piece(b"x" * 5, 0), Piece(b"x" * 5, 5), Piece(b"x" * 5, 10, 1.0)])
    assert [piece.due for piece in came] == pytest.approx([0.005, 0.01, 1.005])


def test_a_slow_stream_trickles_and_a_datagram_comes_whole() -> None:
    trickle = meet(Bandwidth(1000), stream(bytes(1000)))
    assert len(trickle) == 100
    assert trickle[-1].due == pytest.approx(1.0)
    assert [(len(piece.data), piece.due) for piece in meet(Bandwidth(1000), [Piece(bytes(1000), stream=False)])] == [
        (1000, 1.0)
    ]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_slices_are_the_stream(whole: bytes, size: int) -> None:
    slices = meet(Slice(size, gap=0.5), stream(whole))
    assert b"".join(data(slices)) == whole
    assert all(len(piece.data) == size for piece in slices[:-1])
    assert all(piece.gap == 0.5 for piece in slices if piece.data)
    assert effects(slices) == (["sliced"] if len(whole) > size else [])


def test_slices_come_as_they_are_asked_for() -> None:
    """A megabyte in slices of one byte is not a million objects at once."""
    slices = Slice(1).meet(Piece(bytes(1_000_000)), place_of(Slice(1)))
    assert [next(slices).at for _ in range(3)] == [0, 1, 2]


def test_a_lost_datagram_is_not_yielded_and_says_why() -> None:
    came = datagrams(100)
    arrived = meet(Loss(0.25), came, place_of(Loss(0.25), seed=7))
    lost = [piece for piece in came if piece not in arrived]
    assert 0 < len(lost) < 100
    assert effects(lost) == ["lost"] * len(lost)
    assert effects(arrived) == []
    assert lost[0].decisions[0].cause == f"Loss 0.25, seed 7, draw {lost[0].at + 1}"


def test_a_doubled_datagram_comes_twice() -> None:
    came = datagrams(50)
    arrived = meet(Duplicate(0.3), came)
    doubled = [piece for piece in came if effects([piece]) == ["doubled"]]
    assert 0 < len(doubled) < 50
    assert len(arrived) == 50 + len(doubled)
    assert all(data(arrived).count(piece.data) == (2 if piece in doubled else 1) for piece in came)


def in_order_of_time(pieces: list[Piece]) -> list[Piece]:
    """The order in which a link hands them on: by time, of one time in the order of the yields; each once."""
    times: dict[int, float] = {}
    place = {id(piece): number for number, piece in enumerate(pieces)}  # the last yield counts
    for piece in pieces:
        times[id(piece)] = piece.due
    chosen = {id(piece): piece for piece in pieces}
    return sorted(chosen.values(), key=lambda piece: (times[id(piece)], place[id(piece)]))


def test_each_reordered_datagram_is_overtaken() -> None:
    came = datagrams(200, step=0.001)
    arrived = [piece.at for piece in in_order_of_time(meet(Reorder(0.3), came))]
    held_back = [piece.at for piece in came if effects([piece]) == ["reordered"]]
    assert sorted(arrived) == list(range(200))
    assert held_back
    for at in range(199):
        overtaken = any(arrived.index(later) < arrived.index(at) for later in range(at + 1, min(at + 40, 200)))
        assert overtaken == (at in held_back)


def test_one_that_nobody_overtakes_goes_on_alone() -> None:
    alone = meet(Reorder(1), datagrams(1))
    assert [piece.due for piece in alone] == [0.1]


def test_no_more_than_sixteen_are_held_back() -> None:
    arrived = [piece.at for piece in in_order_of_time(meet(Reorder(1), datagrams(34)))]
    assert arrived == [16, *range(16), 33, *range(17, 33)]


def test_a_stall_begins_with_its_block() -> None:
    came = stream(bytes(3000))
    after = meet(Stall(1, seconds=0.2), came)
    assert [(piece.at, piece.due) for piece in after] == [(0, 0.2), (1024, 0.2), (2048, 0.2)]
    assert [decision.at for decision in came[0].decisions] == [0, 1024, 2048]


def flipped_bits(one: bytes, other: bytes) -> list[int]:
    return [8 * at + bit for at in range(len(one)) for bit in range(8) if (one[at] ^ other[at]) & (0x80 >> bit)]


@given(st.binary(min_size=1, max_size=3000), st.integers(0, 5))
def test_one_bit_of_a_datagram_is_flipped(whole: bytes, seed: int) -> None:
    (piece,) = meet(Corrupt(1), [Piece(whole, stream=False)], place_of(Corrupt(1), seed))
    assert len(flipped_bits(whole, piece.data)) == 1
    assert piece.changed


def test_one_bit_of_each_block_of_a_stream_is_flipped() -> None:
    whole = bytes(3000)
    changed = b"".join(data(meet(Corrupt(1), stream(whole, 10, 2000))))
    assert [bit // 8 for bit in flipped_bits(whole, changed)] == [0, 1024, 2048]


def test_an_empty_datagram_cannot_be_corrupted() -> None:
    assert data(meet(Corrupt(1), [Piece(b"", stream=False)])) == [b""]


@pytest.mark.parametrize(
    ("fault", "end"), [(Reset(5), "reset"), (Limit(5), "closed"), (Blackhole(5), "silenced")], ids=str
)
def test_what_ends_a_stream_comes_after_so_many_bytes(fault: Fault, end: str) -> None:
    for cuts in [(), (5,), (2, 4, 8), tuple(range(1, 12))]:
        after = meet(fault, stream(b"hello world.", *cuts))
        first_end = next(number for number, piece in enumerate(after) if piece.end)
        assert b"".join(data(after[:first_end])) == b"hello"
        assert (after[first_end].end, after[first_end].at) == (end, 5)
        assert effects(after)[0] == end


@pytest.mark.parametrize("fault", [Reset(5), Limit(5), Blackhole(5)], ids=str)
def test_they_do_not_wait_for_the_next_byte(fault: Fault) -> None:
    (head, end) = meet(fault, [Piece(b"hello")])
    assert (head.data, head.end) == (b"hello", "")
    assert end.end
    assert [piece.end for piece in meet(fault, [Piece(b"hell"), Piece(b"", 4, end="eof")])] == ["", "eof"]


@pytest.mark.parametrize("fault", [Reset(0), Limit(0), Blackhole(0)], ids=str)
def test_after_nothing_they_act_on_the_opening(fault: Fault) -> None:
    assert [bool(piece.end) for piece in meet(fault, [Piece(b"")])] == [True]


def test_a_blackhole_counts_datagrams() -> None:
    came = datagrams(5)
    assert [piece.at for piece in meet(Blackhole(2), came) if not piece.end] == [0, 1]
    assert effects(came) == ["silenced"] * 3


STREAMS: list[Fault] = [Latency(1, 1), Bandwidth(100), Slice(3), Stall(0.5)]


@given(st.binary(max_size=4000), st.lists(st.integers(0, 4000), max_size=5), st.sampled_from(STREAMS))
def test_delays_lose_and_change_nothing(whole: bytes, cuts: list[int], fault: Fault) -> None:
    pieces = stream(whole, *(cut for cut in cuts if cut <= len(whole)))
    after = meet(fault, [*pieces, Piece(b"", len(whole), end="eof")])
    assert b"".join(data(after)) == whole
    assert [piece.at for piece in after] == sorted(piece.at for piece in after)
    assert [piece.end for piece in after if piece.end] == ["eof"]
    assert all(piece.due >= 0 for piece in after)

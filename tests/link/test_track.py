"""The way of pieces through a list of faults, with a clock that stands still until it is told to go on."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from labsupport.faults import Bandwidth, Dice, Fault, Latency, Piece, Reorder, Slice
from labsupport.link import track
from labsupport.link.track import Track
from labsupport.tape.programs import Owner


class Clock:
    """Time, and a loop with one timer."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[SimpleNamespace] = []

    def __call__(self) -> float:
        return self.now

    def call_at(self, time: float, what: Callable[[], object]) -> SimpleNamespace:
        timer = SimpleNamespace(time=time, what=what)
        timer.cancel = lambda: self.timers.remove(timer)
        self.timers.append(timer)
        return timer

    def run(self, until: float = math.inf) -> None:
        """Let time pass."""
        while self.timers and (first := min(self.timers, key=lambda timer: timer.time)).time <= until:
            self.now = max(self.now, first.time)
            first.what()
        self.now = until if until < math.inf else self.now


class Origin:
    """Counts the pieces that are left of what has come."""

    def __init__(self) -> None:
        self.left = 0

    def hold(self) -> None:
        self.left += 1

    def release(self) -> None:
        self.left -= 1
        assert self.left >= 0


class Way:
    """A track, and what has come out of it: (time, bytes)."""

    def __init__(self, clock: Clock, faults: list[Fault], *, stream: bool) -> None:
        self.clock = clock
        self.stream = stream
        self.out: list[tuple[float, bytes]] = []
        self.taken: float = math.inf
        self.origins: list[Origin] = []
        self.at = 0
        plan: Any = SimpleNamespace(carrier=SimpleNamespace(loop=clock), owner=Owner("link"))
        self.track = Track(plan, lambda place: Dice(0, place=place), self.deliver, self.turn, stream=stream)
        self.track.swap(faults)

    def turn(self, piece: Piece) -> float:
        return self.clock.now if piece.at <= self.taken else self.clock.now + 0.5

    def deliver(self, piece: Piece) -> None:
        self.out.append((round(self.clock.now, 6), piece.data))
        piece.origin.release()

    def come(self, *datas: bytes) -> None:
        for data in datas:
            piece = Piece(data, self.at, self.clock.now, stream=self.stream)
            piece.origin = Origin()
            self.origins.append(piece.origin)
            self.at += len(data) if self.stream else 1
            self.track.put(piece)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(track, "clock", clock)
    return clock


def test_without_faults_all_goes_on_at_once(clock: Clock) -> None:
    way = Way(clock, [], stream=True)
    assert way.track.clear
    way.come(b"a", b"b")
    assert way.out == [(0, b"a"), (0, b"b")]
    assert not clock.timers


def test_a_hundred_chunks_are_on_their_way_at_once(clock: Clock) -> None:
    way = Way(clock, [Latency(1)], stream=True)
    for number in range(100):
        clock.run(until=number * 0.001)
        way.come(b"%02d" % number)
    clock.run()
    assert way.out == [(round(1 + number * 0.001, 6), b"%02d" % number) for number in range(100)]


def test_what_could_not_be_delivered_does_not_stop_what_comes_after_it(clock: Clock) -> None:
    way = Way(clock, [Latency(1)], stream=True)
    deliver = way.track._deliver

    def fail(piece: Piece) -> None:
        way.track._deliver = deliver
        raise ZeroDivisionError("oh")

    way.track._deliver = fail
    way.come(b"a")
    clock.run(until=0.5)
    way.come(b"b")
    with pytest.raises(ZeroDivisionError):
        clock.run()
    clock.run()
    assert way.out == [(1.5, b"b")]


@pytest.mark.parametrize("stream", [True, False])
def test_delays_add_up(clock: Clock, stream: bool) -> None:
    way = Way(clock, [Latency(1), Latency(2)], stream=stream)
    way.come(b"a")
    clock.run()
    assert way.out == [(3, b"a")]


def test_jitter_never_reorders_a_stream_and_may_reorder_datagrams(clock: Clock) -> None:
    stream, datagrams = (Way(clock, [Latency(0, jitter=1)], stream=stream) for stream in (True, False))
    sent = [b"%04d" % number * 256 for number in range(50)]
    stream.come(*sent)
    datagrams.come(*sent)
    clock.run()
    assert b"".join(data for _, data in stream.out) == b"".join(sent)
    assert sorted(data for _, data in datagrams.out) == sent
    assert [data for _, data in datagrams.out] != sent


def test_bandwidth_behind_jitter_takes_datagrams_as_they_come(clock: Clock) -> None:
    alone = Way(clock, [Latency(0, 1)], stream=False)
    behind = Way(clock, [Latency(0, 1), Bandwidth(1e6)], stream=False)
    sent = [b"%d" % number for number in range(30)]
    alone.come(*sent)
    behind.come(*sent)
    clock.run()
    assert [data for _, data in alone.out] == [data for _, data in behind.out]


def test_a_slice_waits_for_the_receiver(clock: Clock) -> None:
    way = Way(clock, [Slice(2)], stream=True)
    way.taken = 0
    way.come(b"abcde")
    assert way.out == [(0, b"ab")]
    clock.run(until=10)
    assert len(way.out) == 1
    way.taken = 2
    clock.run(until=11)
    assert [data for _, data in way.out] == [b"ab", b"cd"]
    way.taken = 4
    clock.run(until=12)
    assert [data for _, data in way.out] == [b"ab", b"cd", b"e"]


def test_a_reordered_datagram_goes_behind_the_next_or_alone(clock: Clock) -> None:
    way = Way(clock, [Reorder(1)], stream=False)
    way.come(b"alone")
    clock.run(until=1)
    assert way.out == [(0.1, b"alone")]
    way.come(*(b"%d" % number for number in range(17)))
    assert [data for _, data in way.out[1:]] == [b"16", *(b"%d" % number for number in range(16))]
    clock.run()
    assert len(way.out) == 18
    assert all(origin.left == 0 for origin in way.origins)


def test_new_faults_wait_for_the_old_in_a_stream(clock: Clock) -> None:
    way = Way(clock, [Latency(3)], stream=True)
    way.come(b"a")
    way.track.swap([Latency(1)])
    way.come(b"b")
    way.track.swap([])
    way.come(b"c")
    assert not way.track.clear
    clock.run()
    assert way.out == [(3, b"a"), (3, b"b"), (3, b"c")]
    assert way.track.clear


def test_new_faults_do_not_wait_for_the_old_among_datagrams(clock: Clock) -> None:
    way = Way(clock, [Latency(3)], stream=False)
    way.come(b"a")
    way.track.swap([])
    way.come(b"b")
    clock.run()
    assert way.out == [(0, b"b"), (3, b"a")]


@pytest.mark.parametrize("stream", [True, False])
def test_closing_lets_everything_go(clock: Clock, stream: bool) -> None:
    way = Way(clock, [Latency(1), Bandwidth(10)], stream=stream)
    way.come(b"x" * 100, b"y")
    clock.run(until=1.5)
    way.track.close()
    clock.run()
    assert not clock.timers
    assert all(origin.left == 0 for origin in way.origins)


def test_a_timer_is_set_for_the_first_only(clock: Clock) -> None:
    way = Way(clock, [Latency(1)], stream=True)
    way.come(*(b"x" for _ in range(1000)))
    assert len(clock.timers) == 1

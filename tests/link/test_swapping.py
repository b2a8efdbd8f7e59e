"""Faults that are changed while a stream is under way lose and double nothing."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labsupport import faults
from labsupport.faults import Fault
from tests.link.talking import exactly, through

FAULTS: st.SearchStrategy[Fault] = st.one_of(
    st.builds(faults.Latency, st.floats(0, 0.01), st.floats(0, 0.01)),
    st.builds(faults.Bandwidth, st.floats(1e5, 1e8)),
    st.builds(faults.Slice, st.integers(20, 2000)),
    st.builds(faults.Stall, st.floats(0, 0.3), st.floats(0, 0.01)),
    st.builds(faults.Blackhole, st.just(10**9)),
    st.builds(faults.Limit, st.just(10**9)),
)

#: So many bytes are sent, then the faults are these.
STEPS = st.lists(st.tuples(st.integers(0, 6000), st.lists(FAULTS, max_size=3)), min_size=1, max_size=8)


def numbered(count: int) -> bytes:
    """Bytes of which each stretch of four says where it stands."""
    return b"".join(number.to_bytes(4, "big") for number in range(count // 4 + 1))[:count]


@pytest.mark.parametrize("way", ["up", "down"])
@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_lost_or_doubled(way: str, steps: list[tuple[int, list[Fault]]]) -> None:
    data = numbered(sum(count for count, _ in steps))
    with through() as (link, client, server):
        sender, receiver = (client, server) if way == "up" else (server, client)
        got: list[bytes] = []
        reader = threading.Thread(target=lambda: got.append(exactly(receiver, len(data))))
        reader.start()
        at = 0
        for count, chosen in steps:
            sender.sendall(data[at : at + count])
            at += count
            setattr(link, way, chosen)
        reader.join(30)
        assert got == [data]


@pytest.mark.parametrize("way", ["up", "down"])
def test_what_was_sent_before_a_change_meets_the_old_faults(way: str) -> None:
    """So a cell that sends, changes the faults and sends again does the same each time."""
    with through() as (link, client, server):
        sender, receiver = (client, server) if way == "up" else (server, client)
        for _ in range(50):
            sender.sendall(b"x")
            setattr(link, way, [faults.Corrupt(1)])
            sender.sendall(b"x")
            setattr(link, way, [])
            got = exactly(receiver, 2)
            assert got[:1] == b"x"
            assert got[1:] != b"x"


def test_the_new_faults_wait_for_the_old() -> None:
    """What is on its way slowly is not overtaken by what comes after it, fast."""
    with through(up=[faults.Latency(0.1)]) as (link, client, server):
        client.sendall(b"slow ")
        link.up = []
        client.sendall(b"fast")
        assert exactly(server, 9) == b"slow fast"


def test_pulling_the_plug() -> None:
    with through() as (link, client, server):
        client.sendall(b"hello")
        assert exactly(server, 5) == b"hello"
        link.up = [faults.Reset(5)]
        for sock in (client, server):
            with pytest.raises(ConnectionResetError):
                sock.recv(1)

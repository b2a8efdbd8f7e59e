"""Streams through a link with faults."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labsupport import Link, faults
from labsupport.faults import Fault
from tests.leftovers import until
from tests.link.talking import PATIENCE, ends, everything, exactly, listening, passages, routes, through, way


def test_a_half_close_passes_through_as_one() -> None:
    with through() as (_link, client, server):
        client.sendall(b"the question")
        client.shutdown(socket.SHUT_WR)
        assert everything(server) == b"the question"
        server.sendall(b"the answer")
        assert exactly(client, 10) == b"the answer"
        server.shutdown(socket.SHUT_WR)
        assert client.recv(10) == b""


@pytest.mark.parametrize("fault", [faults.Latency(0.01), faults.Bandwidth(10_000), faults.Slice(5)], ids=str)
def test_a_half_close_stays_behind_the_data(fault: Fault) -> None:
    with through(up=[fault]) as (_link, client, server):
        client.sendall(b"the question")
        client.shutdown(socket.SHUT_WR)
        assert everything(server) == b"the question"
        server.sendall(b"the answer")
        assert exactly(client, 10) == b"the answer"


def test_slices_come_one_by_one() -> None:
    with listening() as listener, Link(listener.getsockname(), up=faults.Slice(4)) as link:
        for _ in range(20):
            with ends(link, listener) as (client, server):
                client.sendall(b"0123456789" * 4)
                got = [server.recv(100) for _ in range(10)]
                assert got == [(b"0123456789" * 4)[at : at + 4] for at in range(0, 40, 4)]


def test_slices_wait_for_a_receiver_that_is_late() -> None:
    """A second message is not joined to what the receiver has not taken of the first."""
    with through(down=faults.Slice(3)) as (_link, client, server):
        server.sendall(b"abcdef")
        server.sendall(b"ghi")
        server.shutdown(socket.SHUT_WR)
        assert client.recv(100, socket.MSG_PEEK) == b"abc"
        assert [client.recv(100) for _ in range(4)] == [b"abc", b"def", b"ghi", b""]


def test_slices_reach_a_receiver_that_is_accepted_late() -> None:
    with listening() as listener, Link(listener.getsockname(), up=faults.Slice(2)) as link:
        client = socket.create_connection(link.address, timeout=PATIENCE)
        client.sendall(b"abcd")
        client.close()
        server, _ = listener.accept()
        with server:
            assert [server.recv(10) for _ in range(3)] == [b"ab", b"cd", b""]


def test_slices_end_with_a_receiver_that_leaves() -> None:
    with through(up=faults.Slice(2)) as (link, client, server):
        client.sendall(b"abcdef")
        assert server.recv(10) == b"ab"
        server.close()
        until(lambda: not routes(link)[0].open)  # the other slices were answered by a RST
        with pytest.raises(ConnectionError):
            go_on(client)


def go_on(client: socket.socket) -> None:
    """Read the end, if it came before the RST, and speak all the same."""
    if client.recv(10) == b"":
        client.sendall(b"more")


def test_a_reset_is_told_to_both_ends_after_what_came_before() -> None:
    with through(up=faults.Reset(5)) as (_link, client, server):
        client.sendall(b"hello world")
        for sock, before in ((server, b"hello"), (client, b"")):
            assert exactly(sock, len(before)) == before
            with pytest.raises(ConnectionResetError):
                sock.recv(10)


def test_a_limit_is_an_end_of_stream_for_both() -> None:
    with through(down=faults.Limit(5)) as (_link, client, server):
        server.sendall(b"hello world")
        assert everything(client) == b"hello"
        assert server.recv(10) == b""


def test_a_blackhole_swallows_the_rest_and_the_end() -> None:
    with through(up=faults.Blackhole(5)) as (link, client, server):
        client.sendall(b"hello world")
        assert exactly(server, 5) == b"hello"
        client.shutdown(socket.SHUT_WR)
        server.sendall(b"still there?")
        assert exactly(client, 12) == b"still there?"
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.recv(1)
        link.close()
        server.settimeout(PATIENCE)
        assert server.recv(1) == b""


def test_a_stream_that_was_silenced_stays_so() -> None:
    with listening() as listener, Link(listener.getsockname(), up=faults.Blackhole(2)) as link:
        with ends(link, listener) as (client, server):
            client.sendall(b"abcd")
            assert exactly(server, 2) == b"ab"
            link.up = []
            client.sendall(b"ef")
            server.settimeout(0.05)
            with pytest.raises(TimeoutError):
                server.recv(1)
            until(lambda: [one.open for one in passages(link, "up")] == [False, False])
            assert [one.decisions[-1].cause for one in passages(link, "up")] == ["Blackhole 2", "Blackhole 2"]
        with ends(link, listener) as (client, server):
            client.sendall(b"abcd")
            assert exactly(server, 4) == b"abcd"


def test_what_comes_behind_a_silence_never_arrives_though_the_receiver_was_late() -> None:
    """All of it is in the link when the receiver begins to take: the last of what may go, the silence, and more."""
    with through(up=faults.Latency(0)) as (link, client, server):
        client.setblocking(False)
        up = way(link, "up")
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131_072)
        up._sink.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)  # else all goes on at once
        until(lambda: not _sent(client) and not up.reading)
        link.up = faults.Blackhole(0)
        link.up = faults.Latency(0)
        got: list[bytes] = []
        server.setblocking(False)
        until(lambda: _takes(server, got) and bool(_silenced_at(link)))
        link.close()
        server.settimeout(PATIENCE)
        assert len(b"".join(got) + everything(server)) == min(_silenced_at(link))


def _sent(client: socket.socket) -> int:
    try:
        return client.send(bytes(65536))
    except BlockingIOError:
        return 0


def _takes(server: socket.socket, got: list[bytes]) -> bool:
    with contextlib.suppress(BlockingIOError):
        got.append(server.recv(65536))
    return True


def _silenced_at(link: Link) -> list[int]:
    decisions = [decision for one in passages(link, "up") for decision in one.decisions]
    return [decision.at for decision in decisions if decision.effect == "silenced"]


def test_a_sink_that_fails_leaves_no_passage_open() -> None:
    class Failing:
        def send(self, _data: Any) -> int:
            raise BrokenPipeError

    with through() as (link, client, _server):
        way(link, "up")._sink = Failing()
        client.sendall(b"hi")
        until(lambda: [one.open for one in passages(link, "up")] == [False])


@pytest.mark.parametrize("how", ["close with linger 0", "close with unread bytes"])
def test_a_peers_own_reset_passes_through(how: str) -> None:
    with through() as (_link, client, server):
        client.sendall(b"hello")
        assert server.recv(5, socket.MSG_PEEK)
        if how == "close with linger 0":
            server.recv(5)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_sender_waits_when_nobody_takes() -> None:
    """A link is no infinite buffer: it holds a mebibyte, and the kernels on both sides what they hold."""
    with through() as (link, client, server):
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.sendall(bytes(200_000_000))
        client.shutdown(socket.SHUT_WR)
        taken = len(everything(server))
        assert taken < 100_000_000
        assert sum(passage.length for passage in passages(link, "up")) == taken


@pytest.mark.parametrize("fault", [faults.Latency(60), faults.Bandwidth(1), faults.Slice(1)], ids=str)
def test_a_link_holds_a_mebibyte(fault: Fault) -> None:
    with through(up=fault) as (link, client, _server):
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.sendall(bytes(200_000_000))
        assert 1_048_576 <= sum(passage.length for passage in passages(link, "up")) < 1_048_576 + 65_536


def both_ways(link: Link, listener: socket.socket, size: int, meanwhile: Callable[[], None]) -> None:
    """`size` bytes up and as many down at the same time, and their checksums."""
    up, down = (hashlib.sha256(name).digest() * (size // 32) for name in (b"up", b"down"))
    got: dict[str, bytes] = {}
    with ends(link, listener) as (client, server):

        def write(sock: socket.socket, data: bytes) -> None:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)

        def read(sock: socket.socket, name: str) -> None:
            got[name] = everything(sock)

        work = [
            threading.Thread(target=write, args=(client, up)),
            threading.Thread(target=write, args=(server, down)),
            threading.Thread(target=read, args=(client, "down")),
            threading.Thread(target=read, args=(server, "up")),
        ]
        for thread in work:
            thread.start()
        meanwhile()
        for thread in work:
            thread.join(60)
    assert got == {"up": up, "down": down}


@pytest.mark.parametrize("fault", [None, faults.Latency(0.001, jitter=0.01), faults.Stall(0.05, seconds=0.01)], ids=str)
def test_four_megabytes_each_way_come_out_the_same(fault: Fault | None) -> None:
    chosen = [fault] if fault is not None else []
    with listening() as listener, Link(listener.getsockname(), up=chosen, down=chosen) as link:
        both_ways(link, listener, 4_000_000, lambda: None)


def test_swapping_faults_all_the_while_loses_and_doubles_nothing() -> None:
    with listening() as listener, Link(listener.getsockname()) as link:

        def swap() -> None:
            for number in range(60):
                link.up = ([], [faults.Latency(0.003)], [faults.Bandwidth(50e6), faults.Slice(40_000)])[number % 3]
                link.down = ([faults.Latency(0, jitter=0.01)], [], [faults.Stall(0.1, seconds=0.01)])[number % 3]
            link.up = link.down = ()

        both_ways(link, listener, 8_000_000, swap)

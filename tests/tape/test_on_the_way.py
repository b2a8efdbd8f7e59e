"""A window does not close while something of it is on its way through a link."""

from __future__ import annotations

import socket
import time

import pytest

from labsupport import background, faults, watch
from labsupport.link import Link
from labsupport.tape.passages import BUSY, Passage, Route
from labsupport.tape.record import TAPE
from labsupport.tape.settling import settle
from tests.scrambler import scrambled


@pytest.mark.parametrize("seed", range(5))
def test_a_stream_that_is_slow(seed: int) -> None:
    @background(name="slow reader")
    def reader() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                while connection.recv(100):
                    pass

    with scrambled(seed), Link(reader.address, up=faults.Latency(0.05)) as link:
        with watch() as tape, socket.create_connection(link.address, timeout=5) as client:
            client.sendall(b"hello")
        reader.join(5)
    assert [call.result for call in tape.calls("server", "recv")] == [b"hello", b""]
    assert [arrow.fate for arrow in tape.exchange.arrows] == ["received"]


@pytest.mark.parametrize("fault", [faults.Latency(0.05), None])
def test_datagrams_to_a_server_that_waits(fault: faults.Fault | None) -> None:
    @background(name="receiver")
    def receiver() -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            while True:
                sock.recvfrom(100)

    with Link(receiver.address, "udp", up=fault or ()) as link, socket.socket(type=socket.SOCK_DGRAM) as client:
        for number in range(1, 11):
            with watch() as tape:
                client.sendto(b"one", link.address)
                client.sendto(b"two", link.address)
            assert [arrow.fate for arrow in tape.exchange.arrows] == ["received"] * 2 * number
    receiver.stop()


def test_a_window_that_is_closed_does_not_change_when_something_arrives_late() -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as server,
        socket.socket(type=socket.SOCK_DGRAM) as client,
    ):
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        with Link(server.getsockname(), "udp", up=faults.Latency(0.8)) as link:
            with watch() as tape:
                client.sendto(b"late", link.address)
            seen = [(arrow.fate, arrow.delivery) for arrow in tape.exchange.arrows]
            assert server.recv(10) == b"late"
            said = tape.text()
    assert seen == [("waiting", None)]
    assert "(1 still on the way)" in said


def test_what_never_comes_is_not_waited_for_longer_than_a_server_that_computes() -> None:
    client, busy = ("127.0.0.1", 1), list(BUSY)
    passage = Passage(Route("link", 0, client, client, client, stream=True), "up", 0, 1)
    TAPE.append(passage)
    begin = passage.order - 1
    BUSY.add(_never)
    try:
        started = time.monotonic()
        assert not settle(begin, limit=0.05)
        assert time.monotonic() - started >= 0.05
        passage.finish()
        assert settle(begin)
    finally:
        BUSY.discard(_never)
    assert busy == list(BUSY)


def _never() -> bool:
    return False

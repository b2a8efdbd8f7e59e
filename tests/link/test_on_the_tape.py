"""What a link writes on the tape."""

from __future__ import annotations

import socket
import struct

import pytest

from labsupport import Link, faults
from labsupport.tape.events import Call
from labsupport.tape.passages import BUSY
from labsupport.tape.record import TAPE
from tests.leftovers import until
from tests.link import talking
from tests.link.talking import PATIENCE, bound, echoing, exactly, passages, routes, through


def test_a_route_ties_the_two_connections_together() -> None:
    with through() as (link, client, server):
        client.sendall(b"hi")
        exactly(server, 2)
        (route,) = routes(link)
        assert (route.client, route.door) == (client.getsockname(), client.getpeername())
        assert (route.local, route.target) == (server.getpeername(), server.getsockname())
        assert (route.number, route.stream, route.open, route.error) == (0, True, True, "")
        link.close()
        until(lambda: not route.open)


def test_a_passage_says_what_came_and_when_it_went_on() -> None:
    with through() as (link, client, server):
        client.sendall(b"hello")
        exactly(server, 5)
        client.sendall(b"world")
        exactly(server, 5)
        client.shutdown(socket.SHUT_WR)
        assert server.recv(1) == b""
        until(lambda: [one.open for one in passages(link, "up")] == [False] * 3)
        came = passages(link, "up")
        assert [(one.offset, one.length, one.data) for one in came] == [
            (0, 5, b"hello"),
            (5, 5, b"world"),
            (10, 0, None),
        ]
        spans = [[(delivery.start, delivery.end) for delivery in one.deliveries] for one in came]
        assert spans == [[(0, 5)], [(5, 10)], [(10, 10)]]
        assert passages(link, "down") == []


def test_arrival_delivery_and_receipt_are_in_order() -> None:
    with through(up=faults.Latency(0.01)) as (link, client, server):
        client.sendall(b"hello")
        exactly(server, 5)
        (one,) = passages(link, "up")
        until(lambda: not one.open)
        sendall = next(call for call in calls() if call.op == "sendall" and call.endpoint.local == client.getsockname())
        recv = next(call for call in calls() if call.op == "recv" and call.endpoint.peer == server.getpeername())
        (delivery,) = one.deliveries
        assert recv.done is not None
        assert sendall.order < one.order < delivery.order < recv.done
        assert delivery.time - one.started >= 0.01


def calls() -> list[Call]:
    return [event for event in TAPE.events(since=talking.BEGIN) if isinstance(event, Call)]


def test_the_links_own_sockets_are_not_watched() -> None:
    with echoing() as server, Link(server) as link:
        before = len(calls())
        with socket.create_connection(link.address, timeout=PATIENCE) as client:
            client.sendall(b"hi")
            assert client.recv(2) == b"hi"
            client.shutdown(socket.SHUT_WR)
            assert client.recv(2) == b""
        own = {route.local for route in routes(link)} | {link.address}
        link.up = [faults.Latency(0.01)]
        assert all(call.endpoint.local not in own for call in calls()[before:] if call.endpoint.local)
        assert len(calls()[before:]) < 25


def test_each_slice_is_a_delivery() -> None:
    with through(up=faults.Slice(2)) as (link, client, server):
        client.sendall(b"abcde")
        assert [server.recv(9) for _ in range(3)] == [b"ab", b"cd", b"e"]
        (one,) = passages(link, "up")
        until(lambda: not one.open)
        assert [(delivery.start, delivery.end) for delivery in one.deliveries] == [(0, 2), (2, 4), (4, 5)]
        assert [(decision.effect, decision.cause) for decision in one.decisions] == [("sliced", "Slice 2")]


def test_the_first_faults_opening_is_on_the_tape_only_if_it_acts() -> None:
    with through() as (link, client, _server):
        link.up = [faults.Reset(0)]
        until(lambda: not routes(link)[0].open)
        (one,) = passages(link, "up")
        assert (one.length, [decision.effect for decision in one.decisions]) == (0, ["reset"])
        client.close()
    with through(up=faults.Latency(0)) as (link, _client, _server):
        assert passages(link, "up") == []


def test_bulk_traffic_keeps_the_tape_small() -> None:
    with through() as (link, client, server):
        client.settimeout(PATIENCE)
        total = 30_000_000
        left = total
        while left:
            client.sendall(bytes(500_000))
            left -= len(exactly(server, 500_000))
        until(lambda: not any(one.open for one in passages(link, "up")))
        assert sum(one.length for one in passages(link, "up")) == total
        assert len(passages(link, "up")) < 200
        at = 0
        for one in passages(link, "up"):
            assert (one.offset, one.deliveries[0].start, one.deliveries[-1].end) == (at, at, at + one.length)
            at += one.length


def test_a_passage_with_many_slices_stays_bounded() -> None:
    with through(up=faults.Slice(1)) as (link, client, server):
        client.sendall(bytes(1500))
        exactly(server, 1500)
        (one,) = passages(link, "up")
        until(lambda: not one.open)
        assert len(one.deliveries) == 1024
        assert one.deliveries[-1].end == 1500


def test_a_window_can_ask_whether_something_has_come_that_was_not_read() -> None:
    with echoing() as server:
        before = set(BUSY)
        with Link(server) as link:
            (busy,) = BUSY - before
            assert not busy()
            client = socket.create_connection(link.address, timeout=PATIENCE)
            client.sendall(b"hi")
            until(lambda: not busy())
            assert [one.data for one in passages(link, "up")] == [b"hi"]
            assert client.recv(2) == b"hi"
            client.close()
            until(lambda: not busy())
            assert [one.length for one in passages(link, "up")] == [2, 0]
        assert before == BUSY
        assert not busy()


def test_it_is_busy_while_a_datagram_waits() -> None:
    before = set(BUSY)
    with bound() as server, Link(server.getsockname(), "udp") as link, bound() as client:
        (busy,) = BUSY - before

        def waits() -> bool:  # in the link's thread, which therefore cannot read it
            client.sendto(b"hi", link.address)
            return busy()

        assert link._plan.carrier.ask(waits)
        until(lambda: not busy())
        assert server.recv(10) == b"hi"


def test_a_way_that_ends_leaves_nothing_open() -> None:
    with through(up=[faults.Latency(30), faults.Bandwidth(100)]) as (link, client, server):
        client.sendall(b"x" * 5000)
        until(lambda: bool(passages(link, "up")))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        until(lambda: not routes(link)[0].open)
        assert not any(one.open for one in passages(link, "up"))
        with pytest.raises(ConnectionResetError):
            client.recv(1)

"""Servers behind a link, and clients in front of it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable, Iterator
from typing import Any

from labsupport import Link, serve
from labsupport.faults import Fault
from labsupport.link.stream import Connection
from labsupport.link.way import Way
from labsupport.servers import Server
from labsupport.tape.passages import Passage, Route
from labsupport.tape.record import TAPE
from tests.leftovers import until

PATIENCE = 10.0
#: The tick at which this test began.
BEGIN = 0
Faults = Fault | Iterable[Fault]


def echoing() -> Server:
    """A stream server that sends back what comes, and ends when the client has ended."""

    def echo(connection: socket.socket, _address: Any) -> None:
        while data := connection.recv(65536):
            connection.sendall(data)

    return serve(echo)


@contextlib.contextmanager
def ends(link: Link, listener: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client, and the connection that its server has accepted."""
    with socket.create_connection(link.address, timeout=PATIENCE) as client:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(PATIENCE)
            yield client, connection


@contextlib.contextmanager
def through(up: Faults = (), down: Faults = ()) -> Iterator[tuple[Link, socket.socket, socket.socket]]:
    """A link, and the two ends of one connection through it."""
    with (
        listening() as listener,
        Link(listener.getsockname(), up=up, down=down) as link,
        ends(link, listener) as (client, server),
    ):
        yield link, client, server


@contextlib.contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener


def everything(sock: socket.socket) -> bytes:
    """What comes until the end of the stream."""
    parts = []
    while data := sock.recv(65536):
        parts.append(data)
    return b"".join(parts)


def exactly(sock: socket.socket, count: int) -> bytes:
    """So many bytes."""
    got = b""
    while len(got) < count:
        data = sock.recv(count - len(got))
        assert data, f"the stream ended after {len(got)} of {count} bytes"
        got += data
    return got


@contextlib.contextmanager
def bound() -> Iterator[socket.socket]:
    """A datagram socket."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(PATIENCE)
        yield sock


def way(link: Link, name: str) -> Way:
    """One way of the only connection through this link."""
    connections: dict[int, Connection] = link._door._connections  # type: ignore[union-attr]
    until(lambda: any(one.ways for one in connections.values()))  # the server may accept before the link knows
    (connection,) = connections.values()
    return next(one for one in connection.ways if one.name == name)


def routes(link: Link) -> list[Route]:
    """Who came through this link."""
    return [event for event in TAPE.events(since=BEGIN) if isinstance(event, Route) and event.door == link.address]


def passages(link: Link, way: str) -> list[Passage]:
    """What came through this link one way, in the order in which it came."""
    events = [event for event in TAPE.events(since=BEGIN) if isinstance(event, Passage)]
    return [one for one in events if one.route.door == link.address and one.way == way]

"""Small programs that speak through a link, each with what orders its steps, whose pictures the tests look at."""

from __future__ import annotations

import contextlib
import socket

from labsupport import faults
from labsupport.link import Link
from labsupport.tape.settling import settle
from labsupport.threads import Signal
from tests.pictures.stories import Story, beside, listen

__all__ = ["LINKS"]

#: Seconds: small, for pictures show order and no time.
SOON = 0.01


def _through(link: Link) -> socket.socket:
    return socket.create_connection(link.address, timeout=5)


def _bound(held: contextlib.ExitStack) -> socket.socket:
    sock = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.settimeout(5)
    sock.bind(("127.0.0.1", 0))
    return sock


def _open(held: contextlib.ExitStack) -> socket.socket:
    sock = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.settimeout(5)
    return sock


# --- streams --------------------------------------------------------------------------------------


def _echo(held: contextlib.ExitStack, link_up: faults.Fault | None, link_down: faults.Fault | None) -> None:
    listener = listen(held)

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data.upper())

    up, down = ([fault] if fault is not None else [] for fault in (link_up, link_down))
    with Link(listener.getsockname(), up=up, down=down) as link, beside(server) as thread:
        with _through(link) as client:
            client.sendall("héllo".encode())
            client.recv(1024)
            client.shutdown(socket.SHUT_WR)
            client.recv(1024)
        thread.join(5)


def nothing_wrong(held: contextlib.ExitStack) -> None:
    _echo(held, None, None)


def latency(held: contextlib.ExitStack) -> None:
    _echo(held, faults.Latency(SOON), faults.Latency(SOON))


def stall(held: contextlib.ExitStack) -> None:
    _echo(held, faults.Stall(1, SOON), None)


def corrupt(held: contextlib.ExitStack) -> None:
    _echo(held, None, faults.Corrupt(1))


def sliced(held: contextlib.ExitStack) -> None:
    listener = listen(held)

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            while connection.recv(1024):
                pass

    with Link(listener.getsockname(), up=[faults.Slice(4)]) as link, beside(server) as thread:
        with _through(link) as client:
            client.sendall(b"hello, world")
        thread.join(5)


def reset(held: contextlib.ExitStack) -> None:
    listener = listen(held)

    def server() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(ConnectionResetError):
            while connection.recv(10):
                pass

    with (
        Link(listener.getsockname(), up=[faults.Reset(10)]) as link,
        beside(server) as thread,
        _through(link) as client,
    ):
        client.sendall(b"hello, world")
        thread.join(5)
        with contextlib.suppress(ConnectionResetError):
            client.recv(10)


def blackhole(held: contextlib.ExitStack) -> None:
    listener = listen(held)

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                while connection.recv(10):
                    pass

    with (
        Link(listener.getsockname(), up=[faults.Blackhole(5)]) as link,
        beside(server) as thread,
        _through(link) as client,
    ):
        client.sendall(b"hello")
        client.sendall(b"world")
        thread.join(5)


def limit(held: contextlib.ExitStack) -> None:
    listener = listen(held)

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            while connection.recv(10):
                pass

    with Link(listener.getsockname(), up=[faults.Limit(8)]) as link, beside(server) as thread, _through(link) as client:
        client.sendall(b"hello, world")
        thread.join(5)
        client.recv(10)


def target_gone(held: contextlib.ExitStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with Link(address) as link, _through(link) as client:
        client.recv(10)


# --- datagrams ------------------------------------------------------------------------------------


def _posted(held: contextlib.ExitStack, fault: faults.Fault, *texts: bytes, arrive: int, seed: int = 0) -> None:
    server, sent = _bound(held), Signal("sent")

    def take() -> None:
        sent.wait(5)
        for _ in range(arrive):
            server.recvfrom(100)

    with Link(server.getsockname(), "udp", up=[fault], seed=seed) as link, beside(take) as thread:
        client = _open(held)
        for text in texts:
            client.sendto(text, link.address)
        sent.set()
        thread.join(5)
        settle(0)  # a link that is closed reads no more


def loss(held: contextlib.ExitStack) -> None:
    _posted(held, faults.Loss(0.5), b"one", b"zwei", "三".encode(), b"four", arrive=2, seed=3)


def duplicate(held: contextlib.ExitStack) -> None:
    _posted(held, faults.Duplicate(0.5), b"one", b"two", arrive=3, seed=1)


def reorder(held: contextlib.ExitStack) -> None:
    _posted(held, faults.Reorder(0.5), b"one", b"two", arrive=2, seed=2)


def late_datagrams(held: contextlib.ExitStack) -> None:
    _posted(held, faults.Latency(SOON), b"one", b"two", arrive=2)


def silenced_datagrams(held: contextlib.ExitStack) -> None:
    _posted(held, faults.Blackhole(1), b"one", b"two", arrive=1)


LINKS: dict[str, Story] = {
    story.__name__: story
    for story in (
        nothing_wrong, latency, stall, corrupt, sliced, reset, blackhole, limit, target_gone, loss, duplicate, reorder,
        late_datagrams, silenced_datagrams,
    )
}  # fmt: skip

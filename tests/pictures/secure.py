"""Small programs that speak TLS, each with what orders its steps, whose pictures the tests look at."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable

from labsupport import faults
from labsupport.link import Link
from labsupport.tape.settling import settle
from labsupport.threads import Signal
from tests.pictures.stories import Story, beside, listen
from tests.tape.secure import contexts

__all__ = ["SECURE"]

#: Seconds: small, for pictures show order and no time.
SOON = 0.01

Say = Callable[[ssl.SSLSocket], None]


def _talk(
    held: contextlib.ExitStack,
    say: Say,
    serve: Say,
    *,
    client: ssl.SSLContext | None = None,
    linked: bool = True,
    version: ssl.TLSVersion | None = None,
    fault: faults.Fault | None = None,
    after: Callable[[Link], None] | None = None,
) -> None:
    """A client that says something to a server, through a link; `after`: done to the link after the handshake."""
    trusting, keys = contexts(version)
    listener, shaken, ready = listen(held), Signal("shaken"), Signal("ready")

    def server() -> None:
        raw, _ = listener.accept()
        with raw, contextlib.suppress(OSError), keys.wrap_socket(raw, server_side=True) as sock:
            shaken.set()
            ready.wait()
            serve(sock)

    with contextlib.ExitStack() as stack:
        link = stack.enter_context(Link(listener.getsockname(), up=fault or ())) if linked else None
        address = link.address if link is not None else listener.getsockname()
        with beside(server), socket.create_connection(address, timeout=5) as raw:
            try:
                with (client or trusting).wrap_socket(raw, server_hostname="localhost") as sock:
                    shaken.wait()
                    if link is not None and after is not None:
                        after(link)
                    ready.set()
                    with contextlib.suppress(OSError):
                        say(sock)
            except ssl.SSLCertVerificationError:
                pass
        settle(0)


def _echo(sock: ssl.SSLSocket) -> None:
    while data := sock.recv(1024):
        sock.sendall(data.upper())
    sock.unwrap()


def _hello(sock: ssl.SSLSocket) -> None:
    sock.sendall("héllo".encode())
    sock.recv(1024)
    sock.unwrap()


def through_a_link(held: contextlib.ExitStack) -> None:
    _talk(held, _hello, _echo)


def without_a_link(held: contextlib.ExitStack) -> None:
    _talk(held, _hello, _echo, linked=False)


def tls_12(held: contextlib.ExitStack) -> None:
    _talk(held, _hello, _echo, version=ssl.TLSVersion.TLSv1_2)


def late(held: contextlib.ExitStack) -> None:
    _talk(held, _hello, _echo, fault=faults.Latency(SOON))


def two_records(held: contextlib.ExitStack) -> None:
    def say(sock: ssl.SSLSocket) -> None:
        sock.sendall(bytes(20_000))
        sock.recv(10)
        sock.unwrap()

    def serve(sock: ssl.SSLSocket) -> None:
        left = 20_000
        while left:
            left -= len(sock.recv(left))
        sock.sendall(b"danke")
        sock.recv(10)
        sock.unwrap()

    _talk(held, say, serve)


def cut(held: contextlib.ExitStack) -> None:
    """In the middle of a record: the server reads b'' as at any end, for Python takes it for one."""

    def say(sock: ssl.SSLSocket) -> None:
        sock.sendall(b"pay 100")
        sock.recv(10)

    def serve(sock: ssl.SSLSocket) -> None:
        sock.recv(1024)

    _talk(held, say, serve, after=lambda link: _after(link, faults.Limit, 10))


def _after(link: Link, kind: type[faults.Limit | faults.Blackhole], more: int) -> None:
    settle(0)  # what the handshake sent has been carried
    link.up = kind(len(link.bytes_up) + more)


def silenced(held: contextlib.ExitStack) -> None:
    over = Signal("over")

    def say(sock: ssl.SSLSocket) -> None:
        sock.sendall(b"anybody?")
        sock.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            sock.recv(10)
        over.set()

    def serve(_sock: ssl.SSLSocket) -> None:
        over.wait()

    _talk(held, say, serve, after=lambda link: _after(link, faults.Blackhole, 0))


def flipped(held: contextlib.ExitStack) -> None:
    """One bit of a record is flipped on the way: the receiver notices, and says so."""
    heard, gone = Signal("heard"), Signal("gone")

    def say(sock: ssl.SSLSocket) -> None:
        sock.sendall(b"pay 100")
        with contextlib.suppress(ssl.SSLError):
            sock.recv(10)
        heard.set()
        gone.wait()

    def serve(sock: ssl.SSLSocket) -> None:
        with contextlib.suppress(ssl.SSLError):
            sock.recv(1024)
        heard.wait()  # closed at once, with bytes unread, it would reset the connection before its alert arrives
        sock.close()
        gone.set()

    def flip(link: Link) -> None:
        settle(0)
        link.up = faults.Corrupt(1)

    _talk(held, say, serve, after=flip)


def not_trusted(held: contextlib.ExitStack) -> None:
    _talk(held, _hello, _echo, client=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


SECURE: dict[str, Story] = {
    story.__name__: story
    for story in (
        through_a_link, without_a_link, tls_12, late, two_records, cut, silenced, flipped, not_trusted,
    )
}  # fmt: skip

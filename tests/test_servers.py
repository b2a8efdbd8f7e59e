"""`serve`: a handler, an address, and nothing left afterwards."""

from __future__ import annotations

import errno
import gc
import socket
import socketserver
import ssl
import threading
import types
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from labsupport import servers
from labsupport.servers import serve
from labsupport.tape.watched import live
from labsupport.window import watch


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    gc.collect()
    assert threading.active_count() == before


def shout(connection: socket.socket, address: tuple[str, int]) -> None:
    print("client at", address[0])
    while data := connection.recv(1024):
        connection.sendall(data.upper())


def reverse(data: bytes, address: tuple[str, int]) -> bytes | None:
    return data[::-1] or None


def test_tcp() -> None:
    with serve(shout) as server:
        assert len(server.address) == 2
        with socket.create_connection(server.address, timeout=5) as client:
            client.sendall(b"hello")
            assert client.recv(10) == b"HELLO"
    assert server.output == "client at 127.0.0.1\n"
    assert server.error is None


def test_clients_are_served_side_by_side() -> None:
    with serve(shout) as server:
        clients = [socket.create_connection(server.address, timeout=5) for _ in range(20)]
        for client in reversed(clients):
            client.sendall(b"x")
            assert client.recv(10) == b"X"
        for client in clients:
            client.close()


def test_udp_answers_in_order_and_none_means_silence() -> None:
    with serve(reverse, "udp") as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        for data in (b"ab", b"", b"cd", b"x" * 60_000):
            client.sendto(data, server.address)
        assert [client.recv(65_535) for _ in range(3)] == [b"ba", b"dc", b"x" * 60_000]


def test_tls_one_silent_client_does_not_stop_the_others() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with serve(shout, tls=context) as server, socket.create_connection(server.address, timeout=5):
        plain = socket.create_connection(server.address, timeout=5)
        with trusting.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(b"hello")
            assert client.recv(10) == b"HELLO"


def test_tls_a_failed_handshake_is_the_error_and_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with serve(shout, tls=context) as server:
        plain = socket.create_connection(server.address, timeout=5)
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
        plain.close()
        while server.error is None:
            pass
        assert isinstance(server.error, ssl.SSLError)
    assert capsys.readouterr().err == ""


def test_the_first_error_is_kept_and_the_server_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    def fragile(connection: socket.socket, address: tuple[str, int]) -> None:
        data = connection.recv(10)
        if data != b"ok":
            raise ValueError(data)
        connection.sendall(b"fine")

    with serve(fragile) as server:
        for data in (b"bad", b"worse"):
            with socket.create_connection(server.address, timeout=5) as client:
                client.sendall(data)
                assert client.recv(10) == b""
        with socket.create_connection(server.address, timeout=5) as client:
            client.sendall(b"ok")
            assert client.recv(10) == b"fine"
        assert str(server.error) == "b'bad'"
    shown = capsys.readouterr().err
    assert shown.count("fragile raised an exception") == 2
    assert "labsupport" not in shown
    assert server.output == ""


def test_without_a_free_descriptor_it_waits_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    breaths: list[float] = []
    go_on = threading.Event()

    def breath(seconds: float) -> None:
        breaths.append(seconds)
        go_on.wait(10)

    plain = socketserver.TCPServer.get_request

    def crowded(self: socketserver.TCPServer) -> Any:
        if len(breaths) < 3:
            raise OSError(errno.EMFILE, "Too many open files")
        return plain(self)

    monkeypatch.setattr(servers, "time", types.SimpleNamespace(sleep=breath))
    monkeypatch.setattr(socketserver.TCPServer, "get_request", crowded)
    with serve(shout) as server, socket.create_connection(server.address, timeout=5) as client:
        while not breaths:
            pass
        assert len(breaths) == 1  # it does not ask again at once, for ever
        go_on.set()
        client.sendall(b"hello")
        assert client.recv(10) == b"HELLO"
        assert isinstance(server.error, OSError)
        assert "clients wait in the queue until sockets or files are closed" in str(server.error)
    assert breaths == [servers.BREATH] * 3
    assert capsys.readouterr().err.count("Too many open files") == 1


def test_a_udp_handler_that_returns_text() -> None:
    def text(data: bytes, address: tuple[str, int]) -> Any:
        return "text"

    with serve(text, "udp") as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"", server.address)
        while server.error is None:
            pass
    assert "text() returned 'text'; a UDP handler returns bytes" in str(server.error)


def test_stop_ends_waiting_handlers_and_closes_all() -> None:
    before = len(live())
    reached = threading.Event()

    def wait(connection: socket.socket, address: tuple[str, int]) -> None:
        reached.set()
        connection.recv(10)

    server = serve(wait)
    with socket.create_connection(server.address, timeout=5) as client:
        assert reached.wait(5)
        assert repr(server) == "<server with handler 'wait': running>"
        server.stop()
        server.stop()
        assert client.recv(10) == b""
    assert repr(server) == "<server with handler 'wait': stopped>"
    assert len(live()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address, timeout=5)


def test_a_server_that_nobody_holds_is_stopped() -> None:
    address = serve(shout).address
    gc.collect()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


async def _coroutine(connection: Any, address: Any) -> None: ...


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((None,), TypeError, r"not None \(NoneType\); pass a function"),
        ((lambda: None,), TypeError, "must take two arguments"),
        ((_coroutine,), TypeError, "_coroutine is no plain function"),
        ((shout, "sctp"), ValueError, """the protocol is "tcp" or "udp", not 'sctp'"""),
        ((shout, "tcp", "cert.pem"), TypeError, "tls takes an ssl.SSLContext or None, not 'cert.pem'"),
        ((reverse, "udp", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)), ValueError, "TLS needs a stream"),
        ((shout, "tcp", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)), ValueError, "made for clients"),
    ],
)
def test_bad_input(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        serve(*arguments)


def test_the_tape_shows_no_call_of_ours_on_a_connection_that_the_handler_closed() -> None:
    def handler(connection: socket.socket, address: tuple[str, int]) -> None:
        with connection:
            connection.sendall(connection.recv(10))

    with serve(handler) as server, watch() as tape, socket.create_connection(server.address, timeout=2) as client:
        client.sendall(b"hi")
        assert client.recv(10) == b"hi"
        assert client.recv(10) == b""
    calls = tape.calls(role="server")
    assert not [call for call in calls if call.error is not None]
    assert [call.op for call in calls if call.op == "close"] == ["close"]

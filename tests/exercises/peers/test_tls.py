"""TLS under a peer: what comes about, what is refused, and in which order."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from labsupport.exercises import peers
from labsupport.exercises.peers import Peer, Unmet
from labsupport.exercises.peers.tls import answers_the_hello, attempts, shakes_hands, throws_away
from labsupport.tls import Authority

HOST = "kisumu.example"
AUTHORITY = Authority()
STRANGER = Authority("Somebody Else")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with peers.listen() as listener:
        yield listener


def _client(listener: socket.socket, do: Callable[[socket.socket], object]) -> Future[object]:
    """Do something with a connected socket, in a thread."""
    done: Future[object] = Future()

    def work() -> None:
        try:
            with socket.create_connection(listener.getsockname(), timeout=5) as sock:
                done.set_result(do(sock))
        except Exception as error:  # whoever asks for the result meets it
            done.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return done


def _says(context: ssl.SSLContext, said: bytes = b"") -> Callable[[socket.socket], object]:
    """Shake hands, say something, and take what comes."""

    def do(sock: socket.socket) -> object:
        with context.wrap_socket(sock, server_hostname=HOST) as tls:
            if said:
                tls.sendall(said)
            return tls.recv(100)

    return do


def _server(**settings: bool) -> ssl.SSLContext:
    context = AUTHORITY.server_context(HOST, **settings)
    context.num_tickets = 0
    return context


def test_its_lines_are_said_under_cover(listener: socket.socket) -> None:
    client = _client(listener, _says(AUTHORITY.client_context(), "नमस्ते".encode()))
    server = peers.accept(listener)
    shakes_hands(server, _server())
    server.hears("नमस्ते".encode())
    server.says(b"xin ch\xc3\xa0o")
    assert client.result(5) == b"xin ch\xc3\xa0o"
    server.leaves()


def test_a_close_is_a_cut(listener: socket.socket) -> None:
    """No close_notify goes out, which a client that asks for one calls an error."""

    def strict(sock: socket.socket) -> object:
        context = AUTHORITY.client_context()
        with context.wrap_socket(sock, server_hostname=HOST, suppress_ragged_eofs=False) as tls:
            return tls.recv(100)

    client = _client(listener, strict)
    server = peers.accept(listener)
    shakes_hands(server, _server())
    server.leaves()
    with pytest.raises(ssl.SSLEOFError):
        client.result(5)


def test_a_refusal_is_told_with_its_alert(listener: socket.socket) -> None:
    client = _client(listener, _says(STRANGER.client_context()))
    server = peers.accept(listener, "the bank")
    with pytest.raises(Unmet, match=r"the bank was to get a TLS handshake and got an alert: unknown ca"):
        shakes_hands(server, _server())
    with pytest.raises(ssl.SSLCertVerificationError):
        client.result(5)
    server.leaves()


def test_a_refusal_may_be_what_is_wanted(listener: socket.socket) -> None:
    client = _client(listener, _says(STRANGER.client_context()))
    server = peers.accept(listener)
    assert not attempts(server, _server())
    assert server.steps == 1
    assert isinstance(client.exception(5), ssl.SSLCertVerificationError)
    server.leaves()


@pytest.mark.parametrize("begin", [attempts, shakes_hands, answers_the_hello])
def test_silence_is_unmet(listener: socket.socket, begin: Callable[[Peer, ssl.SSLContext], object]) -> None:
    with socket.create_connection(listener.getsockname(), timeout=5):
        server = peers.accept(listener, patience=0.1)
        with pytest.raises(Unmet, match="got nothing"):
            begin(server, _server())
        server.leaves()


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello"])
def test_what_is_no_handshake_is_named(listener: socket.socket, garbage: bytes) -> None:
    with socket.create_connection(listener.getsockname(), timeout=5) as client:
        client.sendall(garbage)
        server = peers.accept(listener)
        with pytest.raises(Unmet, match=r"got [a-z ]+$"):
            shakes_hands(server, _server())
        server.leaves()


def test_a_peer_shakes_hands_as_a_client_too(listener: socket.socket) -> None:
    def serve() -> None:
        connection, _ = listener.accept()
        with _server().wrap_socket(connection, server_side=True) as tls:
            tls.sendall(tls.recv(100).upper())

    thread = threading.Thread(target=serve)
    thread.start()
    amara = peers.connect(listener.getsockname(), "Amara")
    shakes_hands(amara, AUTHORITY.client_context(), HOST)
    amara.says(b"amara")
    amara.hears(b"AMARA")
    amara.hears_the_end()
    amara.leaves()
    thread.join(5)


def test_a_client_of_tls_1_3_is_through_before_its_certificate_is_looked_at(listener: socket.socket) -> None:
    through = threading.Event()

    def client(sock: socket.socket) -> object:
        with AUTHORITY.client_context().wrap_socket(sock, server_hostname=HOST) as tls:
            tls.sendall(b"here I am")
            through.set()
            return tls.recv(100)

    done = _client(listener, client)
    server = peers.accept(listener)
    context = _server(verify_clients=True)
    answers_the_hello(server, context)
    assert through.wait(5)
    assert not attempts(server, context)
    throws_away(server)
    server.leaves()
    assert isinstance(done.exception(5), ssl.SSLError)

"""Who was called what, at which time: a picture of an earlier window does not change."""

from __future__ import annotations

import socket

from labsupport import label, watch


def test_a_socket_that_listens_later_was_no_listener_before() -> None:
    with socket.socket() as sock:
        with watch() as tape:
            sock.bind(("127.0.0.1", 0))
        before = tape.text(), [call.op for call in tape.calls("server")], tape.svg()
        sock.listen()
        assert (tape.text(), [call.op for call in tape.calls("server")], tape.svg()) == before
        assert before[1] == ["socket", "bind"]
        assert tape.calls("listener") == []
        with watch() as later:
            sock.listen()
        assert [call.op for call in later.calls("listener")][-1:] == ["listen"]


def test_a_picture_that_is_first_looked_at_later_is_of_its_own_time() -> None:
    with socket.socket() as sock:
        with watch() as tape:
            sock.bind(("127.0.0.1", 0))
        sock.listen()
        assert "listener" not in tape.text()


def test_a_datagram_socket_that_connects_later_was_a_server() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        with watch() as tape:
            server.bind(("127.0.0.1", 0))
            client.sendto(b"salut", server.getsockname())
            _, address = server.recvfrom(100)
        server.connect(address)
        assert [call.op for call in tape.calls("server", "recvfrom")] == ["recvfrom"]
        (pair,) = tape.exchange.connections
        assert pair.server is not None
        assert pair.server.local == server.getsockname()


def test_a_label_is_for_every_picture() -> None:
    with socket.socket() as sock:
        with watch() as tape:
            sock.bind(("127.0.0.1", 0))
        label(sock, "Renée")
        assert "Renée" in tape.text()
        assert [call.op for call in tape.calls("Renée")] == ["socket", "bind"]

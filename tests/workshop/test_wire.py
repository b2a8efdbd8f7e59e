"""The learner's connection to the board: whom it trusts, and to whom it says who it is."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from typing import Any

import pytest

from labsupport import serve
from labsupport.tls import Authority
from labsupport.workshop.code import fingerprint
from labsupport.workshop.wire import Line, authority_at, trusting


def padded() -> Authority:
    """An authority whose certificate ends with "=" in base 64: there a decoder may stop."""
    while len(ssl.PEM_cert_to_DER_cert((made := Authority()).pem)) % 3 == 0:
        pass
    return made


def answering(body: str) -> Any:
    """A handler that answers each connection's request with this."""

    def handle(connection: socket.socket, address: object) -> None:
        with connection.makefile("rb") as asked:  # to its end: what is not read resets the connection
            asked.readline()
            asked.read(int(http.client.parse_headers(asked).get("Content-Length", 0)))
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    return handle


def test_behind_the_right_authority_no_other_is_trusted() -> None:
    right, other = padded(), Authority()
    shown = fingerprint(ssl.PEM_cert_to_DER_cert(right.pem))
    with serve(answering(right.pem + other.pem), tls=other.server_context("loopback-board")) as server:
        found = trusting(authority_at(*server.address, shown))
    assert found.get_ca_certs(binary_form=True) == [ssl.PEM_cert_to_DER_cert(right.pem)]


def test_to_https_nothing_goes_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority()
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    with serve(answering('{"joined": true}'), tls=authority.server_context("127.0.0.1")) as server:
        line = Line(f"https://127.0.0.1:{server.address[1]}/services/board/", None)
        with contextlib.closing(line):
            assert line.post("join", b"{}", "token secret") == {"joined": True}


@pytest.mark.parametrize(("name", "known"), [("127.0.0.1", False), ("loopback-board", True)])
def test_https_is_not_anybodys(monkeypatch: pytest.MonkeyPatch, name: str, known: bool) -> None:
    authority = Authority()
    monkeypatch.setenv("SSL_CERT_FILE", (authority if known else Authority()).file)
    with serve(answering("{}"), tls=authority.server_context(name)) as server:
        line = Line(f"https://127.0.0.1:{server.address[1]}/", None)
        with contextlib.closing(line), pytest.raises(ssl.SSLCertVerificationError):
            line.post("join", b"{}", "token secret")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "127.0.0.1:8790", "https://", ""])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https://"):
        Line(url, None)


def test_with_an_authority_of_its_own_a_board_is_never_asked_in_plain_text() -> None:
    with pytest.raises(ValueError, match="https://"):
        Line("http://127.0.0.1:8790/", trusting(Authority().pem))


@pytest.mark.parametrize("body", ["[]", "5", "null", '"text"', "{", ""])
def test_an_answer_that_is_no_object_is_no_boards(body: str) -> None:
    with serve(answering(body)) as server:
        line = Line(f"http://127.0.0.1:{server.address[1]}/", None)
        with contextlib.closing(line), pytest.raises(OSError, match="no board of a workshop"):
            line.post("join", b"{}")

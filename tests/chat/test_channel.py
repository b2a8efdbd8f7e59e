"""TLS without sockets: our channel with itself and with Python's own TLS; broken handshakes and the last word."""

from __future__ import annotations

import ssl

import pytest

from labsupport.chat.channel import Channel
from labsupport.tls import Authority


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def pair(authority: Authority, host: str = "localhost") -> tuple[Channel, Channel]:
    return Channel(authority.client_context(), host), Channel(authority.server_context("localhost"))


def carried(one: Channel, other: Channel, size: int = 10_000) -> tuple[bytes, bytes]:
    """Carry records both ways, in pieces, until there are none; what each end read."""
    read = {one: b"", other: b""}
    while records := [(end, peer, data) for end, peer in ((one, other), (other, one)) if (data := end.take())]:
        for _, peer, data in records:
            for at in range(0, len(data), size):
                read[peer] += peer.receive(data[at : at + size])
    return read[one], read[other]


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_both_ways_however_it_is_cut(authority: Authority, size: int) -> None:
    client, server = pair(authority)
    before = client.secure
    carried(client, server, size)
    assert (before, client.secure, server.secure) == (False, True, True)
    client.send("héllo".encode())
    server.send(b"x" * 100_000)
    assert carried(client, server, size) == (b"x" * 100_000, "héllo".encode())


def test_the_last_word(authority: Authority) -> None:
    client, server = pair(authority)
    carried(client, server)
    server.send(b"bye")
    server.close()
    server.close()
    assert carried(client, server) == (b"bye", b"")
    assert client.ended
    assert not server.ended


def test_before_the_handshake_there_is_no_last_word(authority: Authority) -> None:
    _, server = pair(authority)
    server.close()
    assert server.take() == b""


def test_another_host_is_not_believed(authority: Authority) -> None:
    client, server = pair(authority, "example.org")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"example\.org"):
        carried(client, server)
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        server.receive(client.take())


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 40, b"\x16\x03\x01\x00\x05hello"])
def test_what_is_no_handshake(authority: Authority, data: bytes) -> None:
    _, server = pair(authority)
    with pytest.raises(ssl.SSLError):
        server.receive(data)


def test_a_record_that_was_changed(authority: Authority) -> None:
    client, server = pair(authority)
    carried(client, server)
    client.send(b"pay 10")
    record = bytearray(client.take())
    record[-1] ^= 1
    with pytest.raises(ssl.SSLError):
        server.receive(record)

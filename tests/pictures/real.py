"""Real handshakes, run in memory."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

from labsupport.tls.authority import Authority
from labsupport.tls.memory import handshake
from labsupport.tls.transcript import Transcript

__all__ = ["CASES", "flipped", "meet", "resumed"]


def meet(
    authority: Authority | None = None, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, **more: Any
) -> Transcript:
    """A client and a server that offer ALPN; `more`: as `tls.handshake` has it."""
    authority = authority or Authority()
    client, server = authority.client_context(), authority.server_context("localhost")
    client.set_alpn_protocols(["h2", "http/1.1"])
    server.set_alpn_protocols(["http/1.1"])
    server.maximum_version = newest
    return handshake(client, server, "localhost", **more)


def flipped(flight: int, at: int) -> Callable[[int, bytes], bytes]:
    """Break one bit of one byte of a flight on its way."""

    def tamper(number: int, data: bytes) -> bytes:
        if number != flight:
            return data
        broken = bytearray(data)
        broken[at % len(data)] ^= 1
        return bytes(broken)

    return tamper


def resumed() -> Transcript:
    """The second handshake of two ends that have met before."""
    authority = Authority()
    client, server = authority.client_context(), authority.server_context("localhost")
    return handshake(client, server, "localhost", session=handshake(client, server, "localhost").session)


def _mutual(certificate: str | None) -> Transcript:
    authority = Authority()
    server = authority.server_context("localhost", verify_clients=True)
    return handshake(authority.client_context(certificate), server, "localhost")


def _asked_again() -> Transcript:
    authority = Authority()
    server = authority.server_context("localhost")
    server.set_ecdh_curve("secp384r1")
    return handshake(authority.client_context(), server, "localhost")


def _no_version() -> Transcript:
    authority = Authority()
    client, server = authority.client_context(), authority.server_context("localhost")
    client.minimum_version, server.maximum_version = ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2
    return handshake(client, server, "localhost")


def _for(host: str, trusted: bool = True) -> Transcript:
    authority = Authority()
    client = (authority if trusted else Authority()).client_context()
    return handshake(client, authority.server_context(host), "localhost")


#: Whatever a picture must cope with.
CASES: dict[str, Callable[[], Transcript]] = {
    "TLS 1.3": meet,
    "TLS 1.2": lambda: meet(newest=ssl.TLSVersion.TLSv1_2),
    "mutual": lambda: _mutual("maria"),
    "no certificate": lambda: _mutual(None),
    "asked again": _asked_again,
    "resumed": resumed,
    "no version": _no_version,
    "unknown authority": lambda: _for("localhost", trusted=False),
    "wrong host": lambda: _for("example.org"),
    "broken on its way": lambda: meet(tamper=flipped(1, 400)),
    "said": lambda: meet(say=(b"hello?", "你好".encode()), close_notify=True),
}

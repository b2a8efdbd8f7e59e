"""TLS for the tests of the tape: contexts, and records as a link would keep their beginnings."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Iterable

import trustme

from labsupport.tape.events import tick
from labsupport.tape.passages import Delivery, Passage, Route
from labsupport.tape.records import HEAD, keep_head
from labsupport.tape.tls import RECORD_HEADER

__all__ = ["HELLO", "LINK", "Kind", "carried", "contexts", "head", "route"]

LINK = ("127.0.0.1", 4000)
#: The first bytes of a ClientHello of 512 bytes, and of a ServerHello of 122.
HELLO = {"client": (22, 512, bytes.fromhex("010001fc")), "server": (22, 122, bytes.fromhex("02000076"))}

#: (content type, length field, first bytes of what follows)
Kind = tuple[int, int, bytes]


@functools.cache
def _authority() -> tuple[trustme.CA, trustme.LeafCert]:
    authority = trustme.CA()
    return authority, authority.issue_cert("localhost")


def contexts(version: ssl.TLSVersion | None = None, ciphers: str = "") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A client's context, and that of a server called localhost; `version`: no newer one."""
    authority, leaf = _authority()
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.configure_trust(client)
    leaf.configure_cert(server)
    if version is not None:
        client.maximum_version = version
    if ciphers:
        client.set_ciphers(ciphers)
    return client, server


def head(kind: int, length: int, start: bytes = b"") -> bytes:
    """The first bytes of a record."""
    size = min(HEAD, RECORD_HEADER + length)
    return (bytes([kind, 3, 3]) + length.to_bytes(2, "big") + start)[:size].ljust(size, b"\0")


def route(stream: bool = True) -> Route:
    """Somebody who came through a link."""
    return Route("link", 0, ("127.0.0.1", 40_000), LINK, ("127.0.0.1", 5000), stream=stream)


def carried(
    kinds: Iterable[Kind], start: int = 0, reached: int | None = None, of: Route | None = None
) -> list[Passage]:
    """A passage for each of these records, behind `start` bytes; those up to byte `reached` have been handed on."""
    found, at, of = [], start, of or route()
    for kind, length, begin in kinds:
        size = RECORD_HEADER + length
        passage = Passage(of, "up", at, size)
        keep_head(passage, at, head(kind, length, begin))
        if reached is None or at + size <= reached:
            passage.deliveries.append(Delivery(tick(), 0.0, at, at + size))
        found.append(passage)
        at += size
    return found

"""Real handshakes, made by Python's own ssl through memory BIOs, as the messages that were in them."""

from __future__ import annotations

import contextlib
import functools
import ssl
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import trustme

from labsupport.tls.parts import Sender

__all__ = ["CASES", "HOST", "Said", "corpus", "handshake", "hello_of_openssl_35", "u16", "u24", "vector"]

HOST = "bücher.example"
_HANDSHAKE = 22
_ALERT = 21


class Said(NamedTuple):
    """A handshake message in clear, header included, or an alert."""

    data: bytes
    sender: Sender
    version: str
    kind: int = _HANDSHAKE

    @property
    def type(self) -> int:
        return self.data[0]


class Contexts(NamedTuple):
    client: ssl.SSLContext
    server: ssl.SSLContext
    authority: trustme.CA


def contexts(key: trustme.KeyType = trustme.KeyType.ECDSA) -> Contexts:
    authority = trustme.CA(key_type=key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, common_name="नमस्ते", key_type=key).configure_cert(server)
    client = ssl.create_default_context()
    client.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    authority.configure_trust(client)
    return Contexts(client, server, authority)


def _plain(_: Contexts) -> None:
    """As the defaults are."""


def _alpn(both: Contexts) -> None:
    for context in both[:2]:
        context.set_alpn_protocols(["h2", "http/1.1"])


def _login(both: Contexts) -> None:
    both.authority.issue_cert("jose@example.org", common_name="José").configure_cert(both.client)
    both.authority.configure_trust(both.server)
    both.server.verify_mode = ssl.CERT_REQUIRED


def _retry(both: Contexts) -> None:
    both.server.set_ecdh_curve("secp384r1")


def _older(both: Contexts) -> None:
    both.server.maximum_version = ssl.TLSVersion.TLSv1_2


def _oldest_client(both: Contexts) -> None:
    both.client.maximum_version = ssl.TLSVersion.TLSv1_2
    _login(both)
    _alpn(both)


def _rsa_keys(both: Contexts) -> None:
    _older(both)
    both.server.set_ciphers("AES128-GCM-SHA256")
    both.client.set_ciphers("AES128-GCM-SHA256")


def _stranger(both: Contexts) -> None:
    trustme.CA().configure_trust(both.client)
    trustme.CA().issue_cert("other.example").configure_cert(both.server)


CASES: dict[str, Callable[[Contexts], None]] = {
    "TLS 1.3": _plain,
    "ALPN": _alpn,
    "client certificate": _login,
    "HelloRetryRequest": _retry,
    "server of TLS 1.2": _older,
    "client of TLS 1.2, with certificate": _oldest_client,
    "TLS 1.2, RSA key transport": _rsa_keys,
    "unknown authority": _stranger,
}


@functools.cache
def handshake(case: str) -> tuple[Said, ...]:
    """The messages of a handshake, and of one more that resumes it where there is a ticket."""
    both = contexts(trustme.KeyType.RSA if "RSA" in case else trustme.KeyType.ECDSA)
    CASES[case](both)
    said: list[tuple[bytes, Sender, int]] = []

    def record(_connection: object, direction: str, _version: Any, content: Any, _kind: Any, data: bytes) -> None:
        if content in (_HANDSHAKE, _ALERT):
            said.append((data, "client" if direction == "write" else "server", int(content)))

    both.client._msg_callback = record  # type: ignore[attr-defined]
    first = _run(both, None)
    version = first.version() or "TLSv1.3"
    if first.session and first.session.has_ticket:
        _run(both, first.session)
    spelled = version.replace("TLSv", "TLS ")
    return tuple(Said(data, sender, spelled, kind) for data, sender, kind in said)


def _run(both: Contexts, session: ssl.SSLSession | None) -> ssl.SSLObject:
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = both.client.wrap_bio(down, up, server_hostname=HOST, session=session)
    server = both.server.wrap_bio(up, down, server_side=True)
    for end in (client, server) * 3:
        with contextlib.suppress(ssl.SSLError):
            end.do_handshake()
    with contextlib.suppress(ssl.SSLError):
        server.write(b"hello")
        client.read(5)
    with contextlib.suppress(ssl.SSLError):
        client.unwrap()
    return client


@functools.cache
def corpus() -> tuple[Said, ...]:
    """All messages of all cases, and those that Python's ssl does not send."""
    real = [message for case in CASES for message in handshake(case) if message.kind == _HANDSHAKE]
    return (*real, *_written())


def u16(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(2) for number in numbers)


def u24(number: int) -> bytes:
    return number.to_bytes(3)


def vector(size: int, *contents: bytes) -> bytes:
    """Contents behind their length of `size` bytes."""
    joined = b"".join(contents)
    return len(joined).to_bytes(size) + joined


def framed(kind: int, *contents: bytes) -> bytes:
    return bytes([kind]) + vector(3, *contents)


def extension(number: int, *contents: bytes) -> bytes:
    return u16(number) + vector(2, *contents)


def hello_of_openssl_35() -> bytes:
    """A ClientHello as OpenSSL 3.5 sends it: key shares for X25519MLKEM768 and X25519 (RFC 10024)."""
    shares = u16(0x11EC) + vector(2, b"m" * 1184, b"x" * 32), u16(0x001D) + vector(2, b"x" * 32)
    return framed(
        1,
        u16(0x0303),
        bytes(range(32)),
        vector(1, b"s" * 32),
        vector(2, u16(0x1302, 0x1303, 0x1301, 0xC02C)),
        vector(1, b"\0"),
        vector(
            2,
            extension(0xFF01, b"\0"),
            extension(0, vector(2, b"\0" + vector(2, b"xn--bcher-kva.example"))),
            extension(11, vector(1, b"\0\1\2")),
            extension(10, vector(2, u16(0x11EC, 0x001D, 0x0017, 0x001E, 0x0018, 0x0019, 0x0100, 0x0101))),
            extension(35),
            extension(22),
            extension(23),
            extension(13, vector(2, u16(0x0905, 0x0906, 0x0904, 0x0403, 0x0503, 0x0807, 0x0804))),
            extension(43, vector(1, u16(0x0304, 0x0303))),
            extension(45, vector(1, b"\1")),
            extension(51, vector(2, *shares)),
        ),
    )


def grease_hello() -> bytes:
    """A ClientHello as browsers send it: GREASE in each list, and extensions that OpenSSL does not have."""
    return framed(
        1,
        u16(0x0303),
        bytes(32),
        vector(1),
        vector(2, u16(0x2A2A, 0x1301, 0x00FF, 0x5600, 0xABCD)),
        vector(1, b"\0"),
        vector(
            2,
            extension(0x3A3A),
            extension(10, vector(2, u16(0xFAFA, 0x11EC, 0x001D))),
            extension(51, vector(2, u16(0xFAFA) + vector(2, b"\0"), u16(0x0017) + vector(2, b"\4" + b"q" * 64))),
            extension(16, vector(2, vector(1, b"\x0a\x0a"), vector(1, b"h2"))),
            extension(5, b"\1" + vector(2) + vector(2)),
            extension(18),
            extension(27, vector(1, u16(1, 2, 3))),
            extension(28, u16(0x4001)),
            extension(1, b"\1"),
            extension(19, vector(1, b"\2\0")),
            extension(20, vector(1, b"\2\0")),
            extension(44, vector(2, b"cookie")),
            extension(47, vector(2, vector(2, b"\x30\0"))),
            extension(50, vector(2, u16(0x0401))),
            extension(49),
            extension(57, b"quic"),
            extension(43, vector(1, u16(0x7A7A, 0x0304))),
            extension(45, vector(1, b"\x0b\0\1")),
            extension(0x1234, b"nobody knows"),
            extension(0xFE0D, b"\0" + b"e" * 40),
            extension(21, bytes(9)),
            extension(42),
            extension(41, vector(2, vector(2, b"ticket") + bytes(4)), vector(2, vector(1, b"b" * 32))),
        ),
    )


def _written() -> Iterator[Said]:
    yield Said(hello_of_openssl_35(), "client", "TLS 1.3")
    yield Said(grease_hello(), "client", "TLS 1.3")
    hello = u16(0x0303), bytes(32), vector(1), u16(0x1301), b"\0"
    mlkem = extension(51, u16(0x11EC) + vector(2, b"c" * 1088, b"x" * 32))
    yield Said(
        framed(2, *hello, vector(2, mlkem, extension(43, u16(0x0304)), extension(41, u16(0)))), "server", "TLS 1.3"
    )
    yield Said(framed(4, bytes(8), vector(1), vector(2, b"t"), vector(2, extension(42, bytes(4)))), "server", "TLS 1.3")
    yield Said(framed(5), "client", "TLS 1.3")
    empty, names = (extension(number) for number in (0, 42)), extension(20, b"\2")
    yield Said(framed(8, vector(2, *empty, names, extension(10, vector(2, u16(0x001D))))), "server", "TLS 1.3")
    scts, status = extension(18, vector(2, vector(2, b"sct"))), extension(5, b"\1" + vector(3, b"ocsp"))
    yield Said(framed(11, vector(1), vector(3, vector(3, b"\x30\0") + vector(2, scts, status))), "server", "TLS 1.3")
    filters = extension(48, vector(2, vector(1, b"\x55\x1d\x0f") + vector(2, b"\3\2\7\x80")))
    asked = extension(13, vector(2, u16(0x0403)))
    yield Said(framed(13, vector(1, b"context"), vector(2, asked, filters)), "server", "TLS 1.3")
    yield Said(framed(24, b"\1"), "client", "TLS 1.3")
    yield Said(framed(25, u16(1), u24(900), vector(3, b"zlib")), "server", "TLS 1.3")
    yield Said(framed(0), "server", "TLS 1.2")
    dhe = vector(2, b"p" * 256), vector(2, b"\2"), vector(2, b"y" * 256), u16(0x0804), vector(2, b"s" * 256)
    yield Said(framed(12, *dhe), "server", "TLS 1.2")
    yield Said(framed(16, vector(2, b"y" * 256)), "client", "TLS 1.2")
    yield Said(framed(22, b"\1", vector(3, b"ocsp")), "server", "TLS 1.2")

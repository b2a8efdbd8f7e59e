"""Transcripts made by hand: flights of records of messages of fields, with bytes that fit them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from labsupport.tls.parts import Flight, Part, Sender

__all__ = ["TLS_1_2", "TLS_1_3", "Made", "clear", "flight", "message", "refused", "sealed"]


@dataclass
class Made:
    """As much of a transcript as a picture needs."""

    flights: Sequence[Flight] = field(default_factory=tuple)
    version: str = "TLS 1.3"
    cipher: str = "TLS_AES_256_GCM_SHA384"
    alpn: str = ""
    error: str = ""


def message(name: str, fields: dict[str, str] | None = None, *, error: str = "") -> Part:
    """A message with a header of four bytes, and four bytes for each field."""
    inside = [Part(0, 4, "header", "Its type and length.", "RFC 9846, section 4", name, opened=b"head")]
    for number, (label, value) in enumerate((fields or {}).items(), 1):
        start = 4 * number
        inside.append(
            Part(start, start + 4, label, f"What {label} says.", "RFC 9846, section 4.3", value, opened=b"BYTE")
        )
    size = inside[-1].end
    inside[-1] = replace(inside[-1], error=error)
    return Part(0, size, name, f"The message {name}.", "RFC 9846, section 4", parts=tuple(inside), opened=bytes(size))


#: What the dissector calls a content that it cannot open.
_LOCKED = {"application_data": "encrypted_record", "handshake": "encrypted handshake message"}


def clear(content: str, *messages: Part) -> Part:
    """A record that everybody can read."""
    header = _header(content)
    inside, end = _row(messages, header.end, secret=False)
    return Part(0, end, "TLSPlaintext", "A record in clear.", parts=(header, *inside), opened=bytes(end))


def sealed(*messages: Part, content: str = "application_data", error: str = "") -> Part:
    """A record that is encrypted; without messages, one that nobody here can open."""
    header, locked = _header(content), Part(0, 40, _LOCKED[content], "Encrypted.", value="encrypted", secret=True)
    inside, at = _row(messages or (locked,), header.end, secret=True)
    if messages:
        kind = Part(at, at + 1, "type", "What it carries.", "RFC 9846, section 5.2", "handshake", (), True, b"\x16")
        tag = Part(at + 1, at + 17, "authentication tag", "It fits.", "RFC 9846, section 5.2", "fits", opened=bytes(16))
        inside, at = (*inside, kind, tag), tag.end
    whole = (header, *inside)
    return Part(0, at, "TLSCiphertext", "An encrypted record.", parts=whole, secret=True, error=error)


def _header(content: str) -> Part:
    inside = (
        Part(0, 1, "type", "What it carries.", "RFC 9846, section 5.1", content, opened=b"\x16"),
        Part(1, 3, "legacy_record_version", "Means nothing.", "RFC 9846, section 5.1", "TLS 1.2", opened=b"\3\3"),
        Part(3, 5, "length", "How long it is.", "RFC 9846, section 5.1", "16 bytes", opened=b"\0\x10"),
    )
    return Part(
        0, 5, "record header", "What comes.", "RFC 9846, section 5.1", content, inside, opened=b"\x16\3\3\0\x10"
    )


def _row(messages: Iterable[Part], at: int, *, secret: bool) -> tuple[tuple[Part, ...], int]:
    placed: list[Part] = []
    for one in messages:
        placed.append(_moved(one, at, secret=secret))
        at = placed[-1].end
    return tuple(placed), at


def _moved(part: Part, by: int, *, secret: bool = False) -> Part:
    inside = tuple(_moved(one, by, secret=secret) for one in part.parts)
    return replace(part, start=part.start + by, end=part.end + by, parts=inside, secret=secret or part.secret)


def flight(sender: Sender, *records: Part) -> Flight:
    """A flight of these records, one after the other; its bytes are 0, 1, 2, and so on."""
    placed, at = [], 0
    for record in records:
        placed.append(_moved(record, at))
        at = placed[-1].end
    return Flight(sender, bytes(number % 256 for number in range(at)), tuple(placed), "by hand")


_ENTRIES = Part(
    4,
    12,
    "certificate_list",
    "The certificates.",
    parts=(Part(4, 7, "length", "3"), Part(7, 12, "CertificateEntry", "One.")),
)
CERTIFICATE = Part(
    0, 12, "Certificate", "The message Certificate.", parts=(Part(0, 4, "header", "Its type."), _ENTRIES)
)
_CCS = clear("change_cipher_spec", message("change_cipher_spec"))
_SAYS_MUCH = {
    "legacy_version": "TLS 1.2",
    "random": "",
    "cipher_suites": "TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, and 15 more",
    "server_name": "localhost",
    "application_layer_protocol_negotiation": "h2, http/1.1",
    "supported_versions": "TLS 1.3, TLS 1.2",
    "key_share": "x25519",
}
_CHOSEN = {
    "random": "",
    "cipher_suite": "TLS_AES_256_GCM_SHA384",
    "supported_versions": "TLS 1.3",
    "key_share": "x25519",
}
_HELLOS = (
    flight("client", clear("handshake", message("ClientHello", _SAYS_MUCH))),
    flight(
        "server",
        clear("handshake", message("ServerHello", _CHOSEN)),
        _CCS,
        sealed(message("EncryptedExtensions", {"application_layer_protocol_negotiation": "http/1.1"})),
        sealed(CERTIFICATE),
        sealed(message("CertificateVerify", {"algorithm": "ecdsa_secp256r1_sha256"})),
        sealed(message("Finished", {"verify_data": ""})),
    ),
)

TLS_1_3 = Made(
    (
        *_HELLOS,
        flight("client", _CCS, sealed(message("Finished", {"verify_data": ""}))),
        flight(
            "server",
            sealed(message("NewSessionTicket", {"ticket": ""})),
            sealed(message("NewSessionTicket", {"ticket": ""})),
        ),
    ),
    alpn="http/1.1",
)

TLS_1_2 = Made(
    (
        flight("client", clear("handshake", message("ClientHello", {"server_name": "localhost"}))),
        flight(
            "server",
            clear("handshake", message("ServerHello", {"cipher_suite": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"})),
            clear("handshake", CERTIFICATE),
            clear("handshake", message("ServerKeyExchange", {"params": ""})),
            clear("handshake", message("ServerHelloDone")),
        ),
        flight(
            "client",
            clear("handshake", message("ClientKeyExchange", {"public": ""})),
            _CCS,
            sealed(content="handshake"),
        ),
        flight(
            "server",
            clear("handshake", message("NewSessionTicket", {"ticket": ""})),
            _CCS,
            sealed(content="handshake"),
        ),
    ),
    version="TLS 1.2",
    cipher="TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
)


def refused(name: str, *, by: Sender = "client") -> Made:
    """TLS 1.3 up to the server's flight, and an alert instead of what should come."""
    alert = sealed(message("alert", {"level": "fatal", "description": name}))
    return Made((*_HELLOS, flight(by, alert)), error=f"{by}: SSLError {name.upper()}")

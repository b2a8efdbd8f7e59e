"""The writer's side of TLS 1.3's records, in the tests' own words: nothing of it is shared with the reader's."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from labsupport.tls.dissect import uncovered, walk
from labsupport.tls.dissect.cover import gaps
from labsupport.tls.parts import Flight, Part
from labsupport.tls.transcript import Transcript

APPLICATION, HANDSHAKE = 23, 22

AEADS: dict[str, tuple[type[AESGCM | ChaCha20Poly1305], int, int]] = {
    "AES-128-GCM": (AESGCM, 16, 32),
    "AES-256-GCM": (AESGCM, 32, 48),
    "ChaCha20": (ChaCha20Poly1305, 32, 32),
}


def record(content: bytes, kind: int = HANDSHAKE) -> bytes:
    """A record in clear."""
    return bytes([kind, 3, 3]) + len(content).to_bytes(2, "big") + content


def expanded(secret: bytes, label: str, length: int) -> bytes:
    """HKDF-Expand of RFC 5869, one block, with the label of TLS 1.3."""
    name = b"tls13 " + label.encode()
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    return hmac.digest(secret, info + b"\1", "sha384" if len(secret) == 48 else "sha256")[:length]


def sealer(secret: bytes, cipher: str = "AES-128-GCM") -> Callable[..., bytes]:
    """A function that makes the next encrypted record: `seal(content, kind=23, padding=0)`."""
    aead, length, _ = AEADS[cipher]
    box, iv, number = aead(expanded(secret, "key", length)), int.from_bytes(expanded(secret, "iv", 12), "big"), 0

    def seal(content: bytes, kind: int = APPLICATION, padding: int = 0) -> bytes:
        nonlocal number
        inner = content + bytes([kind] if kind else []) + bytes(padding)
        header = b"\x17\3\3" + (len(inner) + 16).to_bytes(2, "big")
        sealed: bytes = header + box.encrypt((iv ^ number).to_bytes(12, "big"), inner, header)
        number += 1
        return sealed

    return seal


def faults_of(flight: Flight) -> list[str]:
    """Where the parts of a flight, at any depth, do not account for its bytes; what else no flight may have."""
    found = gaps(0, len(flight.data), flight.parts)
    for part in flight.parts:
        found += uncovered(part)
        found += [f"{one.label}: {fault}" for one in walk(part) if (fault := _wrong(one, flight.data))]
    return found


def _wrong(part: Part, data: bytes) -> str:
    if not part.label or not part.explanation:
        return "without a label or an explanation"
    if part.opened and len(part.opened) != part.end - part.start:
        return "opened, and not as long as it is"
    if not part.secret and part.opened != data[part.start : part.end]:
        return "in clear, and not what is on the wire"
    return ""


def check(transcript: Transcript) -> Transcript:
    """The transcript, if each of its flights is accounted for."""
    for flight in transcript.flights:
        assert faults_of(flight) == []
    return transcript


def labels(transcript: Transcript) -> list[tuple[str, str]]:
    """Who said what, flight by flight."""
    return [(flight.sender, flight.name) for flight in transcript.flights]

"""The table of handshake messages, and the header that each begins with (RFC 9846, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from labsupport.tape.tls import MESSAGE_HEADER, MESSAGES
from labsupport.tls.parts import Part, Sender, named

from . import hellos, tls12, tls13
from .cursor import Cursor, cursor_over
from .extension_row import EMPTY
from .registry import Registry
from .shapes import Field, Number, Reading, Rest, Shape, Struct, Whole, fields, left_over

__all__ = ["message"]

_RFC, _OLD = "RFC 9846, section 4", "RFC 5246, section 7.4"


class _Message(NamedTuple):
    """What a message is for, where that is written, its body, and where its extensions stand."""

    words: str
    source: str
    body: Shape
    place: str = ""


_CERTIFICATE: Final = "The sender's certificate and those that lead to an authority: who it says it is."
_VERIFY: Final = "A signature that shows that the sender has the secret key of its certificate."
_FINISHED: Final = "Ends a side's handshake: shows that it has the keys, and that nobody altered a message."
_TICKET: Final = "A ticket for a shorter handshake next time."

#: By name, those of TLS 1.3.
_MESSAGES: Final = {
    "ClientHello": _Message("The client's offer: the first message.", f"{_RFC}.2.2", hellos.CLIENT_HELLO, "CH"),
    "ServerHello": _Message(
        "The server's choice. All messages of the handshake after it are encrypted.",
        f"{_RFC}.2.3",
        hellos.SERVER_HELLO,
        "SH",
    ),
    "NewSessionTicket": _Message(_TICKET, f"{_RFC}.7.1", tls13.NEW_SESSION_TICKET, "NST"),
    "EndOfEarlyData": _Message("Early data ends here; the next record has the handshake's key.", f"{_RFC}.6", EMPTY),
    "EncryptedExtensions": _Message(
        "The server's answers on which no key depends. The first message that is encrypted.",
        f"{_RFC}.4.1",
        tls13.ENCRYPTED_EXTENSIONS,
        "EE",
    ),
    "Certificate": _Message(_CERTIFICATE, f"{_RFC}.5.1", tls13.CERTIFICATES, "CT"),
    "CertificateRequest": _Message(
        "The server asks for the client's certificate.",
        f"{_RFC}.4.2",
        tls13.CERTIFICATE_REQUEST,
        "CR",
    ),
    "CertificateVerify": _Message(_VERIFY, f"{_RFC}.5.2", tls13.CERTIFICATE_VERIFY),
    "Finished": _Message(_FINISHED, f"{_RFC}.5.3", tls13.FINISHED),
    "KeyUpdate": _Message("From the next record on the sender uses a new key.", f"{_RFC}.7.3", tls13.KEY_UPDATE),
    "CompressedCertificate": _Message(_CERTIFICATE, "RFC 8879, section 4", tls13.COMPRESSED_CERTIFICATE),
}
_RETRY: Final = _Message(
    "The server could agree, but not with this key_share: the client shall send another ClientHello.",
    f"{_RFC}.2.4",
    hellos.HELLO_RETRY_REQUEST,
    "HRR",
)

#: Those of TLS 1.2: messages that TLS 1.3 does not have, or has with another body.
_OLDER: Final = {
    "HelloRequest": _Message("The server asks for a new handshake.", f"{_OLD}.1.1", EMPTY),
    "ClientHello": _Message("The client's offer: the first message.", f"{_OLD}.1.2", hellos.CLIENT_HELLO_12, "CH"),
    "ServerHello": _Message("The server's choice.", f"{_OLD}.1.3", hellos.SERVER_HELLO_12, "SH12"),
    "NewSessionTicket": _Message(_TICKET, "RFC 5077, section 3.3", tls12.NEW_SESSION_TICKET),
    "Certificate": _Message(_CERTIFICATE, f"{_OLD}.2", tls12.CERTIFICATES),
    "ServerKeyExchange": _Message("The server's public value, signed.", f"{_OLD}.3", tls12.SERVER_KEY_EXCHANGE),
    "CertificateRequest": _Message(
        "The server asks for the client's certificate.", f"{_OLD}.4", tls12.CERTIFICATE_REQUEST
    ),
    "ServerHelloDone": _Message("The server waits for the client now.", f"{_OLD}.5", EMPTY),
    "CertificateVerify": _Message(_VERIFY, f"{_OLD}.8", tls12.CERTIFICATE_VERIFY),
    "ClientKeyExchange": _Message("The client's part of the key exchange.", f"{_OLD}.7", tls12.CLIENT_KEY_EXCHANGE),
    "Finished": _Message(_FINISHED, f"{_OLD}.9", tls12.FINISHED),
    "CertificateStatus": _Message(
        "What the authority says of the server's certificate (OCSP stapling).",
        "RFC 6066, section 8",
        tls12.CERTIFICATE_STATUS,
    ),
}
_UNKNOWN: Final = _Message("No message of TLS that is known here.", _RFC, Rest())

_HEADER: Final = Field(
    "handshake header",
    Struct(
        fields(
            _RFC,
            ("msg_type", Number(1, Registry(1, MESSAGES)), "Which message this is."),
            ("length", Number(3), "How many bytes of this message follow."),
        )
    ),
    "Each message of the handshake begins with four bytes: its type, and its length without them.",
    _RFC,
)


def message(data: bytes, sender: Sender, version: str = "TLS 1.3") -> Part:
    """One handshake message in clear, header included, as a part with all that is in it; offsets from 0.

    - `data`: the whole message, joined where it came in several records.
    - `sender`: who sent it.
    - `version`: what was agreed on, "TLS 1.3" or "TLS 1.2" (or as `SSLObject.version()` spells it).  A ClientHello that
      offers TLS 1.3 is described as one of TLS 1.3, whatever was agreed on in the end.

    Nothing is raised: what is wrong with the bytes is said in `error` of the part where it shows, and a part "left
    over" takes what belongs nowhere.
    """
    newest = _read(data, sender, _OLDER | _MESSAGES)
    if version.endswith("1.3") or (newest.label == "ClientHello" and _offers_13(newest)):
        return newest
    return _read(data, sender, _MESSAGES | _OLDER)


def _read(data: bytes, sender: Sender, messages: Mapping[str, _Message]) -> Part:
    name = MESSAGES.get(data[0], f"unknown message {data[0]}") if data else "unknown message"
    row = messages.get(name, _UNKNOWN)
    if row.place == "SH" and data[6:38] == hellos.RETRY_RANDOM:
        name, row = "HelloRetryRequest", _RETRY
    return Field(name, _Body(row.body), row.words, row.source).part(cursor_over(data, sender, row.place))


def _offers_13(hello: Part) -> bool:
    return any("TLS 1.3" in offer.value for offer in named(hello.parts, "versions"))


class _Body(NamedTuple):
    """A message: the header, then what its length counts."""

    body: Shape

    def read(self, cursor: Cursor) -> Reading:
        """Read header and body."""
        header = _HEADER.part(cursor)
        if header.end - header.start < MESSAGE_HEADER:
            return Reading(parts=(header,) if cursor.at else (), error="A handshake message begins with four bytes.")
        count, there = int(header.parts[1].value), cursor.left
        inside = cursor.inside(count)
        seen = Whole(self.body).read(inside)
        error = f"The header says {count} bytes, and {there} follow." if count > there else seen.error
        return Reading(seen.value, (header, *seen.parts, *left_over(cursor)), error)

"""The other messages of TLS 1.3's handshake: all of them are encrypted."""

from __future__ import annotations

from typing import Final

from .certificate import CERTIFICATE, counted
from .extensions import extensions
from .names import COMPRESSIONS, SCHEMES, UPDATES
from .shapes import Field, Many, Number, Rest, Struct, Vector, fields

__all__ = [
    "CERTIFICATES",
    "CERTIFICATE_REQUEST",
    "CERTIFICATE_VERIFY",
    "COMPRESSED_CERTIFICATE",
    "ENCRYPTED_EXTENSIONS",
    "FINISHED",
    "KEY_UPDATE",
    "NEW_SESSION_TICKET",
]

ENCRYPTED_EXTENSIONS: Final = Struct(
    fields(
        "RFC 9846, section 4.4.1",
        ("extensions", extensions(), "The server's answers to the client's offers, as far as no key depends on them."),
    )
)

CERTIFICATE_REQUEST: Final = Struct(
    fields(
        "RFC 9846, section 4.4.2",
        (
            "certificate_request_context",
            Vector(0, 2**8 - 1),
            (
                "Comes back in the client's Certificate. Empty during the handshake; later it tells several requests "
                "apart."
            ),
        ),
        ("extensions", extensions(), "Which certificates the server takes: signature_algorithms at least."),
    )
)

_ENTRY: Final = Struct(
    fields(
        "RFC 9846, section 4.5.1",
        ("cert_data", Vector(1, 2**24 - 1, CERTIFICATE), "One certificate, in DER."),
        (
            "extensions",
            extensions(),
            "What is sent along with this certificate, such as its authority's word that it is not revoked.",
        ),
    ),
    value="cert_data",
)

CERTIFICATES: Final = Struct(
    fields(
        "RFC 9846, section 4.5.1",
        (
            "certificate_request_context",
            Vector(0, 2**8 - 1),
            "Of a client the context of the request that it answers; of a server empty.",
        ),
        (
            "certificate_list",
            Vector(
                0,
                2**24 - 1,
                Many(
                    Field("CertificateEntry", _ENTRY, "A certificate and its extensions.", "RFC 9846, section 4.5.1"),
                    counted,
                ),
            ),
            (
                "The sender's certificate first, then those that lead to an authority that the receiver knows. A "
                "client without a fitting one sends an empty list."
            ),
        ),
    ),
    value="certificate_list",
)

CERTIFICATE_VERIFY: Final = Struct(
    fields(
        "RFC 9846, section 4.5.2",
        ("algorithm", Number(2, SCHEMES), "How it is signed."),
        (
            "signature",
            Vector(0, 2**16 - 1),
            (
                "Over the hash of all messages so far, made with the secret key of the certificate: a copy of the "
                "certificate alone is of no use to anybody."
            ),
        ),
    ),
    value="algorithm",
)

FINISHED: Final = Struct(
    fields(
        "RFC 9846, section 4.5.3",
        (
            "verify_data",
            Rest(),
            (
                "A checksum (HMAC) of all messages so far, under a key that only both ends have: had anybody "
                "altered a byte of them, it would differ."
            ),
        ),
    )
)

NEW_SESSION_TICKET: Final = Struct(
    fields(
        "RFC 9846, section 4.7.1",
        ("ticket_lifetime", Number(4, unit="seconds"), "How long the ticket may be used, at most seven days."),
        ("ticket_age_add", Number(4), "A random number that the client adds to the ticket's age, to hide it."),
        ("ticket_nonce", Vector(0, 255), "Makes the key of each ticket of a connection another one."),
        ("ticket", Vector(1, 2**16 - 1), "What the client shows next time. What is in it only the server can read."),
        ("extensions", extensions(), "Whether early data may be sent with this ticket, and how much."),
    )
)

KEY_UPDATE: Final = Struct(
    fields(
        "RFC 9846, section 4.7.3",
        ("request_update", Number(1, UPDATES), "Whether the other side must change its sending key as well."),
    ),
    value="request_update",
)

COMPRESSED_CERTIFICATE: Final = Struct(
    fields(
        "RFC 8879, section 4",
        ("algorithm", Number(2, COMPRESSIONS), "How the Certificate message is compressed."),
        ("uncompressed_length", Number(3, unit="bytes"), "How long it is unpacked."),
        ("compressed_certificate_message", Vector(1, 2**24 - 1), "The message, packed; it is not unpacked here."),
    ),
    value="algorithm",
)

"""The messages that TLS 1.2 has instead: its handshake is in clear up to Finished."""

from __future__ import annotations

from typing import Final

from .certificate import CERTIFICATE, counted
from .cursor import Cursor
from .der import distinguished_name
from .extension_others import OCSP_STATUS
from .key_share import NAMED_GROUP, POINT
from .names import CLIENT_CERTIFICATE_TYPES, CURVE_TYPES, GROUPS, SCHEMES
from .shapes import Choice, Field, Fixed, Many, Number, Rest, Shape, Struct, Vector, fields

__all__ = [
    "CERTIFICATES",
    "CERTIFICATE_REQUEST",
    "CERTIFICATE_STATUS",
    "CERTIFICATE_VERIFY",
    "CLIENT_KEY_EXCHANGE",
    "FINISHED",
    "NEW_SESSION_TICKET",
    "SERVER_KEY_EXCHANGE",
]

_REQUEST: Final = "RFC 5246, section 7.4.4"

CERTIFICATES: Final = Struct(
    fields(
        "RFC 5246, section 7.4.2",
        (
            "certificate_list",
            Vector(
                0,
                2**24 - 1,
                Many(
                    Field(
                        "ASN.1Cert",
                        Vector(1, 2**24 - 1, CERTIFICATE),
                        "One certificate, in DER.",
                        "RFC 5246, section 7.4.2",
                    ),
                    counted,
                ),
            ),
            (
                "The sender's certificate first, then those that lead to an authority that the receiver knows. In "
                "TLS 1.2 everybody on the way can read them."
            ),
        ),
    ),
    value="certificate_list",
)

_SIGNED: Final = fields(
    "RFC 5246, section 7.4.3",
    ("algorithm", Number(2, SCHEMES), "How the server signs."),
    (
        "signature",
        Vector(0, 2**16 - 1),
        "Over both randoms and the public value above, made with the secret key of the certificate.",
    ),
)
_ECDHE: Final = Struct(
    (
        *fields(
            "RFC 8422, section 5.4",
            ("curve_type", Number(1, CURVE_TYPES), "How the curve is given: by its name."),
            ("named_curve", NAMED_GROUP, "The curve of this key exchange."),
            ("public", POINT, "The server's public value, new for this connection."),
        ),
        *_SIGNED,
    ),
    value="named_curve",
)
_DHE: Final = Struct(
    (
        *fields(
            "RFC 5246, section 7.4.3",
            ("dh_p", Vector(1, 2**16 - 1), "The prime number modulo which both ends compute."),
            ("dh_g", Vector(1, 2**16 - 1), "The generator: the number that is raised to secret powers."),
            ("dh_Ys", Vector(1, 2**16 - 1), "The server's public value, new for this connection."),
        ),
        *_SIGNED,
    )
)


def _server_keys(cursor: Cursor) -> Shape:
    """Which key exchange this is only the cipher suite says; a known curve's name is no likely beginning of a prime."""
    begins = cursor.peek(3)
    named = begins[:1] == b"\3" and int.from_bytes(begins[1:]) in GROUPS
    return _DHE if not named and int.from_bytes(begins[:2]) < cursor.left - 2 else _ECDHE


SERVER_KEY_EXCHANGE: Final = Choice(_server_keys)

_ECDH_PUBLIC: Final = Struct(
    fields(
        "RFC 8422, section 5.7",
        ("ecdh_Yc", Vector(1, 255), "The client's public value. Both ends compute one secret from the two of them."),
    )
)
_EXCHANGE_KEYS: Final = Struct(
    fields(
        "RFC 5246, section 7.4.7",
        (
            "exchange_keys",
            Vector(1, 2**16 - 1),
            (
                "The client's public value (DHE), or a secret encrypted for the server's RSA key: the cipher suite "
                "says which."
            ),
        ),
    )
)
#: An ECDHE value has a length of one byte, which counts all that follows; the others one of two bytes.
CLIENT_KEY_EXCHANGE: Final = Choice(
    lambda cursor: _ECDH_PUBLIC if int.from_bytes(cursor.peek(1)) == cursor.left - 1 else _EXCHANGE_KEYS
)

CERTIFICATE_REQUEST: Final = Struct(
    fields(
        _REQUEST,
        (
            "certificate_types",
            Vector(
                1, 2**8 - 1, Many(Field("ClientCertificateType", Number(1, CLIENT_CERTIFICATE_TYPES), "", _REQUEST))
            ),
            "The kinds of key that the client's certificate may have.",
        ),
        (
            "supported_signature_algorithms",
            Vector(2, 2**16 - 2, Many(Field("SignatureScheme", Number(2, SCHEMES), "", _REQUEST))),
            "The signatures that the server can check.",
        ),
        (
            "certificate_authorities",
            Vector(
                0,
                2**16 - 1,
                Many(
                    Field(
                        "DistinguishedName",
                        Vector(1, 2**16 - 1, Rest(distinguished_name)),
                        "An authority's name.",
                        _REQUEST,
                    )
                ),
            ),
            "The authorities whose certificates the server accepts; empty: it does not say.",
        ),
    )
)

CERTIFICATE_VERIFY: Final = Struct(
    fields(
        "RFC 5246, section 7.4.8",
        ("algorithm", Number(2, SCHEMES), "How the client signs."),
        (
            "signature",
            Vector(0, 2**16 - 1),
            "Over all messages so far, made with the secret key of the client's certificate.",
        ),
    ),
    value="algorithm",
)

CERTIFICATE_STATUS: Final = OCSP_STATUS

FINISHED: Final = Struct(
    fields(
        "RFC 5246, section 7.4.9",
        (
            "verify_data",
            Fixed(12),
            (
                "A checksum of all messages so far, under the secret that both ends have agreed on: had anybody "
                "altered a byte of them, it would differ."
            ),
        ),
    )
)

NEW_SESSION_TICKET: Final = Struct(
    fields(
        "RFC 5077, section 3.3",
        (
            "ticket_lifetime_hint",
            Number(4, unit="seconds"),
            "How long the server expects to accept it; 0: it does not say.",
        ),
        ("ticket", Vector(0, 2**16 - 1), "What the client shows next time. What is in it only the server can read."),
    )
)

"""The extensions of other documents: rows of the table."""

from __future__ import annotations

from typing import Final

from .extension_row import ANSWERS, EMPTY, Row, listed, one, opaque
from .names import CERTIFICATE_TYPES, COMPRESSIONS, POINT_FORMATS
from .registry import Registry
from .shapes import Field, Number, Rest, Shape, Struct, Vector, fields
from .text import text

__all__ = ["OCSP_STATUS", "OTHERS"]

_SNI, _STATUS = "RFC 6066, section 3", "RFC 6066, section 8"
_ALPN, _SCT = "RFC 7301, section 3.1", "RFC 6962, section 3.3"
_NAME_TYPES: Final = Registry(1, {0: "host_name"})
_STATUS_TYPES: Final = Registry(1, {1: "ocsp"})
_FRAGMENTS: Final = Registry(1, {1: "512 bytes", 2: "1024 bytes", 3: "2048 bytes", 4: "4096 bytes"})

_SERVER_NAME: Final = Struct(
    fields(
        _SNI,
        ("name_type", Number(1, _NAME_TYPES), "0 stands for a host name, and no other type was ever defined."),
        (
            "HostName",
            Vector(1, 2**16 - 1, Rest(text)),
            "The name of the host that the client means, in ASCII; never an address.",
        ),
    ),
    value="HostName",
)

_STATUS_REQUEST: Final = Struct(
    fields(
        _STATUS,
        ("status_type", Number(1, _STATUS_TYPES), "OCSP (RFC 6960), which asks if a certificate was revoked."),
        ("responder_id_list", Vector(0, 2**16 - 1), "OCSP servers that the client trusts; empty: the server knows."),
        ("request_extensions", Vector(0, 2**16 - 1), "Extensions of the OCSP request, as DER."),
    ),
    value="status_type",
)

#: What an authority says of a certificate: a message of its own in TLS 1.2, an extension of the entry in TLS 1.3.
OCSP_STATUS: Final = Struct(
    fields(
        _STATUS,
        ("status_type", Number(1, _STATUS_TYPES), "The protocol OCSP (RFC 6960)."),
        ("response", Vector(1, 2**24 - 1), "The authority's signed word, as DER, on whether it has revoked this one."),
    ),
    value="status_type",
)

_PROTOCOL_NAMES: Final = listed(
    "protocol_name_list",
    2,
    2**16 - 1,
    Field("ProtocolName", Vector(1, 255, Rest(text)), "One protocol, by the name that IANA lists.", _ALPN),
    "The protocols, the preferred first; a server names the one it chose.",
)

_SCTS: Final = listed(
    "sct_list",
    1,
    2**16 - 1,
    Field("SerializedSCT", Vector(1, 2**16 - 1), "A log's signed promise to publish this certificate.", _SCT),
    "Promises of several logs.",
)


def _types(which: str) -> Row:
    source = "RFC 7250, section 3"
    item = Field("CertificateType", Number(1, CERTIFICATE_TYPES), "", source)
    listing = listed("certificate_types", 1, 255, item, "The kinds, the preferred first.")
    chosen = one("certificate_type", Number(1, CERTIFICATE_TYPES), "The kind chosen.", source)
    return Row(
        f"{which}_certificate_type",
        f"The kinds of certificate that the {which} may show: X.509, or a public key alone.",
        source,
        {"CH": listing, **dict.fromkeys(ANSWERS, chosen)},
    )


def _opaque(name: str, words: str, source: str) -> Row:
    """An extension that is named and not taken apart."""
    return Row(name, words, source, opaque(source))


def _same(shape: Shape, *places: str) -> dict[str, Shape]:
    return dict.fromkeys(places, shape)


OTHERS: Final[dict[int, Row]] = {
    0: Row(
        "server_name",
        "The name of the host that the client wants (SNI), so that a server with many names can choose the right "
        "certificate. The client sends it in clear. A server that used it answers with an empty one.",
        _SNI,
        {
            "CH": listed(
                "server_name_list",
                1,
                2**16 - 1,
                Field("ServerName", _SERVER_NAME, "One name.", _SNI),
                "The names; a client sends one.",
            ),
            **_same(EMPTY, "EE", "SH12"),
        },
    ),
    1: Row(
        "max_fragment_length",
        "The client asks for records shorter than 16384 bytes, for devices with little memory.",
        "RFC 6066, section 4",
        _same(
            one("max_fragment_length", Number(1, _FRAGMENTS), "So long a record's data may be.", "RFC 6066, section 4"),
            "CH",
            *ANSWERS,
        ),
    ),
    5: Row(
        "status_request",
        "The other side shall send along what its authority says of its certificate, so that nobody need ask the "
        "authority itself (OCSP stapling).",
        _STATUS,
        {"CH": _STATUS_REQUEST, "CT": OCSP_STATUS, **_same(EMPTY, "CR", "SH12")},
    ),
    11: Row(
        "ec_point_formats",
        "How points of elliptic curves may be written. For TLS 1.2 only: TLS 1.3 has one way for each curve.",
        "RFC 8422, section 5.1.2",
        _same(
            listed(
                "ec_point_format_list",
                1,
                255,
                Field("ECPointFormat", Number(1, POINT_FORMATS), "", "RFC 8422, section 5.1.2"),
                "The ways, the preferred first.",
            ),
            "CH",
            "SH12",
        ),
    ),
    14: _opaque("use_srtp", "Keys for media streams (SRTP) are taken from this handshake.", "RFC 5764, section 4.1"),
    15: _opaque("heartbeat", "Messages to see whether the other end is still there.", "RFC 6520, section 2"),
    16: Row(
        "application_layer_protocol_negotiation",
        "The protocols that may be spoken inside the connection (ALPN): the client lists some, the server takes one.",
        _ALPN,
        _same(_PROTOCOL_NAMES, "CH", *ANSWERS),
    ),
    18: Row(
        "signed_certificate_timestamp",
        "Proof that the certificate was sent to public logs, where a forged one would be noticed (Certificate "
        "Transparency). A client asks with an empty one.",
        _SCT,
        {**_same(EMPTY, "CH", "CR"), **_same(_SCTS, "CT", "SH12")},
    ),
    19: _types("client"),
    20: _types("server"),
    21: Row(
        "padding",
        "Zeros that make a ClientHello longer, because some servers fail at hellos of certain lengths.",
        "RFC 7685, section 3",
        {"CH": Struct((Field("padding", Rest(), "Nothing but zeros.", "RFC 7685, section 3"),))},
    ),
    22: Row(
        "encrypt_then_mac",
        (
            "For the older ciphers of TLS 1.2: first encrypt, then compute the checksum (MAC), in the order that "
            "proved safe."
        ),
        "RFC 7366, section 2",
        _same(EMPTY, "CH", "SH12"),
    ),
    23: Row(
        "extended_main_secret",
        "For TLS 1.2: derive the keys from a hash of the handshake, so that two connections never share them. Most "
        "programs call it by its older name, extended_master_secret.",
        "RFC 7627, section 5.1",
        _same(EMPTY, "CH", "SH12"),
    ),
    27: Row(
        "compress_certificate",
        "The ways of compression in which this side takes a certificate.",
        "RFC 8879, section 3",
        _same(
            listed(
                "algorithms",
                2,
                254,
                Field("CertificateCompressionAlgorithm", Number(2, COMPRESSIONS), "", "RFC 8879, section 3"),
                "The ways, the preferred first.",
            ),
            "CH",
            "CR",
        ),
    ),
    28: Row(
        "record_size_limit",
        "The longest record that this side takes.",
        "RFC 8449, section 4",
        _same(
            one("record_size_limit", Number(2, unit="bytes"), "So many bytes of plaintext.", "RFC 8449, section 4"),
            "CH",
            *ANSWERS,
        ),
    ),
    34: _opaque("delegated_credential", "The client accepts keys that a certificate lends out for days.", "RFC 9345"),
    35: Row(
        "session_ticket",
        "For TLS 1.2: with a ticket of an earlier connection a handshake is shorter. Empty: the client has none and "
        "would like one; a server that will send one answers with an empty one.",
        "RFC 5077, section 3.2",
        {
            "CH": Struct(
                (Field("ticket", Rest(), "A ticket, readable for the server only.", "RFC 5077, section 3.2"),)
            ),
            "SH12": EMPTY,
        },
    ),
    57: _opaque("quic_transport_parameters", "Settings of QUIC, which carries TLS over UDP.", "RFC 9001, section 8.2"),
    58: _opaque("ticket_request", "How many tickets the client would like.", "RFC 9149"),
    13172: _opaque("next_protocol_negotiation", "What ALPN replaced; never standardised.", ""),
    17513: _opaque("application_settings", "Settings of the application's protocol, sent by Chromium.", ""),
    17613: _opaque("application_settings", "Settings of the application's protocol, sent by Chromium.", ""),
    65037: _opaque(
        "encrypted_client_hello",
        "A second ClientHello inside this one, encrypted, with the real name; or random bytes that look like one.",
        "RFC 9849, section 5",
    ),
    65281: Row(
        "renegotiation_info",
        "For TLS 1.2: ties a new handshake inside a connection to the one before. Empty in the first. TLS 1.3 has no "
        "renegotiation.",
        "RFC 5746, section 3.2",
        _same(
            one(
                "renegotiated_connection",
                Vector(0, 255),
                "The verify_data of the handshake before, where there was one.",
                "RFC 5746, section 3.2",
            ),
            "CH",
            "SH12",
        ),
    ),
}

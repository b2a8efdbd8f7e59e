"""Alerts: two bytes that end a connection, in order or not (RFC 9846, section 6)."""

from __future__ import annotations

from typing import Final

from labsupport.tape import tls
from labsupport.tls.parts import Part

from .cursor import cursor_over
from .registry import Registry
from .shapes import Field, Number, Struct, Whole, fields

__all__ = ["ALERTS", "alert"]

_CLOSURE, _ERROR, _OLD = "RFC 9846, section 6.1", "RFC 9846, section 6.2", "RFC 5246, section 7.2.2"

_LEVELS: Final = Registry(1, {1: "warning", 2: "fatal"})

#: Of each alert what it means, and where that is written.
_MEANINGS: Final = {
    "close_notify": ("The sender sends nothing more: this is the proper end of what it sends.", _CLOSURE),
    "unexpected_message": ("A message came that may not come at this point.", _ERROR),
    "bad_record_mac": ("A record could not be decrypted: its bytes or the keys are not right.", _ERROR),
    "decryption_failed": ("Of TLS 1.0; no longer sent, since it told attackers too much.", _OLD),
    "record_overflow": ("A record was longer than allowed.", _ERROR),
    "decompression_failure": ("Compressed data could not be unpacked; TLS 1.3 has no compression.", _OLD),
    "handshake_failure": ("Nothing that both ends accept was found.", _ERROR),
    "bad_certificate": ("The certificate is damaged, or its signature is not right.", _ERROR),
    "unsupported_certificate": ("The certificate is of a kind that the sender does not take.", _ERROR),
    "certificate_revoked": ("The certificate was revoked.", _ERROR),
    "certificate_expired": ("The certificate has expired, or is not valid yet.", _ERROR),
    "certificate_unknown": ("The certificate is not acceptable, for another reason.", _ERROR),
    "illegal_parameter": ("A field is well formed, and what it says cannot be.", _ERROR),
    "unknown_ca": ("The certificate leads to no authority that the sender trusts.", _ERROR),
    "access_denied": ("The certificate or key is good, but its owner may not come in.", _ERROR),
    "decode_error": ("A message could not be taken apart: a length or a field is out of range.", _ERROR),
    "decrypt_error": ("A signature or a checksum of the handshake is not right.", _ERROR),
    "protocol_version": ("The other end's version of TLS is known, and not accepted.", _ERROR),
    "insufficient_security": ("The server wants stronger algorithms than the client offers.", _ERROR),
    "internal_error": ("The sender has a problem of its own, such as no memory.", _ERROR),
    "inappropriate_fallback": ("The client came back with an older version without need.", _ERROR),
    "user_canceled": ("The sender breaks the handshake off without an error.", _CLOSURE),
    "no_renegotiation": ("The sender wants no new handshake inside the connection.", _OLD),
    "missing_extension": ("An extension that must be there is not.", _ERROR),
    "unsupported_extension": ("An answer came to an extension that was not offered.", _ERROR),
    "unrecognized_name": ("The server does not know the host that server_name asks for.", _ERROR),
    "bad_certificate_status_response": ("What came as the authority's word (OCSP) is no good.", _ERROR),
    "unknown_psk_identity": ("The server knows none of the client's shared keys.", _ERROR),
    "certificate_required": ("The server wants a certificate, and the client sent none.", _ERROR),
    "general_error": ("An error of which the sender cannot or will not say more.", _ERROR),
    "no_application_protocol": ("The server speaks none of the protocols in the client's ALPN.", _ERROR),
}

ALERTS: Final = Registry(1, {number: (name, *_MEANINGS[name]) for number, name in tls.ALERTS.items()})

_ALERT: Final = Struct(
    fields(
        "RFC 9846, section 6",
        (
            "level",
            Number(1, _LEVELS),
            "Of no importance in TLS 1.3: there the description alone says whether the connection is over.",
        ),
        ("description", Number(1, ALERTS), "What is the matter."),
    ),
    value="description",
)


def alert(data: bytes) -> Part:
    """An alert in clear: two bytes.  Nothing is raised; see `message`."""
    words = "A message about the connection itself: an error, after which it is over, or its proper end."
    return Field("alert", Whole(_ALERT), words, "RFC 9846, section 6").part(cursor_over(data))

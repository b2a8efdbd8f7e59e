"""What each message of a handshake is for, in a few words, and what an alert says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["FIELDS", "MESSAGES", "about", "title", "words"]

#: What each message is for (RFC 9846 and, of TLS 1.2, RFC 5246).  `{who}`: its sender.
MESSAGES: Final = {
    "ClientHello": "what the client can do",
    "HelloRetryRequest": "the server asks for another key share",
    "ServerHello": "what the server chose",
    "EncryptedExtensions": "the rest of the server's choices",
    "CertificateRequest": "the server asks for a certificate too",
    "Certificate": "who the {who} says it is",
    "CertificateStatus": "whether the certificate was revoked",
    "CertificateVerify": "signed with the certificate's private key",
    "ServerKeyExchange": "the server's key share, signed",
    "ServerHelloDone": "the server waits for the client",
    "ClientKeyExchange": "the client's key share",
    "Finished": "a check over all messages so far",
    "NewSessionTicket": "session tickets, to resume this session",
    "EndOfEarlyData": "no more early data",
    "KeyUpdate": "the next key",
    "HelloRequest": "the server asks for a new handshake",
    "change_cipher_spec": "what the {who} sends next is encrypted",
    "application data": "what the programs say",
    "encrypted_record": "nobody here has the key",
}

#: The fields that a picture shows, and whether it shows what they say: what differs from run to run, or from one
#: version of OpenSSL to the next, is left out.
FIELDS: Final = {
    "ClientHello": {
        "server_name": True,
        "application_layer_protocol_negotiation": True,
        "supported_versions": True,
        "key_share": False,
        "pre_shared_key": False,
    },
    "HelloRetryRequest": {"supported_versions": True, "key_share": False, "cipher_suite": True},
    "ServerHello": {
        "supported_versions": True,
        "key_share": False,
        "pre_shared_key": False,
        "application_layer_protocol_negotiation": True,
        "cipher_suite": True,
    },
    "EncryptedExtensions": {"application_layer_protocol_negotiation": True},
    "alert": {"description": True},
}


@dataclass(frozen=True)
class _Alert:
    """What an alert says, after "the client" or "the server"; the messages it can be about, the likeliest first."""

    words: str
    about: tuple[str, ...] = ()


_HELLO: Final = ("ServerHello", "HelloRetryRequest", "ClientHello")
_LATE: Final = ("Finished", "CertificateVerify")

#: RFC 9846, section 6.2, and those of TLS 1.2 (RFC 5246, section 7.2).
_ALERTS: Final = {
    "close_notify": _Alert("has nothing more to send"),
    "unexpected_message": _Alert("did not expect this message now"),
    "bad_record_mac": _Alert("cannot open a record: its bytes or the keys are not right"),
    "record_overflow": _Alert("finds a record longer than is allowed"),
    "handshake_failure": _Alert("finds nothing that both can do", _HELLO),
    "bad_certificate": _Alert("does not accept the certificate", ("Certificate",)),
    "unsupported_certificate": _Alert("cannot use this kind of certificate", ("Certificate",)),
    "certificate_revoked": _Alert("knows that the certificate was revoked", ("Certificate",)),
    "certificate_expired": _Alert("finds that the certificate's time is over", ("Certificate",)),
    "certificate_unknown": _Alert("does not accept the certificate", ("Certificate",)),
    "certificate_required": _Alert("asked for a certificate and got none", ("Certificate",)),
    "unknown_ca": _Alert("does not know the authority that signed the certificate", ("Certificate",)),
    "access_denied": _Alert("does not let this certificate in", ("Certificate",)),
    "illegal_parameter": _Alert("finds a field with a value that is not allowed", _HELLO),
    "decode_error": _Alert("cannot take a message apart"),
    "decrypt_error": _Alert("finds that a signature or a check does not fit", (*_LATE, "ServerKeyExchange")),
    "protocol_version": _Alert("finds no version that both have", _HELLO),
    "insufficient_security": _Alert("asks for stronger ciphers", _HELLO),
    "internal_error": _Alert("has failed for a reason of its own"),
    "inappropriate_fallback": _Alert("finds that a lower version was asked for than both have", _HELLO),
    "user_canceled": _Alert("gives up for a reason of its own"),
    "no_renegotiation": _Alert("does not begin a new handshake"),
    "missing_extension": _Alert("misses an extension", _HELLO),
    "unsupported_extension": _Alert("got an extension that it had not asked for", _HELLO),
    "unrecognized_name": _Alert("has no certificate for that name", _HELLO),
    "bad_certificate_status_response": _Alert("does not accept the certificate's status", ("CertificateStatus",)),
    "unknown_psk_identity": _Alert("does not know that session ticket", _HELLO),
    "general_error": _Alert("does not say what is wrong"),
    "no_application_protocol": _Alert("finds no application protocol that both have", _HELLO),
}  # fmt: skip

_UNKNOWN: Final = _Alert("breaks off, for a reason that is not known here")

#: Names that are long where there is little room.
_SHORT: Final = {"application_layer_protocol_negotiation": "ALPN"}


def title(field: str) -> str:
    """The name of a field as a picture has it."""
    return _SHORT.get(field, field)


def words(alert: str) -> str:
    """What this alert says, after "the client" or "the server"."""
    return _ALERTS.get(alert, _UNKNOWN).words


def about(alert: str) -> tuple[str, ...]:
    """The messages that this alert can be about, the likeliest first."""
    return _ALERTS.get(alert, _UNKNOWN).about

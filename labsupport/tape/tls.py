"""The numbers of TLS that have names, and how long its two headers are.

A link tells records apart from outside, `labsupport.tls` takes them apart: both have their numbers from here.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ALERT",
    "ALERTS",
    "APPLICATION_DATA",
    "CHANGE_CIPHER_SPEC",
    "CONTENT_TYPES",
    "HANDSHAKE",
    "HEARTBEAT",
    "MESSAGES",
    "MESSAGE_HEADER",
    "RECORD_HEADER",
]

#: A record begins with its content type, 1 byte, a version, 2, and its length, 2 (RFC 9846, section 5.1).
RECORD_HEADER: Final = 5
#: A handshake message begins with its type, 1 byte, and its length, 3 bytes (RFC 9846, section 4).
MESSAGE_HEADER: Final = 4

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = range(20, 25)
#: RFC 9846, appendix B.1; heartbeat: RFC 6520, section 3.
CONTENT_TYPES: Final = {
    CHANGE_CIPHER_SPEC: "change_cipher_spec",
    ALERT: "alert",
    HANDSHAKE: "handshake",
    APPLICATION_DATA: "application_data",
    HEARTBEAT: "heartbeat",
}

#: Handshake messages of TLS 1.3 and 1.2 (RFC 9846, appendix B.3; RFC 5246, section 7.4; 22: RFC 6066, section 8;
#: 25: RFC 8879, section 4).
MESSAGES: Final = {
    0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 5: "EndOfEarlyData",
    8: "EncryptedExtensions", 11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest",
    14: "ServerHelloDone", 15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished", 22: "CertificateStatus",
    24: "KeyUpdate", 25: "CompressedCertificate",
}  # fmt: skip

#: Alerts (RFC 9846, appendix B.2; 21, 30 and 100: RFC 5246, section 7.2).
ALERTS: Final = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    30: "decompression_failure", 40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate",
    44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter",
    48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error", 70: "protocol_version",
    71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
    100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension", 112: "unrecognized_name",
    113: "bad_certificate_status_response", 115: "unknown_psk_identity", 116: "certificate_required",
    117: "general_error", 120: "no_application_protocol",
}  # fmt: skip

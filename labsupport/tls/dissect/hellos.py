"""ClientHello, ServerHello and HelloRetryRequest: what both ends agree on, and how."""

from __future__ import annotations

from typing import Final

from .extensions import extensions
from .names import METHODS, VERSIONS
from .shapes import Field, Fixed, Many, Number, Struct, Vector, fields
from .suites import CIPHER_SUITES

__all__ = ["CLIENT_HELLO", "CLIENT_HELLO_12", "HELLO_RETRY_REQUEST", "RETRY_RANDOM", "SERVER_HELLO", "SERVER_HELLO_12"]

_CLIENT, _SERVER, _RETRY = (f"RFC 9846, section 4.2.{number}" for number in (2, 3, 4))
_CLIENT_12, _SERVER_12 = "RFC 5246, section 7.4.1.2", "RFC 5246, section 7.4.1.3"

#: SHA-256 of "HelloRetryRequest": the random of a ServerHello that is none.
RETRY_RANDOM: Final = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")
_DOWNGRADE: Final = {b"DOWNGRD\1": "TLS 1.2", b"DOWNGRD\0": "TLS 1.1 or before"}


def _random(raw: bytes) -> str:
    """What a server's random says beside being random."""
    if raw == RETRY_RANDOM:
        return 'SHA-256 of "HelloRetryRequest"'
    older = _DOWNGRADE.get(raw[-8:])
    return f"ends in DOWNGRD: the server speaks more than {older}" if older else ""


_VERSION: Final = Number(2, VERSIONS)
_SUITE: Final = Number(2, CIPHER_SUITES)
_METHOD: Final = Number(1, METHODS)


def _suites(source: str) -> Vector:
    return Vector(2, 2**16 - 2, Many(Field("CipherSuite", _SUITE, source=source)))


def _methods(source: str) -> Vector:
    return Vector(1, 2**8 - 1, Many(Field("CompressionMethod", _METHOD, source=source)))


CLIENT_HELLO: Final = Struct(
    fields(
        _CLIENT,
        (
            "legacy_version",
            _VERSION,
            (
                "Says TLS 1.2 in every TLS 1.3 hello, because servers met in the wild refused newer numbers. The "
                "real offer stands in supported_versions."
            ),
        ),
        ("random", Fixed(32), "32 random bytes, new for each connection: no two handshakes are the same."),
        (
            "legacy_session_id",
            Vector(0, 32),
            (
                "Named an earlier session before TLS 1.3. Now it is a made-up value, so that the handshake looks "
                "like TLS 1.2 to devices on the way, or empty."
            ),
        ),
        (
            "cipher_suites",
            _suites(_CLIENT),
            (
                "The ways to encrypt that the client knows, the preferred first. Those of TLS 1.2 are listed along "
                "with those of TLS 1.3, where it speaks both."
            ),
        ),
        (
            "legacy_compression_methods",
            _methods(_CLIENT),
            (
                "Always the one method null: TLS 1.3 does not compress, since the length of compressed data "
                "can give secrets away."
            ),
        ),
        ("extensions", extensions(7), "What else the client offers or asks for. In TLS 1.3 most is agreed here."),
    ),
    optional=1,
)

CLIENT_HELLO_12: Final = Struct(
    fields(
        _CLIENT_12,
        (
            "client_version",
            _VERSION,
            "The newest version that the client speaks; where there is an extension supported_versions, that counts.",
        ),
        (
            "random",
            Fixed(32),
            (
                "32 random bytes, new for each connection: the keys are derived from them too. The first four were "
                "meant to be the time; most programs send random ones."
            ),
        ),
        (
            "session_id",
            Vector(0, 32),
            "Names an earlier session that the client would continue; empty where it has none.",
        ),
        (
            "cipher_suites",
            _suites(_CLIENT_12),
            "The combinations of algorithms that the client knows, the preferred first.",
        ),
        ("compression_methods", _methods(_CLIENT_12), "The client's ways of compression: none, if it is careful."),
        ("extensions", extensions(), "What else the client offers or asks for."),
    ),
    optional=1,
)

_ECHO: Final = (
    "legacy_session_id_echo",
    Vector(0, 32),
    "The client's legacy_session_id sent back, as a TLS 1.2 server does that continues a session.",
)
_LEGACY: Final = "Says TLS 1.2 in every TLS 1.3 hello. The version that the server chose stands in supported_versions."

SERVER_HELLO: Final = Struct(
    fields(
        _SERVER,
        ("legacy_version", _VERSION, _LEGACY),
        (
            "random",
            Fixed(32, _random),
            (
                "32 random bytes of the server. They end in the letters DOWNGRD and a number if it speaks TLS 1.3 "
                "and was asked for less, so that the client notices an attacker who removed its offer."
            ),
        ),
        _ECHO,
        ("cipher_suite", _SUITE, "The one of the client's cipher suites that the server chose."),
        ("legacy_compression_method", _METHOD, "Always null."),
        (
            "extensions",
            extensions(6),
            (
                "Only what the keys depend on. All other answers follow in EncryptedExtensions, which nobody else "
                "can read."
            ),
        ),
    )
)

HELLO_RETRY_REQUEST: Final = Struct(
    fields(
        _RETRY,
        ("legacy_version", _VERSION, _LEGACY),
        (
            "random",
            Fixed(32, _random),
            (
                "A fixed value, by which a client sees that this is no ServerHello but the request for another "
                "ClientHello."
            ),
        ),
        _ECHO,
        ("cipher_suite", _SUITE, "The cipher suite that the server chose; its ServerHello must name the same."),
        ("legacy_compression_method", _METHOD, "Always null."),
        ("extensions", extensions(6), "What the server wants in the next ClientHello, most often another key_share."),
    )
)

SERVER_HELLO_12: Final = Struct(
    fields(
        _SERVER_12,
        ("server_version", _VERSION, "The version that the server chose."),
        (
            "random",
            Fixed(32, _random),
            (
                "32 random bytes of the server; the keys are derived from them too. They end in the letters DOWNGRD "
                "and a number if it could speak TLS 1.3 (RFC 9846, section 4.2.3)."
            ),
        ),
        (
            "session_id",
            Vector(0, 32),
            "Names this session, or the one that is continued; empty: it cannot be continued, unless with a ticket.",
        ),
        ("cipher_suite", _SUITE, "The one of the client's cipher suites that the server chose."),
        ("compression_method", _METHOD, "The compression that the server chose: none, if it is careful."),
        ("extensions", extensions(), "The server's answers to the client's extensions, in clear in TLS 1.2."),
    ),
    optional=1,
)

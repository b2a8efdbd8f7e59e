"""The public values of a key exchange, taken apart by their group (RFC 9846, section 4.3.8)."""

from __future__ import annotations

from typing import Final

from .cursor import Cursor
from .names import GROUPS
from .shapes import Choice, Field, Fixed, Number, Rest, Shape, Struct, Vector, fields

__all__ = ["ENTRY", "NAMED_GROUP", "POINT", "public_value"]

_ECDHE: Final = "RFC 9846, section 4.3.8.2"
_SHARE: Final = "RFC 9846, section 4.3.8"
_HYBRID, _ALONE = "RFC 10024", "draft-ietf-tls-mlkem"

NAMED_GROUP: Final = Number(2, GROUPS)


def _point(size: int) -> tuple[Field, ...]:
    return fields(
        _ECDHE,
        ("legacy_form", Fixed(1, lambda raw: "uncompressed" if raw == b"\4" else ""), "4: both coordinates follow."),
        ("X", Fixed(size), "The first coordinate of a point on the curve, which is this side's public key."),
        ("Y", Fixed(size), "The second coordinate."),
    )


def _montgomery(name: str, size: int) -> tuple[Field, ...]:
    words = f"This side's public {name} key, new for this connection; the secret key that belongs to it is never sent."
    return (Field(f"{name} public key", Fixed(size), words, _ECDHE),)


#: The lengths of ML-KEM's encapsulation key and of its ciphertext (FIPS 203, table 3).
_LENGTHS: Final = {512: (800, 768), 768: (1184, 1088), 1024: (1568, 1568)}


def _mlkem(kind: int, source: str) -> dict[str, tuple[Field, ...]]:
    """What a client and what a server sends: a key to encapsulate a secret with, and the secret so encapsulated."""
    key, ciphertext = _LENGTHS[kind]
    return {
        "client": fields(
            source,
            (
                "ML-KEM encapsulation key",
                Fixed(key),
                "With this public key the server can wrap a secret for the client.",
            ),
        ),
        "server": fields(
            source,
            ("ML-KEM ciphertext", Fixed(ciphertext), "A secret, wrapped so that the client alone can open it."),
        ),
    }


def _finite(size: int) -> tuple[Field, ...]:
    words = "This side's Diffie-Hellman public value, a number as long as the group's prime."
    return (Field("Y", Fixed(size), words, "RFC 9846, section 4.3.8.1"),)


_P256, _P384, _P521 = (_point(size) for size in (32, 48, 66))
_X25519: Final = _montgomery("X25519", 32)
_MLKEM768, _MLKEM1024 = _mlkem(768, _HYBRID), _mlkem(1024, _HYBRID)

#: group: by sender, the fields of its public value
_VALUES: Final[dict[int, dict[str, tuple[Field, ...]]]] = {
    0x0017: dict.fromkeys(("client", "server"), _P256),
    0x0018: dict.fromkeys(("client", "server"), _P384),
    0x0019: dict.fromkeys(("client", "server"), _P521),
    0x001D: dict.fromkeys(("client", "server"), _X25519),
    0x001E: dict.fromkeys(("client", "server"), _montgomery("X448", 56)),
    **{
        0x0100 + number: dict.fromkeys(("client", "server"), _finite(bits // 8))
        for number, bits in enumerate((2048, 3072, 4096, 6144, 8192))
    },
    **{0x0200 + number: _mlkem(kind, _ALONE) for number, kind in enumerate(_LENGTHS)},
    0x11EB: {sender: _P256 + kem for sender, kem in _MLKEM768.items()},
    0x11EC: {sender: kem + _X25519 for sender, kem in _MLKEM768.items()},
    0x11ED: {sender: _P384 + kem for sender, kem in _MLKEM1024.items()},
}


def public_value(group: int, sender: str) -> Shape:
    """The layout of the public value that `sender` sends for `group`; of an unknown group nothing is known."""
    known = _VALUES.get(group)
    return Struct(known[sender]) if known else Rest()


def _of_group_before(distance: int) -> Choice:
    """The public value of the group whose number stands `distance` bytes before it."""
    return Choice(lambda cursor: public_value(int.from_bytes(cursor.peek(2, -distance)), cursor.facts.sender))


#: key_exchange of a KeyShareEntry: its group stands before the length, which has two bytes.
_KEY_EXCHANGE: Final = Vector(1, 2**16 - 1, _of_group_before(4))

ENTRY: Final = Struct(
    fields(
        _SHARE,
        ("group", NAMED_GROUP, "The group in which this key exchange is."),
        ("key_exchange", _KEY_EXCHANGE, "This side's public value. Both ends compute one secret from the two of them."),
    ),
    value="group",
)


def _server_point(cursor: Cursor) -> Shape:
    """The point of a TLS 1.2 server, whose curve stands before the length of one byte."""
    return public_value(int.from_bytes(cursor.peek(2, -3)), "server")


#: ECPoint of TLS 1.2, behind its named curve (RFC 8422, section 5.4).
POINT: Final = Vector(1, 255, Choice(_server_point))

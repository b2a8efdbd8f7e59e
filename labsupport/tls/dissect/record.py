"""Records: the envelopes in which everything travels (RFC 9846, section 5), and the two plainest contents."""

from __future__ import annotations

from typing import Final

from labsupport.tls.parts import Part

from .cursor import cursor_over
from .names import CONTENT_TYPES, VERSIONS
from .registry import Registry
from .shapes import Field, Number, Rest, Struct, Whole, fields
from .text import text

__all__ = ["application_data", "change_cipher_spec", "record_header"]

_RECORD: Final = "RFC 9846, section 5.1"

_HEADER: Final = fields(
    _RECORD,
    (
        "type",
        Number(1, CONTENT_TYPES),
        (
            "What the record carries. In TLS 1.3 an encrypted one always says application_data; what it really "
            "carries is encrypted too."
        ),
    ),
    (
        "legacy_record_version",
        Number(2, VERSIONS),
        (
            "No longer of importance: TLS 1.2, or TLS 1.0 in the record of the first ClientHello, since old devices "
            "expect it."
        ),
    ),
    ("length", Number(2), "How many bytes of this record follow. Everybody on the way can read it."),
)

_CHANGE: Final = Struct(
    fields(
        "RFC 9846, section 5",
        ("type", Number(1, Registry(1, {1: "change_cipher_spec"})), "Always 1."),
    ),
    value="type",
)


def record_header(data: bytes) -> Part:
    """The five bytes with which `data`, a record or more, begins; fewer where there are fewer.  Nothing is raised."""
    words = "Each record begins with five bytes in clear: what it is, a version for looks, and its length."
    return Field("record header", Whole(Struct(_HEADER, value="type")), words, _RECORD).part(cursor_over(data[:5]))


def change_cipher_spec(data: bytes) -> Part:
    """The content of a change_cipher_spec record: one byte.  Nothing is raised."""
    words = (
        "In TLS 1.2: all that follows from this side is encrypted. In TLS 1.3 it means nothing and is sent so that "
        "the handshake looks like one of TLS 1.2 to devices on the way."
    )
    source = "RFC 9846, appendix E.4"
    return Field("change_cipher_spec", Whole(_CHANGE), words, source).part(cursor_over(data))


def application_data(data: bytes) -> Part:
    """What the application sent: `value` is its text where it is some.  Nothing is raised."""
    words = "What the application sent. TLS does not look into it, and keeps no message boundaries."
    return Field("application data", Rest(text), words, _RECORD).part(cursor_over(data))

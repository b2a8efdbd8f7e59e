"""What a row of the table of extensions is.

Where the content of an extension depends on the message, the message is named as in the table of RFC 9846, section
4.3: CH ClientHello, SH ServerHello, HRR HelloRetryRequest, EE EncryptedExtensions, CR CertificateRequest, CT
Certificate, NST NewSessionTicket; and SH12 is the ServerHello of TLS 1.2, which answers what EncryptedExtensions
answers in TLS 1.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from .shapes import Field, Many, Rest, Shape, Struct, Vector

__all__ = ["ANSWERS", "EMPTY", "Row", "listed", "one", "opaque"]

#: Nothing: that the extension is there is all it says.
EMPTY: Final = Struct(())

#: Where a server answers an offer with its own content.
ANSWERS: Final = ("EE", "SH12")


class Row(NamedTuple):
    """An extension: its name, what it is for, where that is written, and its content, or that by message."""

    name: str
    words: str
    source: str
    content: Shape | Mapping[str, Shape]

    def shape(self, place: str) -> Shape | None:
        """The layout of its content in the message `place`; None where it has no business."""
        return self.content.get(place) if isinstance(self.content, Mapping) else self.content


def one(label: str, shape: Shape, words: str, source: str) -> Struct:
    """A content that is one field."""
    return Struct((Field(label, shape, words, source),), value=label)


def opaque(source: str) -> Struct:
    """A content that is not taken apart."""
    return Struct((Field("extension_data", Rest(), "The content, which is not taken apart here.", source),))


def listed(label: str, least: int, most: int, item: Field, words: str) -> Struct:
    """A content that is one list: `Type label<least..most>`."""
    return Struct((Field(label, Vector(least, most, Many(item)), words, item.source),), value=label)

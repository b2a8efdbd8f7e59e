"""An extension: a number, a length, and a content that the table of extensions describes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from .cursor import Cursor
from .extension_others import OTHERS
from .extension_row import Row, opaque
from .extension_tls13 import TLS13
from .registry import GREASE, is_grease
from .shapes import Field, Many, Number, Reading, Vector, labels

__all__ = ["TABLE", "extensions"]

#: All extensions that are known here, by number.
TABLE: Final = OTHERS | TLS13

_SECTION: Final = "RFC 9846, section 4.3"
_GREASE: Final = Row("GREASE", GREASE, "RFC 8701, section 2", opaque("RFC 8701, section 2"))
_UNKNOWN: Final = Row(
    "unknown extension",
    "This extension is in no table here. Who receives an offer that it does not know goes on without it.",
    _SECTION,
    opaque(_SECTION),
)
#: The messages in which extensions stand, as the table of RFC 9846, section 4.3 abbreviates them.
_MESSAGES: Final = {
    "CH": "ClientHello",
    "SH": "ServerHello",
    "SH12": "ServerHello of TLS 1.2",
    "HRR": "HelloRetryRequest",
    "EE": "EncryptedExtensions",
    "CR": "CertificateRequest",
    "CT": "Certificate",
    "NST": "NewSessionTicket",
}


@dataclass(frozen=True, slots=True)
class _Extension:
    """Any one extension."""

    def read(self, cursor: Cursor) -> Reading:
        """Read it: the number says which it is, the message where it stands what its content is."""
        kind = Field("extension_type", Number(2), "The number of this extension.", _SECTION).part(cursor)
        if kind.error:
            return Reading(parts=(kind,) if kind.end > kind.start else (), error=kind.error)
        number = int(kind.value)
        row = TABLE.get(number, _GREASE if is_grease(number) else _UNKNOWN)
        content, error = _content(row, cursor)
        parts = (replace(kind, value=f"{row.name} ({number})"), *content.parts)
        label = row.name if number in TABLE else f"{row.name} {number} (0x{number:04X})"
        return Reading(content.value, parts, error or content.error, label, row.words, row.source)


def _content(row: Row, cursor: Cursor) -> tuple[Reading, str]:
    """What the length and the bytes behind it say, and whether this extension may stand here at all."""
    shape = row.shape(cursor.facts.place)
    where = _MESSAGES.get(cursor.facts.place, "message without extensions")
    error = "" if shape else f"{row.name} has no meaning in {where}."
    return Vector(0, 2**16 - 1, shape or opaque(row.source)).read(cursor), error


_ITEM: Final = Field("extension", _Extension(), source=_SECTION)


def extensions(least: int = 0) -> Vector:
    """The list of extensions of a message, at least so many bytes of them."""
    return Vector(least, 2**16 - 1, Many(_ITEM, labels))

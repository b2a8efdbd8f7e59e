"""A certificate, taken apart down to the fields of its tbsCertificate (RFC 5280, section 4.1).

Where the values begin and end is read here; what they say, by the library `cryptography`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from labsupport.tls.parts import Part

from .cursor import Cursor
from .der import distinguished_name, header
from .shapes import CONTENTS, Field, Fixed, Reading, Rest, left_over
from .text import text

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

__all__ = ["CERTIFICATE", "counted"]

_SECTION: Final = "RFC 5280, section 4.1"
_HEADER: Final = "What kind of value begins here and how many bytes it has (DER, X.690)."


class _Row(NamedTuple):
    """A value of a certificate; `tag` where it may be absent; `inner` what it consists of; `say` what it says."""

    label: str
    words: str
    section: str
    say: Callable[[Certificate], str] | None = None
    tag: int | None = None
    inner: tuple[_Row, ...] = ()


def _validity(certificate: Certificate) -> str:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"


def _key(certificate: Certificate) -> str:
    key = certificate.public_key()
    kind = type(key).__name__.removesuffix("PublicKey").lstrip("_")
    curve = getattr(getattr(key, "curve", None), "name", "")
    bits = getattr(key, "key_size", "")
    return " ".join(filter(None, (kind, curve or (f"{bits} bits" if bits else ""))))


def _extensions(certificate: Certificate) -> str:
    """The names of the extensions, and of the subjectAltName what is in it."""
    from cryptography import x509

    said = []
    for extension in certificate.extensions:
        name = extension.oid._name  # noqa: SLF001 - the library has no other way to its name
        if isinstance(extension.value, x509.SubjectAlternativeName):
            name += f" ({', '.join(text(str(entry.value).encode()) for entry in extension.value)})"
        said.append(name)
    return ", ".join(said)


def _algorithm(certificate: Certificate) -> str:
    return certificate.signature_algorithm_oid._name  # noqa: SLF001 - as above


def _subject(certificate: Certificate) -> str:
    return distinguished_name(certificate.subject.public_bytes()) or "empty"


def _issuer(certificate: Certificate) -> str:
    return distinguished_name(certificate.issuer.public_bytes()) or "empty"


def _summary(certificate: Certificate) -> str:
    return f"{_subject(certificate)}; issued by {_issuer(certificate)}; valid {_validity(certificate)}"


_TBS: Final = (
    _Row("version", "Which form of certificate; extensions need v3.", ".2.1", lambda c: c.version.name, 0xA0),
    _Row("serialNumber", "The authority's number for it.", ".2.2", lambda c: f"{c.serial_number:x}"),
    _Row("signature", "How the authority signed; the same again stands behind the signed part.", ".2.3", _algorithm),
    _Row("issuer", "The name of the authority that signed it.", ".2.4", _issuer),
    _Row("validity", "From when to when it may be used.", ".2.5", _validity),
    _Row("subject", "Whom it is about. Hosts are named in subjectAltName, not here.", ".2.6", _subject),
    _Row("subjectPublicKeyInfo", "The subject's public key: what the certificate is there to tell.", ".2.7", _key),
    _Row("issuerUniqueID", "No longer in use.", ".2.8", None, 0x81),
    _Row("subjectUniqueID", "No longer in use.", ".2.8", None, 0x82),
    _Row(
        "extensions",
        "What else holds: for which hosts it is (subjectAltName), what the key may do, whether it may sign others.",
        ".2.9",
        _extensions,
        0xA3,
    ),
)
_PARTS: Final = (
    _Row("tbsCertificate", "All that the authority signed (tbs: to be signed).", ".1.1", inner=_TBS),
    _Row("signatureAlgorithm", "How the authority signed.", ".1.2", _algorithm),
    _Row("signatureValue", "The authority's signature over tbsCertificate.", ".1.3"),
)


@dataclass(frozen=True, slots=True)
class _Value:
    """One DER value of `certificate` (None where the library cannot read it), described by `row`."""

    row: _Row
    certificate: Certificate | None

    def read(self, cursor: Cursor) -> Reading:
        """Read its header and its content."""
        found = header(cursor.peek(6))
        if found is None:
            rest = (Field(CONTENTS, Rest()).part(cursor),) if cursor.left else ()
            return Reading(parts=rest, error="A DER value should begin here, with a tag and a length.")
        _, before, length = found
        parts = [Field("DER header", Fixed(before), _HEADER, _SECTION).part(cursor)]
        error = f"The DER header says {length} bytes, and {cursor.left} follow." if length > cursor.left else ""
        parts += _content(self.row, self.certificate, cursor.inside(length))
        return Reading(_said(self.row.say, self.certificate), tuple(parts), error)


def _content(row: _Row, certificate: Certificate | None, inside: Cursor) -> list[Part]:
    parts = [
        Field(inner.label, _Value(inner, certificate), inner.words, f"{_SECTION}{inner.section}").part(inside)
        for inner in row.inner
        if inside.left and inner.tag in (None, inside.peek(1)[0])
    ]
    if row.inner:
        return [*parts, *left_over(inside)]
    return [Field(CONTENTS, Rest()).part(inside)] if inside.left else []


@dataclass(frozen=True, slots=True)
class _Certificate:
    """A whole certificate."""

    def read(self, cursor: Cursor) -> Reading:
        """Read it."""
        certificate, error = _parsed(cursor.peek(cursor.left))
        row = _Row("certificate", "", "", _summary, inner=_PARTS)
        seen = _Value(row, certificate).read(cursor)
        return seen._replace(error=seen.error or error)


def _parsed(raw: bytes) -> tuple[Certificate | None, str]:
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(raw), ""
    except Exception as problem:  # noqa: BLE001 - whatever a library makes of hostile bytes, the dissection goes on
        return None, f"No certificate that can be read: {text(str(problem).encode())}."


def _said(say: Callable[[Certificate], str] | None, certificate: Certificate | None) -> str:
    if say is None or certificate is None:
        return ""
    try:
        return say(certificate)
    except Exception:  # noqa: BLE001 - as above; the certificate was read, this field of it cannot be
        return ""


def counted(parts: Sequence[Part]) -> str:
    """A list of certificates in words."""
    return "1 certificate" if len(parts) == 1 else f"{len(parts)} certificates"


#: A certificate in DER, up to the end of what is around it.
CERTIFICATE: Final = _Certificate()

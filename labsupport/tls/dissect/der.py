"""Just enough of DER, the encoding of certificates, to see where its values begin and end (X.690)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .text import text

__all__ = ["distinguished_name", "header", "values"]

#: The usual attributes of a name, by the DER of their object identifier (RFC 4519; the last RFC 2985).
_ATTRIBUTES: Final = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x05": "serialNumber",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01": "emailAddress",
}
#: A name has a handful of attributes; a hostile one is not worth more.
_MOST: Final = 20


def header(raw: bytes) -> tuple[int, int, int] | None:
    """Of the value that `raw` begins with: its tag, its header's length, its content's length; None of no DER."""
    if len(raw) < 2:
        return None
    if raw[1] < 0x80:
        return raw[0], 2, raw[1]
    count = raw[1] & 0x7F
    if not 1 <= count <= 4 or len(raw) < 2 + count:
        return None
    return raw[0], 2 + count, int.from_bytes(raw[2 : 2 + count])


def values(raw: bytes) -> Iterator[bytes]:
    """The content of each of the values that `raw` consists of, up to the first that is not whole."""
    at = 0
    for _ in range(_MOST):
        found = header(raw[at : at + 6])
        if found is None or at + found[1] + found[2] > len(raw):
            return
        start, at = at + found[1], at + found[1] + found[2]
        yield raw[start:at]


def distinguished_name(raw: bytes) -> str:
    """A Name, the whole value, as "O=Loopback, CN=localhost"; "" where there is nothing in it (RFC 5280, 4.1.2.4)."""
    pairs = [
        [*values(attribute)][:2] for name in values(raw) for together in values(name) for attribute in values(together)
    ]
    return ", ".join(
        f"{_ATTRIBUTES.get(pair[0], 'another attribute')}={text(pair[1]) or 'unreadable'}"
        for pair in pairs
        if len(pair) == 2
    )

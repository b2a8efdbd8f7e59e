"""Where records begin and end in what one end sent, and what is in each: content in clear, opened, or sealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labsupport.tape.tls import APPLICATION_DATA, CHANGE_CIPHER_SPEC, CONTENT_TYPES, RECORD_HEADER

from . import parts
from .dissect.names import CONTENT_TYPES as NAMES
from .keys import TAG, Keys, Opened
from .parts import Part

__all__ = ["NO_RECORD", "Frame", "frames"]

#: The "content type" of bytes that are no record.
NO_RECORD: Final = -1


@dataclass(frozen=True, slots=True)
class Frame:
    """A record before its content is read.

    - `start`, `end`: where it stands in what its sender sent; both in bytes from the first.
    - `type`: its content type, the inner one where it was opened; `NO_RECORD` where the bytes are none.
    - `data`: the bytes as they were on the wire.
    - `key`: the label of the secret that opened it; "" where it is in clear.
    - `content`: what it carries, in clear; None where it is sealed.
    - `tail`: the parts behind the content: content type, padding, tag.
    - `inner`: what the tail is in clear, and before it nothing but the content.
    - `error`: what is wrong with it.
    """

    start: int
    end: int
    type: int
    data: bytes
    key: str = ""
    content: bytes | None = None
    tail: tuple[Part, ...] = ()
    inner: bytes = b""
    error: str = ""

    @property
    def type_name(self) -> str:
        """Its content type as RFC 9846 spells it."""
        return NAMES[self.type].name

    @property
    def opened(self) -> bytes:
        """The whole record in clear; b"" where it is sealed."""
        return b"" if self.content is None else self.data[:RECORD_HEADER] + self.content + self.inner


def frames(data: bytes, version: str, keys: Keys) -> Iterator[Frame]:
    """The records in all that one end sent.

    - `version`: "TLS 1.3" or "TLS 1.2", in which all that follows a change_cipher_spec is encrypted.
    """
    start, changed = 0, False
    while start < len(data):
        header = data[start : start + RECORD_HEADER]
        if not _is_header(header):
            yield Frame(start, len(data), NO_RECORD, data[start:], error=_NO_HEADER)
            return
        end = min(start + RECORD_HEADER + int.from_bytes(header[3:]), len(data))
        error = _cut(header, end - start - RECORD_HEADER)
        if header[0] == APPLICATION_DATA or (changed and version != "TLS 1.3"):
            yield _protected(start, data[start:end], keys, error)
        else:
            yield Frame(start, end, header[0], data[start:end], content=data[start + RECORD_HEADER : end], error=error)
        changed = changed or header[0] == CHANGE_CIPHER_SPEC
        start = end


def _is_header(header: bytes) -> bool:
    """Whether a record can begin so; of one that is cut, as much as is there.  All versions begin with 3."""
    return header[0] in CONTENT_TYPES and header[1:2] in (b"", b"\3")


def _cut(header: bytes, there: int) -> str:
    """What is missing of a record of which `there` bytes stand behind the header; "" where it is whole."""
    if len(header) < RECORD_HEADER:
        return f"A record begins with {RECORD_HEADER} bytes of header, and the data ends after {len(header)}."
    length = int.from_bytes(header[3:])
    return f"The record's length says {length} bytes, and {there} follow." if there < length else ""


def _protected(start: int, data: bytes, keys: Keys, error: str) -> Frame:
    opened = keys.open(data[:RECORD_HEADER], data[RECORD_HEADER:]) if not error else None
    if opened is None:
        if not error and keys.any:
            error = _NOT_OPENED
        return Frame(start, start + len(data), data[0], data, error=error)
    return _unwrapped(start, data, opened)


def _unwrapped(start: int, data: bytes, opened: Opened) -> Frame:
    """A record of TLS 1.3 that was opened: what is its content ends with the last byte that is not zero."""
    end = start + len(data)
    inner = opened.data.rstrip(b"\0")
    content, kind = inner[:-1], inner[-1:]
    tail = (*_tail(start + RECORD_HEADER + len(content), end - TAG, kind), _tag(end, data[-TAG:], opened))
    return Frame(
        start,
        end,
        kind[0] if kind else 0,
        data,
        opened.label,
        content,
        tail,
        opened.data[len(content) :] + data[-TAG:],
        "" if kind else "A record without a content type: all its bytes are zero (RFC 9846, section 5.4).",
    )


def _tail(at: int, end: int, kind: bytes) -> tuple[Part, ...]:
    found: tuple[Part, ...] = ()
    if kind:
        found = (Part(at, at + 1, parts.TYPE, _TYPE, _INNER, NAMES[kind[0]].name, (), True, kind),)
        at += 1
    if at < end:
        zeros = bytes(end - at)
        found += (Part(at, end, parts.ZEROS, _ZEROS, "RFC 9846, section 5.4", f"{len(zeros)} bytes", (), True, zeros),)
    return found


def _tag(end: int, tag: bytes, opened: Opened) -> Part:
    value = f"fits, with {opened.label}, record number {opened.number}"
    return Part(end - TAG, end, parts.TAG, _TAG, _INNER, value, opened=tag)


_INNER: Final = "RFC 9846, section 5.2"
_NO_HEADER: Final = (
    "These bytes are no TLS record: one begins with its content type, 20 to 24, and a version whose first byte is 3."
)
_NOT_OPENED: Final = (
    "No secret of the key log opens this record: it was altered on its way, one before it is missing, or the key log "
    "is of another connection."
)
_TYPE: Final = (
    "What the record really carries. It is encrypted too: from outside every encrypted record says application_data."
)
_ZEROS: Final = "Padding: it hides how long the content is."
_TAG: Final = (
    "Computed from the key, the record's number, its header and all its encrypted bytes: whoever changes one of them "
    "without having the key cannot make a tag that fits."
)

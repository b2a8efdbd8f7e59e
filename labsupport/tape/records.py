"""TLS records, as anybody who stands between can tell them apart (RFC 9846, section 5.1).

Each record begins with five bytes in clear: a content type, a version that means nothing any more, and the length of
what follows.  A link keeps these of what it carried, and the four bytes after them: where a record is not encrypted,
they say which handshake message it begins with, or which alert it is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from .passages import Passage
from .tls import (
    ALERT,
    ALERTS,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CONTENT_TYPES,
    HANDSHAKE,
    MESSAGE_HEADER,
    MESSAGES,
    RECORD_HEADER,
)

__all__ = ["HEAD", "HEADS", "Record", "believable", "keep_head", "opens", "records_of"]

#: Bytes kept of a record: its header, and so much of a handshake message that its type and length are among them.
HEAD: Final = RECORD_HEADER + MESSAGE_HEADER
#: Of one passage so many records are kept.
HEADS: Final = 1024

_KEPT: Final = struct.Struct(f">Q{HEAD}s")  # where it stands, and its head
_FIELDS: Final = struct.Struct(">BBBH")
#: What an encrypted record may hold at most, in TLS 1.2 (RFC 5246, section 6.2.3), which allows more than TLS 1.3.
_LARGEST: Final = 2**14 + 2048
#: ClientHello and ServerHello.
_HELLOS: Final = (1, 2)


class Record(NamedTuple):
    """One record on its way through a link.

    - `at`: how many bytes of this way came before it; `length`: its length field, that of what follows the header.
    - `type`: the content type in its header: 20 change_cipher_spec, 21 alert, 22 handshake, 23 application data.  In
      TLS 1.3 all that is encrypted says 23.
    - `name`: what somebody without the keys can call it: "ClientHello", "alert unknown_ca", "application data".
    - `clear`: whether it can be read without the keys.
    - `latest`: the tick at which it had come to the link.
    """

    at: int
    type: int
    length: int
    name: str
    clear: bool
    latest: int

    @property
    def size(self) -> int:
        """Its bytes on the wire: header and all."""
        return RECORD_HEADER + self.length

    @property
    def end(self) -> int:
        """How many bytes of this way had come with it."""
        return self.at + self.size


# --- what a link keeps -----------------------------------------------------------------------


def believable(head: bytes | bytearray) -> int | None:
    """The length of what follows this header, None if no record begins so."""
    kind, major, minor, length = _FIELDS.unpack_from(head)
    return length if kind in CONTENT_TYPES and major == 3 and minor <= 4 and length <= _LARGEST else None


def opens(data: bytes | memoryview) -> bool:
    """Whether TLS begins with these bytes: with a hello, or with an alert instead of one."""
    if len(data) < RECORD_HEADER + 2 or data[0] not in (HANDSHAKE, ALERT):
        return False
    head = bytes(data[:HEAD])
    length = believable(head)
    if head[0] == ALERT:
        return length == 2 and head[RECORD_HEADER] in (1, 2)  # a warning, or fatal
    return length is not None and len(head) == HEAD and head[RECORD_HEADER] in _HELLOS and _told(head) <= length


def keep_head(passage: Passage, at: int, head: bytes | bytearray) -> None:
    """A record that began at byte `at` has come with this passage; `head`: its first bytes, `HEAD` of them at most."""
    if not passage.heads:
        passage.heads = bytearray()
    if isinstance(passage.heads, bytearray) and len(passage.heads) < HEADS * _KEPT.size:
        passage.heads += _KEPT.pack(at, bytes(head))


# --- what is read from it --------------------------------------------------------------------


def records_of(passages: Iterable[Passage]) -> list[Record]:
    """The records of one way, in their order, up to the first that was not kept."""
    found: list[Record] = []
    changed = False  # change_cipher_spec: from there on TLS 1.2 encrypts
    for at, head, latest in sorted(_heads(passages)):
        if found and found[-1].end != at:
            break
        kind, _, _, length = _FIELDS.unpack_from(head)
        clear = _is_clear(head, kind, length, changed)
        found.append(Record(at, kind, length, _name(head, kind, clear), clear, latest))
        changed = changed or kind == CHANGE_CIPHER_SPEC
    return found


def _heads(passages: Iterable[Passage]) -> Iterator[tuple[int, bytes, int]]:
    for passage in passages:
        # A passage that met no fault may have grown until it last went on.
        grown = bool(passage.deliveries) and not passage.decisions
        latest = passage.deliveries[-1].order if grown else passage.order
        for at, head in _KEPT.iter_unpack(bytes(passage.heads)):
            yield at, head, latest


def _told(head: bytes) -> int:
    """How many bytes a handshake message has that begins with this record: its own header says it."""
    return MESSAGE_HEADER + int.from_bytes(head[RECORD_HEADER + 1 : HEAD])


def _is_clear(head: bytes, kind: int, length: int, changed: bool) -> bool:
    if kind == ALERT:
        return length == 2
    if kind != HANDSHAKE:
        return kind == CHANGE_CIPHER_SPEC
    # After HelloRetryRequest TLS 1.3, too, sends a hello in clear behind a change_cipher_spec.
    return not changed or (head[RECORD_HEADER] in _HELLOS and _told(head) == length)


def _name(head: bytes, kind: int, clear: bool) -> str:
    if kind == ALERT:
        return f"alert {ALERTS.get(head[RECORD_HEADER + 1], head[RECORD_HEADER + 1])}" if clear else "encrypted alert"
    if kind == HANDSHAKE:
        number = head[RECORD_HEADER]
        return MESSAGES.get(number, f"handshake message {number}") if clear else "encrypted handshake"
    return "application data" if kind == APPLICATION_DATA else CONTENT_TYPES.get(kind, f"type {kind}")

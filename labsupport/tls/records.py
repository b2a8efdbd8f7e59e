"""All that one end sent, as records: each with its header, and the messages that stand in it.

A message may be longer than a record, and a record may hold several, so the contents of records are joined first and
the messages put back to where their bytes stand.  In TLS 1.3 each byte of the content stands where its encrypted byte
does (all its ciphers are of that kind), so that holds for encrypted records too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Final

from labsupport.tape.tls import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    MESSAGE_HEADER,
    RECORD_HEADER,
)

from . import dissect
from .frames import NO_RECORD, Frame, frames
from .keys import Keys
from .parts import SEALED_HANDSHAKE, SEALED_RECORD, Part, Sender, named
from .pieces import piece

__all__ = ["Record", "read_records", "version_of"]


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its `part`, with offsets in all that its sender sent, and the `names` of messages that begin in it."""

    part: Part
    names: tuple[str, ...]


def read_records(data: bytes, sender: Sender, version: str, keys: Keys) -> list[Record]:
    """The records in all that one end sent; they cover it without gap or overlap, whatever the bytes.

    - `version`: "TLS 1.3" or "TLS 1.2", how they are laid out.
    - `keys`: what opens them.
    """
    records: list[Record] = []
    for (kind, _key, _shut), group in groupby(frames(data, version, keys), _joinable):
        if kind == HANDSHAKE:
            records += _handshake(list(group), sender, version)
        else:
            records += [_single(frame, version) for frame in group]
    return records


def version_of(data: bytes) -> str:
    """The version that a server has chosen, by all that it sent: "TLS 1.3", "TLS 1.2"; "" where it has chosen none."""
    clear = takewhile(lambda frame: frame.type == HANDSHAKE, frames(data, "TLS 1.3", Keys("server", {})))
    first = next(_messages(b"".join(frame.content or b"" for frame in clear), "server", "TLS 1.3"), None)
    if first is None:
        return ""
    fields = ("selected_version", "legacy_version")
    return next((part.value for field in fields for part in named((first,), field)), "")


def _joinable(frame: Frame) -> tuple[int, str, bool]:
    """Equal for neighbours whose contents may belong together: of one content type, under one key."""
    return frame.type, frame.key, frame.content is None


def _handshake(group: Sequence[Frame], sender: Sender, version: str) -> list[Record]:
    if group[0].content is None:
        return [_single(frame, version) for frame in group]
    joined = b"".join(frame.content or b"" for frame in group)
    messages = list(_messages(joined, sender, version))
    records: list[Record] = []
    low = at = 0
    for frame in group:
        high = low + len(frame.content or b"")
        first = at
        while at < len(messages) and messages[at].start < high:
            at += 1
        here = messages[first:at] if low < high else []
        moved = [piece(one, low, high, frame.start + RECORD_HEADER - low, secret=bool(frame.key)) for one in here]
        records.append(_record(frame, version, moved, tuple(one.label for one in here if one.start >= low)))
        if at > first and messages[at - 1].end > high:
            at -= 1  # it goes on in the next record
        low = high
    return records


def _messages(joined: bytes, sender: Sender, version: str) -> Iterator[Part]:
    """The messages in the joined contents of records, each as long as its own header says, or as there are bytes."""
    at = 0
    while at < len(joined):
        length = int.from_bytes(joined[at + 1 : at + MESSAGE_HEADER])
        end = min(at + MESSAGE_HEADER + length, len(joined))
        message = dissect.message(joined[at:end], sender, version)
        yield piece(message, 0, end - at, at)
        at = end


def _single(frame: Frame, version: str) -> Record:
    """A record whose content stands for itself."""
    if frame.content is None:
        sealed = _sealed(frame, version)
        return _record(frame, version, [sealed] if sealed else [], (sealed.label,) if sealed else ())
    if not frame.content:
        return _record(frame, version, [], ())
    read = {
        ALERT: dissect.alert,
        APPLICATION_DATA: dissect.application_data,
        CHANGE_CIPHER_SPEC: dissect.change_cipher_spec,
    }.get(frame.type, _unknown)
    part = read(frame.content)
    here = piece(part, 0, part.end, frame.start + RECORD_HEADER, secret=bool(frame.key))
    return _record(frame, version, [here], (part.label,))


def _unknown(content: bytes) -> Part:
    return Part(
        0, len(content), "unknown content", "What stands in a record of this type is not known here.", opened=content
    )


def _sealed(frame: Frame, version: str) -> Part | None:
    """What is encrypted and was not opened; None where there are no bytes of it."""
    if frame.start + RECORD_HEADER >= frame.end:
        return None
    label, words, source = SEALED_RECORD, _SEALED, "RFC 9846, section 5.2"
    if version != "TLS 1.3":
        handshake, other = SEALED_HANDSHAKE, f"encrypted {frame.type_name.replace('_', ' ')}"
        label, words, source = handshake if frame.type == HANDSHAKE else other, _SEALED_12, "RFC 5246, section 6.2.3"
    return Part(frame.start + RECORD_HEADER, frame.end, label, words, source, "encrypted", secret=True)


def _record(frame: Frame, version: str, contents: Sequence[Part], names: tuple[str, ...]) -> Record:
    """The record as a part: header, contents, and what stands behind them."""
    if frame.type == NO_RECORD:
        return Record(_no_record(frame), ())
    header = piece(dissect.record_header(frame.data[:RECORD_HEADER]), 0, RECORD_HEADER, frame.start)
    clear, new = frame.content is not None and not frame.key, version == "TLS 1.3"
    explanation = _CLEAR if clear else _PROTECTED if new else _PROTECTED_12
    part = Part(
        frame.start,
        frame.end,
        "TLSPlaintext" if clear else "TLSCiphertext",
        explanation,
        f"RFC 9846, section {5.1 if clear else 5.2}" if new else f"RFC 5246, section 6.2.{1 if clear else 3}",
        f"{frame.type_name}, opened with {frame.key}" if frame.key else header.value,
        (header, *contents, *frame.tail),
        not clear,
        frame.opened,
        frame.error,
    )
    return Record(part, names)


def _no_record(frame: Frame) -> Part:
    explanation = "Whoever reads TLS stops here: without a record's length nobody knows where the next one begins."
    return Part(
        frame.start,
        frame.end,
        "no record",
        explanation,
        "RFC 9846, section 5.1",
        opened=frame.data,
        error=frame.error,
    )


_SEALED: Final = "Encrypted, and nobody here has the key: to us, as to anybody on the way, bytes without a meaning."
_SEALED_12: Final = "Encrypted, in the way of TLS 1.2, which is not opened here: only TLS 1.3 is."
_CLEAR: Final = "A record in clear: anybody on the way can read it."
_PROTECTED: Final = "An encrypted record. On the way only its header can be read, which does not say what is inside."
_PROTECTED_12: Final = (
    "An encrypted record. On the way only its header can be read, which in TLS 1.2 says what kind it is."
)

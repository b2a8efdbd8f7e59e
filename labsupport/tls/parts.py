"""What the bytes of a TLS connection say: parts with a label, inside flights, inside a transcript."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

__all__ = [
    "CONTINUED",
    "SEALED_HANDSHAKE",
    "SEALED_RECORD",
    "TAG",
    "TAIL",
    "TYPE",
    "ZEROS",
    "Flight",
    "Part",
    "Sender",
    "named",
    "receiver_of",
    "walk",
]

Sender = Literal["client", "server"]

#: The label of what nobody here can open: a record of TLS 1.3, and in TLS 1.2 one with a handshake message.
SEALED_RECORD: Final = "encrypted_record"
SEALED_HANDSHAKE: Final = "encrypted handshake message"
#: The labels of what stands behind the content of an opened record (RFC 9846, section 5.2).
TYPE, ZEROS, TAG = TAIL = ("type", "zeros", "authentication tag")
#: How the label of a part ends that began in an earlier record.
CONTINUED: Final = " (continued)"


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a flight and what they mean.

    - `start`, `end`: offsets in the flight's `data`, `end` exclusive.
    - `label`: the field's name, as its source spells it ("legacy_version").
    - `explanation`: one or two sentences for somebody who sees it for the first time.
    - `source`: where that is written ("RFC 9846, section 4.2.2"), or "" where nothing is.
    - `value`: what the bytes say, in words ("TLS 1.2", "localhost"), or "".
    - `parts`: what it consists of, in order, without gap or overlap; () where it is not taken apart further.
    - `secret`: whether an eavesdropper, who has no key, cannot read it.
    - `opened`: the bytes in clear, as long as the part; those of the flight where it is not secret, b"" where
      nobody here has the key.
    - `error`: what is wrong with these bytes, as a sentence, or "".
    """

    start: int
    end: int
    label: str
    explanation: str
    source: str = ""
    value: str = ""
    parts: tuple[Part, ...] = ()
    secret: bool = False
    opened: bytes = b""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Flight:
    """What one end sent before it had to wait for the other (RFC 9846, appendix A).

    - `sender`: who sent it.
    - `data`: the bytes as they were on the wire.
    - `parts`: its records, in order; they cover `data` without gap or overlap.
    - `name`: the messages in it, in order ("ServerHello, EncryptedExtensions, ...").
    """

    sender: Sender
    data: bytes
    parts: tuple[Part, ...]
    name: str

    @property
    def receiver(self) -> Sender:
        """The other end."""
        return receiver_of(self.sender)


def receiver_of(sender: Sender) -> Sender:
    """The other end."""
    return "server" if sender == "client" else "client"


def walk(part: Part) -> Iterator[Part]:
    """The part, then all in it, from the outside inward and from left to right."""
    yield part
    for inner in part.parts:
        yield from walk(inner)


def named(parts: Sequence[Part], label: str) -> Iterator[Part]:
    """Every part of this label among `parts` and all in them, in order."""
    return (inner for part in parts for inner in walk(part) if inner.label == label)

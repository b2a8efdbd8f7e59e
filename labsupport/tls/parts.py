"""What the bytes of a TLS connection say: parts with a label, inside flights, inside a transcript."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["Flight", "Part", "Sender"]

Sender = Literal["client", "server"]

#: A part that is none of these is in clear.
_NOTHING: Final = b""


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
    opened: bytes = _NOTHING
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

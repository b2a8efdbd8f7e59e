"""Bytes as characters: where each one begins, how many bytes it takes, and what is no UTF-8 at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .ladder.words import visible

__all__ = ["Character", "characters"]


@dataclass(frozen=True)
class Character:
    """A character and its bytes ``[start, end)``.

    `text`: how it is shown, a space as "␣"; "" for bytes that are not UTF-8 or only a part of a character (`broken`).
    """

    start: int
    end: int
    text: str
    broken: bool = False

    @property
    def length(self) -> int:
        """In bytes: 1 to 4 (RFC 3629 §3)."""
        return self.end - self.start


def characters(data: bytes) -> Iterator[Character]:
    """The characters of `data`, in order and without a gap."""
    at = 0
    while at < len(data):
        end = at + _length(data[at])
        try:
            text = data[at:end].decode("utf-8")
        except UnicodeDecodeError as error:
            end = at + max(1, error.end - error.start)
            yield Character(at, end, "", broken=True)
        else:
            yield Character(at, end, "␣" if text == " " else visible(text))
        at = end


def _length(first: int) -> int:
    """How many bytes a character has that begins with this one (RFC 3629 §3)."""
    if first < 0xC0:
        return 1
    return 2 if first < 0xE0 else 3 if first < 0xF0 else 4

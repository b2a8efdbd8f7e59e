"""Numbers that have names: what IANA lists for TLS, with a sentence on each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["GREASE", "Entry", "Registry", "is_grease"]

GREASE: Final = (
    "A number that means nothing, offered at random to find servers that fail at what they do not know "
    "(GREASE: Generate Random Extensions And Sustain Extensibility)."
)
_GREASE_SOURCE: Final = "RFC 8701, section 2"
_GREASE_BYTES: Final = frozenset(range(0x0B, 0x100, 0x1F))


class Entry(NamedTuple):
    """A number's `name`, what it means in a sentence, and where that is written; "" where the field says it."""

    name: str
    meaning: str = ""
    source: str = ""


class Registry:
    """The names of the numbers of one kind, each `size` bytes long.  Every number has an entry: unknown ones say so."""

    def __init__(self, size: int, entries: Mapping[int, tuple[str, ...] | str], *, grease: bool = False) -> None:
        self.size = size
        self._grease = grease
        self._entries = {number: _entry(entry) for number, entry in entries.items()}

    def __contains__(self, number: int) -> bool:
        return number in self._entries

    def __getitem__(self, number: int) -> Entry:
        known = self._entries.get(number)
        if known:
            return known
        written = f"0x{number:0{2 * self.size}X}"
        if self._grease and is_grease(number, self.size):
            return Entry(f"GREASE ({written})", GREASE, _GREASE_SOURCE)
        return Entry(f"unknown, {written}", "This number is in no table here.")


def is_grease(number: int, size: int = 2) -> bool:
    """Whether RFC 8701 reserves this number of `size` bytes for GREASE: 0x0A0A to 0xFAFA, 0x0B to 0xE4."""
    if size == 1:
        return number in _GREASE_BYTES
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def _entry(entry: tuple[str, ...] | str) -> Entry:
    return Entry(entry) if isinstance(entry, str) else Entry(*entry)

"""A place in the bytes of one message, which cannot run past what it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labsupport.tls.parts import Sender

__all__ = ["Cursor", "Facts", "cursor_over"]

#: So many parts a message is taken into at most.  The largest flights of real servers have under a thousand.
MOST_PARTS: Final = 10_000


@dataclass(slots=True)
class Facts:
    """What all who read one message share.

    - `data`: its bytes, from the first of its header.
    - `sender`: who sent it: a key share of a client is not built like a server's.
    - `place`: where its extensions stand, as in the table of RFC 9846, section 4.3 ("CH", "EE"); "" where it has none.
    - `parts_left`: how many parts may still be made, so that no bytes make a reader work or hold without bound.
    """

    data: bytes
    sender: Sender
    place: str = ""
    parts_left: int = MOST_PARTS


@dataclass(slots=True)
class Cursor:
    """Reads `facts.data` from `at` on, up to `end` and never further."""

    facts: Facts
    at: int
    end: int

    @property
    def left(self) -> int:
        """How many bytes may still be read."""
        return self.end - self.at

    def take(self, count: int) -> bytes:
        """The next `count` bytes, fewer where fewer are left; goes past them."""
        start, self.at = self.at, min(self.at + count, self.end)
        return self.facts.data[start : self.at]

    def peek(self, count: int, offset: int = 0) -> bytes:
        """Up to `count` bytes from `offset` behind here (before here where it is negative), without moving."""
        start = max(self.at + offset, 0)
        return self.facts.data[start : min(start + count, self.end)]

    def inside(self, count: int) -> Cursor:
        """A cursor over the next `count` bytes, fewer where fewer are left; this one goes past them."""
        start, self.at = self.at, min(self.at + count, self.end)
        return Cursor(self.facts, start, self.at)


def cursor_over(data: bytes, sender: Sender = "client", place: str = "") -> Cursor:
    """A cursor over all of `data`."""
    return Cursor(Facts(data, sender, place), 0, len(data))

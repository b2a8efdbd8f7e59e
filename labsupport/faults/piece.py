"""A piece of traffic, as a fault meets it."""

from __future__ import annotations

import copy
from typing import Any

from labsupport.tape.passages import Decision

__all__ = ["Piece"]


class Piece:
    """Some bytes of a stream, or one datagram, on its way through a link.

    - `data`: its bytes.  `at`: of a stream, how many bytes of this way came before them; of a datagram, how many
      datagrams.  `stream`: which of the two it is.
    - `due`: the time at which it reaches the fault that is asked; a fault makes it later.
    - `gap`: None, or it goes on when the receiver has taken all that was before it (where that cannot be known: so
      many seconds after that was handed on).
    - `end`: "", or what follows the data: "eof" (the sender has sent all), "reset" (a RST), "closed", "silenced".
    - `decisions`: what faults decided about it, for the tape; `changed`: its bytes are no longer those that were sent.
    - `origin`: the link's own business.
    """

    __slots__ = ("at", "changed", "data", "decisions", "due", "end", "gap", "origin", "stream")

    def __init__(self, data: bytes, at: int = 0, due: float = 0.0, *, stream: bool = True, end: str = "") -> None:
        self.data = data
        self.at = at
        self.due = due
        self.stream = stream
        self.end = end
        self.gap: float | None = None
        self.decisions: list[Decision] = []
        self.changed = False
        self.origin: Any = None

    def twin(self) -> Piece:
        """Another one like it."""
        return copy.copy(self)

    def with_data(self, data: bytes) -> Piece:
        """It with other bytes, as many as before."""
        other = self.twin()
        other.data = data
        other.changed = True
        return other

    def ended(self, end: str) -> Piece:
        """Where it stands, nothing but this end."""
        other = self.twin()
        other.data = b""
        other.end = end
        return other

    def cut(self, size: int) -> tuple[Piece | None, Piece | None]:
        """Its first `size` bytes and the rest.

        None for what there is not: a rest there is once `size` bytes have been reached, though it may have no data
        yet.  A datagram is not divided: it counts as one, and is all here or all there.
        """
        if size > (len(self.data) if self.stream else 0):
            return self, None
        if size <= 0 or not self.stream:
            return None, self
        head, rest = self.twin(), self.twin()
        head.data, head.end = self.data[:size], ""
        rest.data, rest.at = self.data[size:], self.at + size
        return head, rest

    def __repr__(self) -> str:
        return f"<Piece {self.at}+{len(self.data)} {self.end}>"

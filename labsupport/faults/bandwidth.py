"""No more than so much at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Bandwidth"]

#: Seconds: what is sent in that time goes on together.
_GRAIN = 0.01


@dataclass(frozen=True)
class Bandwidth(Fault):
    """At most `bytes_per_second` go through, one after another; what comes faster waits its turn.

    Only data counts: a real network counts headers too.
    """

    bytes_per_second: float

    def __post_init__(self) -> None:
        rate = self._number("bytes_per_second")
        if rate == 0:
            raise ValueError(f"{self!r} would carry nothing at all: for silence there is Blackhole(after=0)")
        if not 0 < rate < math.inf:
            raise ValueError(f"{self!r}: bytes_per_second is more than 0, and got {rate}")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """In portions; each goes on when its last byte has had its time."""
        if piece.data or place.until > piece.due:
            place.note(piece, "delayed")
        portion = max(1, int(self.bytes_per_second * _GRAIN))
        rest: Piece | None = piece
        while rest is not None and rest.stream and len(rest.data) > portion:
            head, rest = rest.cut(portion)
            if head is not None:
                yield self._in_turn(head, place)
        if rest is not None:
            yield self._in_turn(rest, place)

    def _in_turn(self, piece: Piece, place: Place) -> Piece:
        place.until = max(place.until, piece.due) + len(piece.data) / self.bytes_per_second
        piece.due = place.until
        return piece

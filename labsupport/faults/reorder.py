"""A datagram is overtaken by a later one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Reorder"]

#: Seconds that a datagram waits for another to overtake it, and how many wait at most.
PATIENCE: Final = 0.1
MOST: Final = 16


@dataclass(frozen=True)
class Reorder(Fault):
    """Each datagram is held back with probability `p`, until the next one that is not has gone before it.

    If none comes within 0.1 s it goes on alone; at most 16 are held back at a time.
    """

    p: float

    not_for_streams: ClassVar[str] = (
        "TCP puts segments back in order, so a program never sees it but only the wait: use Stall"
    )

    def __post_init__(self) -> None:
        self.check_probability("p")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """Itself and, behind it, those that were held back; or, held back itself, only much later."""
        for part in place.parts(piece):
            if place.hits(part, self.p) and len(place.held) < MOST:
                place.note(part, "reordered")
                place.held.append(part)
                part.due += PATIENCE
                yield part
            else:
                yield part
                yield from self._released(part, place)

    def _released(self, part: Piece, place: Place) -> Iterator[Piece]:
        """Those that `part` has overtaken, a second time: of the two times the earlier counts."""
        for piece in place.held:
            piece.due = part.due
            yield piece
        place.held.clear()

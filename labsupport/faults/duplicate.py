"""A datagram arrives twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Duplicate"]


@dataclass(frozen=True)
class Duplicate(Fault):
    """Each datagram arrives twice with probability `p`."""

    p: float

    not_for_streams: ClassVar[str] = (
        "TCP throws a segment away that comes a second time, so a program never sees it: "
        "what it may see is a wait, and for that there is Stall"
    )

    def __post_init__(self) -> None:
        self.check_probability("p")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """Itself, or itself and its twin."""
        for part in place.parts(piece):
            if place.hits(part, self.p):
                place.note(part, "doubled")
                yield part.twin()
            yield part

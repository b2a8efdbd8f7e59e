"""A datagram never arrives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Loss"]


@dataclass(frozen=True)
class Loss(Fault):
    """Each datagram is lost with probability `p`, and nobody is told."""

    p: float

    not_for_streams: ClassVar[str] = (
        "TCP sends a lost segment again, so a program never sees the loss but only the wait: use Stall"
    )

    def __post_init__(self) -> None:
        self.check_probability("p")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """Itself, or nothing."""
        for part in place.parts(piece):
            if place.hits(part, self.p):
                place.note(part, "lost")
            else:
                yield part

"""Everything arrives later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Latency"]


@dataclass(frozen=True)
class Latency(Fault):
    """Everything arrives `seconds` later than it came, and up to `jitter` seconds more, drawn evenly.

    What comes close together is on its way together, as in a long cable: a hundred pieces do not wait for each other.
    Jitter may make one datagram overtake another; the bytes of a stream stay in order.
    """

    seconds: float
    jitter: float = 0

    def __post_init__(self) -> None:
        self.check_seconds("seconds")
        self.check_seconds("jitter")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """Later, each part by a draw of its own."""
        for part in place.parts(piece) if self.jitter else (piece,):
            part.due += self.seconds + (self.jitter * place.draw(part) if self.jitter else 0)
            place.note(part, "delayed")
            yield part

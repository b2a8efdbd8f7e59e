"""Nothing gets through any more, and nobody is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Blackhole"]


@dataclass(frozen=True)
class Blackhole(Fault):
    """When `after` bytes (of datagrams: datagrams) have gone this way, nothing more does: silence.

    The sender is not told, and the link's own kernel still acknowledges what it sends.  A stream that was silenced
    stays so, for there is a hole in it; closing the link closes it.
    """

    after: int

    def __post_init__(self) -> None:
        self.check_count("after")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """What comes before, then nothing."""
        head, rest = piece.cut(self.after - piece.at)
        if head is not None:
            yield head
        if rest is not None:
            end = rest.ended("silenced")
            place.note(end, "silenced")
            yield end

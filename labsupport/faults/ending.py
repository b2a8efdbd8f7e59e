"""What ends a way after so many bytes: the faults `Limit`, `Reset` and `Blackhole` differ in how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Ending"]


@dataclass(frozen=True)
class Ending(Fault):
    """When `after` bytes (of datagrams: datagrams) have gone this way, it ends with `effect`."""

    after: int

    #: As `Decision.effect` names it.
    effect: ClassVar[str]

    def __post_init__(self) -> None:
        self.check_count("after")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """What comes before, then the end."""
        head, rest = piece.cut(self.after - piece.at)
        if head is not None:
            yield head
        if rest is not None:
            end = rest.ended(self.effect)
            place.note(end, self.effect)
            yield end

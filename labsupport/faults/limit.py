"""The connection is closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Limit"]


@dataclass(frozen=True)
class Limit(Fault):
    """When `after` bytes have gone this way, the connection is closed at both ends: b'', with no error."""

    after: int

    not_for_datagrams: ClassVar[str] = "UDP has no connection that could be closed: use Blackhole"

    def __post_init__(self) -> None:
        self.check_count("after")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """What comes before, then the end."""
        head, rest = piece.cut(self.after - piece.at)
        if head is not None:
            yield head
        if rest is not None:
            end = rest.ended("closed")
            place.note(end, "closed")
            yield end

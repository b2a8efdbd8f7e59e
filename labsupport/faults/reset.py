"""Both ends get a RST."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Reset"]


@dataclass(frozen=True)
class Reset(Fault):
    """When `after` bytes have gone this way, the connection ends with a RST at both ends (ConnectionResetError).

    With `after=0` that may be so soon that connect() itself raises it; assigned to a link that is in use, it pulls
    the plug.
    """

    after: int

    not_for_datagrams: ClassVar[str] = "UDP has no connection that could be reset: use Blackhole"

    def __post_init__(self) -> None:
        self.check_count("after")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """What comes before, then the RST."""
        head, rest = piece.cut(self.after - piece.at)
        if head is not None:
            yield head
        if rest is not None:
            end = rest.ended("reset")
            place.note(end, "reset")
            yield end

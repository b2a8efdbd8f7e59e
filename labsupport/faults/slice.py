"""A few bytes at a time, so that the receiver sees each portion alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Slice"]


@dataclass(frozen=True)
class Slice(Fault):
    """A stream arrives `size` bytes at a time: the next portion when the receiver has taken the last, however late.

    A receiver in this kernel is known by its calls on the tape.  Of one outside nobody knows when it reads: there
    the next portion follows `gap` seconds after the last, and may join it.
    """

    size: int
    gap: float = 0.02

    not_for_datagrams: ClassVar[str] = "a datagram arrives whole or not at all, so there is nothing to slice"

    def __post_init__(self) -> None:
        self.check_count("size", least=1)
        self.check_seconds("gap")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """Portion by portion, each after the receiver has taken all before it."""
        if len(piece.data) > self.size:
            place.note(piece, "sliced")
        rest: Piece | None = piece
        while rest is not None and len(rest.data) > self.size:
            head, rest = rest.cut(self.size)
            if head is not None:
                head.gap = self.gap
                yield head
        if rest is not None:
            rest.gap = self.gap if rest.data else None
            yield rest

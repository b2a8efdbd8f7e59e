"""One bit is flipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Corrupt"]


@dataclass(frozen=True)
class Corrupt(Fault):
    """With probability `p` one bit is flipped: somewhere in a datagram; of each 1024 bytes of a stream, in the first.

    The checksums of TCP and UDP catch nearly all that a real network does; here both are right, as when the damage
    was done before they were computed.
    """

    p: float

    def __post_init__(self) -> None:
        self.check_probability("p")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """Itself, or itself with one bit flipped."""
        for part in place.parts(piece):
            if place.hits(part, self.p) and part.data:
                place.note(part, "corrupted")
                yield part.with_data(_flipped(part.data, int(place.luck * 8 * (1 if part.stream else len(part.data)))))
            else:
                yield part


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)

"""Everything waits, as behind a lost segment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .fault import Fault
from .piece import Piece
from .place import Place

__all__ = ["Stall"]


@dataclass(frozen=True)
class Stall(Fault):
    """For each 1024 bytes of a stream, with probability `p`: these and all behind them wait `seconds`.

    So a lost segment shows in a program: TCP sends it again, and what came after it waits in the receiver's kernel.
    This is a simulation, and pictures say so.  On Linux a retransmission timer runs for 200 ms at least (TCP_RTO_MIN
    in include/net/tcp.h); later data that arrives may make the sender send again sooner.
    """

    p: float
    seconds: float = 0.2

    not_for_datagrams: ClassVar[str] = (
        "UDP sends nothing again and lets nothing wait for what was lost: use Loss, or Latency"
    )

    def __post_init__(self) -> None:
        self.check_probability("p")
        self.check_seconds("seconds")

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """In time, or late; a stream keeps its order, so what follows is late as well."""
        for part in place.parts(piece):
            if place.hits(part, self.p):
                place.note(part, "stalled")
                part.due += self.seconds
            yield part

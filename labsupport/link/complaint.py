"""What a learner's own fault yields, looked at before the link works with it."""

from __future__ import annotations

import math
from typing import Final

from labsupport.faults import Fault, Piece

__all__ = ["MOST", "complaint"]

#: Of one datagram a fault may make so many pieces; of some bytes of a stream so many more than there are bytes.
MOST: Final = 64


def complaint(piece: object, fault: Fault, number: int, most: int) -> Exception | None:
    """What is wrong with `piece`, which `fault` has yielded after `number` others; None if the link can use it."""
    if number == most:
        return RuntimeError(f"{fault!r} made more than {most} pieces of one: does its meet() come to its end?")
    if not isinstance(piece, Piece):
        return TypeError(f"{fault!r} yielded {piece!r}: what meet() yields is a piece, such as piece.with_data(…)")
    data: object = piece.data
    due: object = piece.due
    if not isinstance(data, bytes):
        return TypeError(f"{fault!r} yielded a piece with data {data!r}: the data of a piece is bytes")
    if not isinstance(due, int | float) or math.isnan(due):
        return TypeError(f"{fault!r} yielded a piece that is due at {due!r}: that is a number of seconds")
    return None

"""Where the bytes of each send stand in the stream."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .events import Call

__all__ = ["Piece", "at_once", "pieces_of"]

_TWO_WRITERS = "two programs were sending on this socket at once, so whose bytes came first cannot be known"
_CUT_SHORT = "a send on this socket failed in the middle, so how much of it went cannot be known"


class Piece(NamedTuple):
    """Bytes ``[start, end)`` of the stream, which `send` put there."""

    send: Call
    start: int
    end: int
    doubt: str


def pieces_of(sends: list[Call], top: int) -> list[Piece]:
    """The sends one behind the other, in the order in which they returned; `top`: how far the receiver got.

    Of a send that failed in the middle the tape does not know how much went, and neither did
    the offsets after it: it gets what was received and no later send accounts for.
    """
    sends = sorted(sends, key=lambda send: (send.done or math.inf, send.order))
    mixed = at_once(sends)
    later = sum(send.length or 0 for send in sends)
    at = min((send.offset for send in sends), default=0)
    missed = 0
    cut = ""
    pieces = []
    for send in sends:
        later -= send.length or 0
        start = max(at, send.offset + missed)
        at = start + (send.length if send.length is not None else _unsaid(send, top - start - later))
        if send.length is None and not send.open:
            missed += at - start
            cut = _CUT_SHORT if later else ""
        pieces.append(Piece(send, start, at, _TWO_WRITERS if send in mixed else cut))
    return pieces


def _unsaid(send: Call, came: int) -> int:
    """How many bytes went of a send that is open or failed: all that is asked, or as many as came."""
    asked = send.asked[0] if send.asked and isinstance(send.asked[0], int) else None
    if asked is None:
        return max(0, came)
    return asked if send.open else max(0, min(asked, came))


def at_once(calls: Sequence[Call]) -> set[Call]:
    """Those that were under way while a call of another program was."""
    found: set[Call] = set()
    going: list[Call] = []
    for call in sorted(calls, key=lambda call: call.order):
        going = [other for other in going if other.done is None or other.done > call.order]
        others = [other for other in going if other.program is not call.program]
        if others:
            found.update(others, (call,))
        going.append(call)
    return found

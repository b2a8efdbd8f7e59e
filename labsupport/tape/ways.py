"""One way of a stream through a link: how far its bytes came, with what, and what faults did to them.

A link keeps no boundaries either: what it reads at once, and hands on at once, is up to the kernels.  So all is asked
by offset in the stream.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from .passages import Decision, Delivery, Passage, Route
from .records import records_of

__all__ = ["ENDINGS", "SPREADS", "Way", "ways"]

#: Effects after which a link hands on no more of a stream.
ENDINGS: Final = frozenset({"lost", "reset", "silenced", "closed"})
#: Effects on all of a piece, not on the bytes from one place on.
SPREADS: Final = frozenset({"delayed", "sliced"})


class Way:
    """What a link did with the bytes that went up, or down, one route.

    `reached`: the first byte that it has not handed on; `ending`: the decision that ended it, or None; `fin`: the
    passage of the end of the stream, or None; `over`: nothing more will be handed on; `every`: its TLS records.
    """

    def __init__(self, passages: Iterable[Passage], route: Route) -> None:
        every = sorted(passages, key=lambda passage: (passage.offset, passage.order))
        self.pieces = [passage for passage in every if passage.length]
        self.fin = next((passage for passage in reversed(every) if _is_fin(passage)), None)
        self.every = records_of(self.pieces)
        self._starts = [passage.offset for passage in self.pieces]
        steps = [(delivery, passage) for passage in self.pieces for delivery in passage.deliveries]
        self._steps = sorted(steps, key=lambda step: (step[0].start, step[0].order))
        self._froms = [delivery.start for delivery, _ in self._steps]
        self.reached = max((delivery.end for delivery, _ in self._steps), default=0)
        decided = ((decision, passage) for passage in every for decision in passage.decisions)
        last = next((one for one in decided if one[0].effect in ENDINGS), None)
        self.ending: Decision | None = last[0] if last is not None else None
        self.ended_by: Passage | None = last[1] if last is not None else None
        self.over = last is not None or not route.open

    def delivery(self, place: int) -> Delivery | None:
        """The delivery with which the byte at `place` went on."""
        at = bisect_right(self._froms, place) - 1
        found = self._steps[at][0] if at >= 0 else None
        return found if found is not None and place < found.end else None

    def passage(self, place: int) -> Passage | None:
        """The passage in which the byte at `place` came to the link."""
        at = bisect_right(self._starts, place) - 1
        found = self.pieces[at] if at >= 0 else None
        return found if found is not None and place < found.offset + found.length else None

    def decisions(self, low: int, high: int) -> tuple[Decision, ...]:
        """What faults did to the bytes ``[low, high)`` on their way, in the order of their bytes."""
        first = max(0, bisect_right(self._starts, low) - 1)
        last = bisect_right(self._starts, high - 1)
        found: dict[Decision, None] = {}
        for passage in self.pieces[first:last]:
            if passage.offset + passage.length > low:
                for decision in passage.decisions:
                    if decision.effect in SPREADS or (decision.effect not in ENDINGS and low <= decision.at < high):
                        found[decision] = None
        return tuple(found)

    def end_with(self, other: Way) -> None:
        """What ended the other way, too, has ended this one, if a link gave up the whole connection."""
        if other.ending is not None and other.ending.effect in ("reset", "closed") and self.ending is None:
            self.ending, self.ended_by, self.over = other.ending, other.ended_by, True


def _is_fin(passage: Passage) -> bool:
    """Whether this is the end of the stream, and not a place at which a fault ended it."""
    ended = any(decision.effect in ENDINGS for decision in passage.decisions)
    return not passage.length and (bool(passage.deliveries) or not ended)


def ways(passages: Iterable[Passage], route: Route) -> tuple[Way, Way]:
    """The ways up and down of one route."""
    both: dict[str, list[Passage]] = {"up": [], "down": []}
    for passage in passages:
        both[passage.way].append(passage)
    up, down = Way(both["up"], route), Way(both["down"], route)
    up.end_with(down)
    down.end_with(up)
    return up, down

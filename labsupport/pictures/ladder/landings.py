"""Where bytes arrive that came through a link: a step of its own, for a link takes time.

A link reads and hands on what the kernels give it, so that two sends may go through as one piece, and one as many.
None of that may show.  Of a stream a landing is where the first bytes of a send arrive, and only where a fault cuts
it, where each slice does; of datagrams it is where each copy arrives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from labsupport.tape.arrows import Arrow, Connection
from labsupport.tape.events import Call
from labsupport.tape.exchange import Exchange
from labsupport.tape.passages import Decision, Delivery

__all__ = ["LATE", "Landing", "landings"]

#: Effects that make bytes arrive later than a kernel alone would have them.
LATE: Final = frozenset({"delayed", "reordered", "sliced", "stalled"})


@dataclass(eq=False, slots=True)
class Landing:
    """The arrival of bytes of `source` with `delivery`, and the arrows that arrive there.

    `late`: a fault made it later.  `copy`: of a datagram that was doubled, 1 for the second and so on, else 0.
    """

    source: Call
    delivery: Delivery
    arrows: list[Arrow] = field(default_factory=list)
    late: bool = False
    copy: int = 0

    @property
    def order(self) -> int:
        """Its tick."""
        return self.delivery.order

    @property
    def decisions(self) -> list[Decision]:
        """What faults did to these bytes, but that a datagram was doubled is said of its copy."""
        found = {decision: None for arrow in self.arrows for decision in arrow.decisions}
        return [decision for decision in found if decision.effect != "doubled" or self.copy]


def landings(exchange: Exchange) -> dict[Arrow, Landing]:
    """For each arrow whose bytes came out of a link, where they landed."""
    of_sends: dict[tuple[Call, Connection], list[Arrow]] = defaultdict(list)
    for arrow in exchange.arrows:
        if arrow.source is not None and arrow.delivery is not None:
            of_sends[arrow.source, arrow.connection].append(arrow)
    found: dict[Arrow, Landing] = {}
    for (source, one), arrows in of_sends.items():
        arrows.sort(key=lambda arrow: (arrow.start, arrow.delivery.order if arrow.delivery else 0))
        _land(source, one.stream, arrows, found)
    return found


def _land(source: Call, stream: bool, arrows: Iterable[Arrow], found: dict[Arrow, Landing]) -> None:
    here: dict[Delivery | None, Landing] = {}
    for arrow in arrows:
        delivery = arrow.delivery
        if delivery is None:
            continue
        whole = stream and not any(decision.effect == "sliced" for decision in arrow.decisions)
        key = None if whole else delivery
        landing = here.setdefault(key, Landing(source, delivery))
        landing.arrows.append(arrow)
        landing.late = landing.late or any(decision.effect in LATE for decision in arrow.decisions)
        deliveries = arrow.passage.deliveries if arrow.passage is not None else []
        landing.copy = 0 if stream or delivery not in deliveries else deliveries.index(delivery)
        found[arrow] = landing

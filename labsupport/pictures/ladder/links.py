"""What a picture says of a link: in words, for a link has no lifeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from labsupport.tape.arrows import Arrow
from labsupport.tape.events import Call
from labsupport.tape.passages import Decision, Route

from .words import shown

__all__ = ["SAID", "by_fault", "missing", "stood_between", "told", "why"]

#: Effects that are said beside the arrow: those of one piece.  What a fault does to all is said below the picture.
SAID: Final = frozenset({"corrupted", "doubled", "reordered", "stalled"})
_NAMES: Final = {
    "doubled": "a second time",
    "reordered": "held back",
    "corrupted": "one bit flipped",
    "stalled": "stalled, simulated",  # TCP itself does not wait here
}
#: Effects on what did not arrive.
_GONE: Final = frozenset({"lost", "reset", "silenced", "closed"})
_FULL: Final = "the receiver's kernel had no room"
_STRANGER: Final = "the socket is connected to another address"


def by_fault(number: int, decision: Decision) -> str:
    """What a fault did to the bytes of a send that arrived all the same: "2 a second time: Duplicate 0.5, ..."."""
    return f"{number} {_NAMES.get(decision.effect, decision.effect)}: {decision.cause}"


def missing(number: int, arrow: Arrow, length: int) -> str:
    """What became of bytes that did not arrive: `length` of them, 0 for all that this send sent."""
    part = f"{length:,} B of {number}" if length else str(number)
    if arrow.fate == "waiting":
        return f"{part} still on the way"
    if arrow.fate == "refused":
        return f"{part} refused: {_STRANGER}"
    fault = why(arrow)
    if fault is not None:
        how = "silenced by the link" if fault.effect == "silenced" else "lost"
        return f"{part} {how}: {fault.cause}"
    return f"{part} lost: {'the link was closed' if arrow.connection.route is not None else _FULL}"


def why(arrow: Arrow) -> Decision | None:
    """The decision for which these bytes never arrived, None where no fault decided it."""
    return next((decision for decision in reversed(arrow.decisions) if decision.effect in _GONE), None)


def stood_between(routes: Iterable[Route | None]) -> list[str]:
    """A sentence for each link, with its faults in both directions.

    Links have no names of their own: their numbers count those of this kernel, and differ from run to run.
    """
    return list(dict.fromkeys(_sentence(route) for route in routes if route is not None))


def _sentence(route: Route) -> str:
    shakes = ", and answers TCP's handshake itself" if route.stream else ""
    return f"A link stands between (up: {route.up or 'no fault'}; down: {route.down or 'no fault'}){shakes}."


def told(decision: Decision, send: Call | None = None, start: int = 0, end: int | None = None) -> str:
    """What a fault did to bytes of `send`, as a clause: " loses “hello” (Loss 0.2, seed 7, draw 3)"."""
    data = send.data[start:end] if send is not None and send.data is not None else b""
    what = f"“{shown(data, _SHORT)}”" if data else "bytes"
    return f" {_DID.get(decision.effect, decision.effect).format(what)} ({decision.cause})"


#: Of a text in a clause so many cells are told.
_SHORT: Final = 14
_DID: Final = {
    "closed": "closes the connection",
    "corrupted": "flips a bit of {}",
    "doubled": "delivers {} a second time",
    "lost": "loses {}",
    "reordered": "holds {} back",
    "reset": "resets the connection",
    "silenced": "swallows {}",
    "stalled": "stalls {}, which is simulated",
}

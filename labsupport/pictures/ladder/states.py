"""The kernel's states of each connection (RFC 9293 §3.3.2), derived from the calls.

FIN-WAIT stands for both FIN-WAIT-1 and FIN-WAIT-2: which of the two it is depends on an
acknowledgement that no call sees.  Where nothing orders the two ends' closes, nobody knows which of
them was first, went through FIN-WAIT and stays in TIME-WAIT, and the state says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .model import OUTSIDE, Lane, State

__all__ = ["EITHER", "Facts", "states"]

#: The state after a close that may have been the first of the two, or the second.
EITHER: Final = "FIN-WAIT or LAST-ACK"


@dataclass(slots=True)
class Facts:
    """Rows in which something happened to one end of a connection; None: it did not.

    `unordered`: both ends closed, and nothing says which of them was first.
    """

    listens: int | None = None
    bound: int | None = None
    asks: int | None = None
    made: int | None = None
    failed: int | None = None
    says_fin: int | None = None
    hears_fin: int | None = None
    reset: int | None = None
    unordered: bool = False


def states(lane: Lane, facts: Facts) -> list[State]:
    """The states of an endpoint in order; empty for datagrams, which have none."""
    if not lane.stream or lane.kind == OUTSIDE:
        return []
    found = list(_opening(lane, facts))
    if facts.made is not None:
        found += _ending(facts)
    elif facts.reset is not None:
        found.append(State("CLOSED", facts.reset))
    return _in_order(found)


def _opening(lane: Lane, facts: Facts) -> Iterable[State]:
    if facts.bound is not None and facts.bound != facts.listens:
        yield State("CLOSED", facts.bound)
    if facts.listens is not None:
        yield State("LISTEN", facts.listens)
        if lane.let_go is not None:
            yield State("CLOSED", lane.let_go)
    if facts.asks is not None:
        yield State("SYN-SENT", facts.asks)
    if facts.failed is not None:
        yield State("CLOSED", facts.failed)
    if facts.made is not None:
        yield State("ESTABLISHED", facts.made)


def _ending(facts: Facts) -> Iterable[State]:
    said, heard, reset = facts.says_fin, facts.hears_fin, facts.reset
    if said is not None and (reset is None or said < reset):
        if facts.unordered:
            yield State(EITHER, said)
        elif heard is not None and heard < said:
            yield State("CLOSE-WAIT", heard)
            yield State("LAST-ACK", said)
            if reset is None:
                yield State("CLOSED", said + 1)
        else:
            yield State("FIN-WAIT", said)
            if heard is not None and (reset is None or heard < reset):
                yield State("TIME-WAIT", max(heard, said + 1))
    elif heard is not None and (reset is None or heard < reset):
        yield State("CLOSE-WAIT", heard)
    if reset is not None:
        yield State("CLOSED", reset)


def _in_order(found: list[State]) -> list[State]:
    """Sorted by row, the last word of each row, no state twice in a row."""
    kept: list[State] = []
    for state in sorted(found, key=lambda state: state.row):
        if kept and kept[-1].row == state.row:
            kept.pop()
        if not kept or kept[-1].name != state.name:
            kept.append(state)
    return kept

"""Faults asked without a link: no socket, no clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from labsupport.faults import Dice, Fault, Piece, Place


def place_of(fault: Fault, seed: int = 0, number: int = 0, way: str = "up", place: int = 0) -> Place:
    return Place(fault, Dice(seed, number, way, place))


def stream(data: bytes, *cuts: int, due: float = 0.0) -> list[Piece]:
    """`data` in pieces, cut at these offsets."""
    edges = [0, *sorted(cuts), len(data)]
    return [Piece(data[low:high], low, due) for low, high in itertools.pairwise(edges)]


def datagrams(count: int, size: int = 4, step: float = 0.0) -> list[Piece]:
    """So many datagrams, each with its number in it, one every `step` seconds."""
    return [Piece(b"%0*d" % (size, at), at, at * step, stream=False) for at in range(count)]


def meet(fault: Fault, pieces: Iterable[Piece], place: Place | None = None) -> list[Piece]:
    """What comes of the pieces, as the fault yields it."""
    chosen = place if place is not None else place_of(fault)
    return [after for piece in pieces for after in fault.meet(piece, chosen)]


def data(pieces: Iterable[Piece]) -> list[bytes]:
    return [piece.data for piece in pieces]


def effects(pieces: Iterable[Piece]) -> list[str]:
    """The effects of all that faults decided about these pieces, each once."""
    lists = {id(piece.decisions): piece.decisions for piece in pieces}
    return [decision.effect for decisions in lists.values() for decision in decisions]

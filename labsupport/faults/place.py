"""One fault at its place: in one list, on one way of one connection; and the draws it makes there."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from labsupport.tape.passages import Decision

from .piece import Piece

if TYPE_CHECKING:
    from .fault import Fault

__all__ = ["BLOCK", "Dice", "Place"]

#: On a stream a fault decides once for each so many bytes, by where they stand and not by how they were cut.
BLOCK: Final = 1024

_SCALE: Final = 2**53  # as many values as random.random() has


class Dice:
    """Random numbers that are the same for the same seed: on any Python and system, in whatever order one asks.

    `number` counts the connections of a link (of datagrams: its clients), `way` is "up" or "down", `place` the place
    of the fault in the list.
    """

    def __init__(self, seed: int = 0, number: int = 0, way: str = "up", place: int = 0) -> None:
        self.seed = seed
        self.drawn = 0
        self._of = f"{seed}/{number}/{way}/{place}/"

    def draw(self, number: int) -> float:
        """The draw with this number, from 1 on: at least 0, less than 1."""
        self.drawn = number
        digest = blake2b(f"{self._of}{number}".encode(), digest_size=8).digest()
        return (int.from_bytes(digest, "big") >> 11) / _SCALE


class Place:
    """One fault at work on one way of one connection: its draws, and what it remembers.

    - `luck`: of the last `hits` that said yes, another number from 0 to 1: it may choose what happens.
    - `until`: for the fault to remember a time.
    - `held`: for the fault to remember pieces that it has yielded with a late time, so that it may yield them again
      with an earlier one; those whose time has come are taken out.
    """

    def __init__(self, fault: Fault, dice: Dice) -> None:
        self.fault = fault
        self.luck = 0.0
        self.until = 0.0
        self.held: list[Piece] = []
        self._dice = dice
        self._number = 0  # of the last draw that it made; of a stream: the block's, from 1 on
        self._value = 0.0

    def parts(self, piece: Piece) -> Iterator[Piece]:
        """The parts of `piece` about which to decide: a datagram whole, a stream's in blocks by offset."""
        rest: Piece | None = piece
        while rest is not None and rest.stream and len(rest.data) > BLOCK - rest.at % BLOCK:
            head, rest = rest.cut(BLOCK - rest.at % BLOCK)
            if head is not None:
                yield head
        if rest is not None:
            yield rest

    def draw(self, part: Piece) -> float:
        """The number, from 0 to 1, that was drawn for this part: of a stream one for each block."""
        number = part.at // BLOCK + 1 if part.stream else self._dice.drawn + 1
        if number != self._number:
            self._number, self._value = number, self._dice.draw(number)
        return self._value

    def hits(self, part: Piece, p: float) -> bool:
        """Whether it happens, with probability `p`, at this part; of a block, its first part that came here."""
        if part.stream and (not part.data or part.at // BLOCK + 1 == self._number):
            return False
        value = self.draw(part)
        if value >= p:
            return False
        self.luck = value / p
        return True

    def note(self, part: Piece, effect: str) -> None:
        """Write on the tape what the fault did, with its cause: "Loss 0.2, seed 7, draw 3"."""
        if part.stream and not part.data and not part.end:
            return  # the opening of a stream, which is nothing yet
        drawn = f", seed {self._dice.seed}, draw {self._number}" if self._number else ""
        part.decisions.append(Decision(effect, f"{self.fault}{drawn}", part.at if part.stream else 0))

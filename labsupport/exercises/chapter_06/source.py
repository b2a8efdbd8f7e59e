"""Where a sender's pieces come from, and what came of them: what a check of `bounded_sender` has in hand."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from labsupport.exercises.engine import Having
from labsupport.tape.watched import endpoint_of

__all__ = ["Rest", "Source", "Unsent"]


class Source:
    """Gives its pieces one by one, and counts what whoever takes them holds.

    - `passes`: called before each piece, if it takes its time.
    - `taken`: the bytes that were taken, in order; `sent`: how many of them the sender's kernel has.
    - `held`: the most bytes that were taken and not sent, when another piece was asked for.
    - `delivered`: what the peer has read, as far as the script knows.
    """

    def __init__(self, pieces: Sequence[bytes], sock: socket.socket, passes: Callable[[], None] | None = None) -> None:
        self.pieces = pieces
        self.taken = b""
        self.held = 0
        self.delivered = b""
        self._count = 0
        self._end = endpoint_of(sock)
        self._passes = passes

    @property
    def thinks(self) -> bool:
        """Whether it takes its time."""
        return self._passes is not None

    @property
    def sent(self) -> int:
        """How many bytes calls that have returned gave to the kernel."""
        return self._end.sent

    @property
    def left(self) -> bytes:
        """What was taken and never arrived, if what arrived is the beginning."""
        return self.taken[len(self.delivered) :]

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self.held = max(self.held, len(self.taken) - self.sent)
        if self._count == len(self.pieces):
            raise StopIteration
        if self._passes is not None:
            self._passes()
        piece = self.pieces[self._count]
        self._count += 1
        self.taken += piece
        return piece


class Rest:
    """Bytes that a sender gave back.  How many they are differs from kernel to kernel, so it is not shown."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return "some bytes" if self.data else "b''"


@dataclass(frozen=True, repr=False)
class Unsent(Having):
    """What is expected: the bytes that were taken from the source and not sent."""

    source: Source

    def fits(self, value: object) -> bool:
        """Whether it is them: what arrived and what came back are what was taken."""
        source = self.source
        return isinstance(value, Rest) and source.taken == source.delivered + value.data

    def __repr__(self) -> str:
        return "the bytes that it took and did not send"

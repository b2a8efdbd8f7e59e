"""What goes over each of two connections: the writes, how the other end reads them, and what is timed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["ANSWERED", "CLOSED", "TRAFFIC", "WRITTEN", "Exchange", "Traffic"]

#: Until when an exchange is timed.
ANSWERED: Final = "from the first write until the answer is there"
WRITTEN: Final = "from the first write until the last has returned"
CLOSED: Final = "from the first write until close() has returned"

_KIB: Final = 1024
#: Bytes that is sent at most in one write.
_MOST: Final = 64 * _KIB
_DATA: Final = memoryview(bytes(_MOST))


@dataclass(frozen=True)
class Traffic:
    """One way to use a connection: exchanges, which are timed.

    - `does`: what an exchange is, in a sentence; `timed`: ANSWERED, WRITTEN or CLOSED.
    - `writes`: the sizes of its writes, in bytes; `drawn`: how many exchanges are in the ladder.
    - `piece`: bytes that the other end takes with one recv() at most; `pause`: seconds that it waits before each.
    """

    does: str
    timed: str
    writes: tuple[int, ...]
    drawn: int = 1
    piece: int = _MOST
    pause: float = 0.0

    @property
    def closes(self) -> bool:
        """Whether each exchange has a connection of its own."""
        return self.timed == CLOSED

    @property
    def small(self) -> bool:
        """Whether questions are what is counted, and not bytes."""
        return self.size < _KIB

    def send(self, sock: Any) -> None:
        """The writes of an exchange."""
        for size in self.writes:
            sock.sendall(_DATA[:size])

    @property
    def size(self) -> int:
        """Bytes of an exchange."""
        return sum(self.writes)


@dataclass(frozen=True)
class Exchange:
    """What came of one exchange.

    - `took`: the seconds that are timed; `total`: until the other end had all, or nothing more came.
    - `arrived`: bytes; `error`: what the other end's recv() raised, by its name, or "".
    """

    took: float
    total: float
    arrived: int
    error: str = ""


TRAFFIC: Final[Mapping[str, Traffic]] = {
    "write, write, read": Traffic(
        "A small question in two writes, its head and its body; then the client reads the answer.",
        *(ANSWERED, (4, 20)),
        drawn=3,
    ),
    "one write, then read": Traffic(
        "The same question in one write; then the client reads the answer.", *(ANSWERED, (24,)), drawn=3
    ),
    "a bulk transfer": Traffic(
        "512 KiB in writes of 64 KiB, to a peer that reads as fast as it can, and answers when it has all.",
        *(ANSWERED, (_MOST,) * 8),
    ),
    "the peer reads slowly": Traffic(
        "128 KiB in writes of 32 KiB, to a peer that takes at most 16 KiB every 5 ms, and answers when it has all.",
        *(WRITTEN, (_MOST // 2,) * 4),
        piece=16 * _KIB,
        pause=0.005,
    ),
    "write, then close": Traffic(
        "256 KiB in writes of 64 KiB, and close(): each time over a new connection, to a peer that takes at most 16 "
        "KiB every 5 ms.",
        *(CLOSED, (_MOST,) * 4),
        piece=16 * _KIB,
        pause=0.005,
    ),
}

"""What a link writes on the tape, and what somebody who listens in on it would have read."""

from __future__ import annotations

from typing import Final

from labsupport.tape.events import KEPT_BYTES, clock
from labsupport.tape.passages import Delivery, Passage, Route
from labsupport.tape.record import TAPE

from .headers import Headers

__all__ = ["OVERHEARD", "Arrival", "Overheard", "Tap"]

#: Of each way so many bytes are kept for who listens in.
OVERHEARD: Final = 1_048_576

#: Without faults: reads of so many bytes grow a passage, and so do others once so many came in so many seconds.
BULK: Final = 16_384
BURST: Final = 64
SPAN: Final = 0.1

#: Of one passage so many deliveries are told apart; the last of them stands for all that follow.
DELIVERIES: Final = 1024


class Overheard:
    """The first bytes that went one way, of all connections, as they came."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def hear(self, data: bytes | memoryview) -> None:
        """These have come."""
        room = OVERHEARD - len(self._bytes)
        if room > 0:
            self._bytes += data[:room]

    @property
    def bytes(self) -> bytes:
        """All of them."""
        return bytes(self._bytes)


class Arrival:
    """What the link has read in one piece, until nothing more will come of it."""

    def __init__(self, tap: Tap, passage: Passage, size: int, *, written: bool = True) -> None:
        self.passage = passage
        self._tap = tap
        self._size = size
        self._written = written
        self._left = 0
        tap.held += size

    def hold(self) -> None:
        """One more piece of it is on its way."""
        self._left += 1

    def release(self) -> None:
        """One piece less."""
        self._left -= 1
        if self._left == 0:
            self._tap.held -= self._size
            if not self._written and self.passage.decisions:
                TAPE.append(self.passage)
            self.passage.finish()

    def delivered(self, when: tuple[int, float], start: int, end: int, data: bytes | None = None) -> None:
        """Bytes from `start` to `end` were handed on."""
        deliveries = self.passage.deliveries
        if len(deliveries) >= DELIVERIES:
            start, data = deliveries.pop().start, None
        deliveries.append(Delivery(*when, start, end, data))


class Tap:
    """One way of one connection.

    `arrived`: where the next that comes will stand; `held`: bytes that are on their way.
    """

    def __init__(self, route: Route, way: str, overheard: Overheard) -> None:
        self.arrived = 0
        self.held = 0
        self._route = route
        self._way = way
        self._overheard = overheard
        self._headers = Headers()
        self._last: Passage | None = None  # the newest that met no fault
        self._since = 0.0
        self._burst = 0

    def came(self, data: bytes, keep: int = 0) -> Arrival:
        """These bytes, or this datagram, will meet faults; it takes `keep` bytes more to hold them."""
        self._last = None
        passage = self._new(data)
        return Arrival(self, passage, len(data) + keep)

    def opened(self) -> Arrival:
        """No traffic: a stream begins or was reset, or its faults are new.  It is on the tape if a fault acts on it."""
        return Arrival(self, Passage(self._route, self._way, self.arrived, 0), 0, written=False)

    def ended(self) -> Arrival:
        """The stream has come to its end."""
        passage = Passage(self._route, self._way, self.arrived, 0)
        TAPE.append(passage)
        return Arrival(self, passage, 0)

    def passing(self, data: memoryview) -> Passage:
        """These bytes of a stream meet no fault; what is too much to be told apart makes one passage."""
        passage = self._last
        if passage is None or not self._grows(passage, len(data)):
            passage = self._last = self._new(data)
            return passage
        self._overheard.hear(data)
        self._headers.hear(passage, data, self.arrived)
        passage.done = None
        passage.length += len(data)
        self.arrived += len(data)
        return passage

    def passed(self, passage: Passage, when: tuple[int, float], end: int) -> None:
        """It was handed on, up to byte `end` of the stream."""
        deliveries = passage.deliveries
        start = deliveries.pop().start if deliveries else passage.offset
        deliveries.append(Delivery(*when, start, end))
        if end == passage.offset + passage.length:
            passage.finish()

    def _grows(self, passage: Passage, length: int) -> bool:
        now = clock()
        if now - self._since > SPAN:
            self._since, self._burst = now, 0
        self._burst += 1
        return passage.started >= self._since and (length >= BULK or self._burst > BURST)

    def _new(self, data: bytes | memoryview) -> Passage:
        passage = Passage(self._route, self._way, self.arrived, len(data))
        self._overheard.hear(data)
        TAPE.keep(passage, bytes(data[:KEPT_BYTES]))
        TAPE.append(passage)
        if self._route.stream:
            self._headers.hear(passage, data, self.arrived)
        self.arrived += len(data) if self._route.stream else 1
        return passage

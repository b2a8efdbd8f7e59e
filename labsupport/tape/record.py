"""The one tape of this kernel: what happened, the newest so many events of it.

Threads write on it without a lock, so that a thread that is ended in the middle of a call
cannot leave one locked: each step below is a single operation of a `deque` or an iterator,
which the interpreter does not divide.
"""

from __future__ import annotations

import itertools
import operator
import sys
from collections import deque
from typing import Final

from .carrying import KEPT_BYTES, Carrying
from .events import Event

__all__ = ["LENT", "SMALL", "TAPE", "WHOLE", "Record"]

#: Bytes up to this number are kept whole, as long as their event.
WHOLE: Final = 512
#: Of more bytes than that, so many are kept as long as their event.
SMALL: Final = 64
#: Up to this number the program's own object is held for a while: to copy from it costs a fiftieth of an echo's time.
LENT: Final = 65_536


class Record:
    """A bounded list of events in the order in which they began.

    It holds the newest `events` events.  Of those that carried more than `WHOLE` bytes the newest `payloads` keep up
    to `KEPT_BYTES` each (and hold no object of more than `LENT`), older ones `SMALL`.  What it had to drop it counts:
    `dropped` events, and events whose `forgotten` is true.

    The bounds are small for the processor's sake: a tape that fits its cache costs less.
    """

    def __init__(self, events: int = 16_384, payloads: int = 32) -> None:
        if events < 1 or payloads < 0:
            raise ValueError(f"a tape holds at least one event, not {events} (payloads: {payloads})")
        self._events: deque[Event] = deque(maxlen=events)
        self._limit = events
        self.shelf: deque[tuple[int, bytes]] = deque(maxlen=payloads)
        self._unwritten = itertools.repeat(None, sys.maxsize)  # one less for each event: to count down is one step
        # The two steps of `append`, for who cannot afford a third: write the event down, and count it.
        self.write, self.count = self._events.append, self._unwritten.__next__

    def append(self, event: Event) -> None:
        """Write an event down; when the tape is full the oldest makes room."""
        self.write(event)
        self.count()

    @property
    def dropped(self) -> int:
        """How many of the oldest events had to make room."""
        return max(0, sys.maxsize - operator.length_hint(self._unwritten) - self._limit)

    def keep(self, event: Carrying, data: bytes) -> None:
        """Keep the bytes of `event`: at most `KEPT_BYTES` of them."""
        if len(data) <= WHOLE:
            event.head = data
            event.shelf = None
        else:
            event.head = data[:SMALL]
            event.shelf = self.shelf
            self.shelf.append((event.order, data if len(data) <= LENT else data[:KEPT_BYTES]))

    def events(self, since: int = 0, until: int | None = None) -> list[Event]:
        """The events that began after tick `since` and, if given, not after tick `until`."""
        # All are looked at: a thread that lost the processor between tick and append wrote its event far behind.
        every = list(self._events)
        return [event for event in every if event.order > since and (until is None or event.order <= until)]

    def __len__(self) -> int:
        return len(self._events)


#: What this kernel's sockets write on.
TAPE: Final = Record()

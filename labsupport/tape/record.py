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

from .events import KEPT_BYTES, Call, Event

__all__ = ["TAPE", "Record"]

#: A call's bytes up to this size are kept as long as the call.
SMALL: Final = 64


class Record:
    """A bounded list of events in the order in which they began.

    It holds the newest `events` events.  Of calls that carried more than 64 bytes the newest
    `payloads` (and at most as many again) keep up to `KEPT_BYTES` each, older ones 64.  What it had to drop it counts:
    `dropped` events, and calls whose `forgotten` is true.

    The bounds are small for the processor's sake: a tape that fits its cache costs less.
    """

    def __init__(self, events: int = 16_384, payloads: int = 128) -> None:
        if events < 1 or payloads < 0:
            raise ValueError(f"a tape holds at least one event, not {events} (payloads: {payloads})")
        self._events: deque[Event] = deque(maxlen=events)
        self._limit = events
        self._large: deque[Call] = deque()
        self._payloads = payloads
        self._unwritten = itertools.repeat(None, sys.maxsize)  # one less for each event: to count down is one step

    def append(self, event: Event) -> None:
        """Write an event down; when the tape is full the oldest makes room."""
        self._events.append(event)
        next(self._unwritten)

    @property
    def dropped(self) -> int:
        """How many of the oldest events had to make room."""
        return max(0, sys.maxsize - operator.length_hint(self._unwritten) - self._limit)

    def keep(self, call: Call, data: bytes) -> None:
        """Keep the bytes of `call`: at most `KEPT_BYTES` of them."""
        if len(data) <= SMALL:
            call.data = data
            return
        call.data = data[:KEPT_BYTES]
        self._large.append(call)
        if len(self._large) > 2 * self._payloads:
            self._forget()

    def _forget(self) -> None:
        """Half of the calls that carried much keep only the beginning of it; many at a time, which costs less."""
        while len(self._large) > self._payloads:
            call = self._large.popleft()
            whole = call.data or b""
            call.data = whole[:SMALL]
            if call.result is whole:
                call.result = call.data
            call.forgotten = True

    def events(self, since: int = 0, until: int | None = None) -> list[Event]:
        """The events that began after tick `since` and, if given, not after tick `until`."""
        # All are looked at: a thread that lost the processor between tick and append wrote its event far behind.
        every = list(self._events)
        return [event for event in every if event.order > since and (until is None or event.order <= until)]

    def __len__(self) -> int:
        return len(self._events)


#: What this kernel's sockets write on.
TAPE: Final = Record()

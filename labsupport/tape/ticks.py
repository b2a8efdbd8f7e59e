"""The one order of all events, and the clock that they are timed by."""

from __future__ import annotations

import itertools
import time

__all__ = ["clock", "tick"]

#: The place of an event in the one order of all events.  A count, because two readings of
#: a clock can be equal; `next` on it is atomic.
tick = itertools.count(1).__next__

#: Seconds; only differences mean anything.
clock = time.monotonic

"""A part of the tape, and the questions one asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from .events import Call, Event, newest
from .exchange import Exchange, exchange

__all__ = ["Excerpt"]


class Excerpt:
    """Some events of the tape, in the order in which they began.

    `dropped` says how many older ones the tape no longer had when it was taken.
    """

    def __init__(self, events: Sequence[Event], dropped: int = 0) -> None:
        self._events = list(events)
        self._dropped = dropped

    @property
    def events(self) -> list[Event]:
        """All events: calls, what programs did to wait for each other, and notes."""
        return self._events

    @property
    def dropped(self) -> int:
        """How many older events the tape had lost before this was taken."""
        return self._dropped

    def calls(self, role: str | None = None, op: str | None = None) -> list[Call]:
        """The socket calls, oldest first; only those of `role` ("client", ...), only `op` ("recv", ...)."""
        events = self.events
        calls = [event for event in events if isinstance(event, Call) and (op is None or event.op == op)]
        if role is None:
            return calls
        end = newest(events)
        return [call for call in calls if call.endpoint.role_at(end) == role]

    @cached_property
    def exchange(self) -> Exchange:
        """Which bytes of which send came out of which recv."""
        return exchange(self.events)

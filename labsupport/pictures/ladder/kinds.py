"""Kinds of events: which are part of the picture, which take no time in it, and which always wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from labsupport.tape.events import Call, Endpoint, Event, Note, Program, Sync
from labsupport.tape.streams import RECEIVING, SENDING

from .words import in_progress

__all__ = ["always_waits", "at_once", "drawn", "first_calls"]

_DRAWN: Final = (
    SENDING
    | RECEIVING
    | {"accept", "bind", "close", "connect", "connect_ex", "do_handshake", "listen", "shutdown", "unwrap"}
)
_AT_ONCE: Final = frozenset({"bind", "close", "listen", "shutdown"})
_FOLDED: Final = frozenset({"BlockingIOError", "SSLWantReadError", "SSLWantWriteError"})


def drawn(event: Event) -> bool:
    """Is this event part of the picture?"""
    if isinstance(event, Note):
        return True
    if isinstance(event, Sync):
        return event.kind in ("set", "wait", "join")
    if not isinstance(event, Call):
        return False  # what a link did is drawn with the bytes that it carried
    if event.op not in _DRAWN or event.ending == "again":
        return False
    return event.error is None or event.error.type.__name__ not in _FOLDED or in_progress(event)


def at_once(call: Call) -> bool:
    """It begins and returns in one row: there is nothing that it could wait for."""
    return call.op in _AT_ONCE or in_progress(call)


def always_waits(event: Call | Sync) -> bool:
    """It takes at least one row: a round trip to the other kernel, or all the time that it was given."""
    if isinstance(event, Sync):
        return event.result is False
    if event.op.startswith("connect"):
        return event.endpoint.type == 1
    return event.error is not None and issubclass(event.error.type, TimeoutError)


def first_calls(events: Iterable[Event]) -> dict[Endpoint, dict[Program, Call]]:
    """For each endpoint the first call of each program."""
    found: dict[Endpoint, dict[Program, Call]] = defaultdict(dict)
    for event in events:
        if isinstance(event, Call) and drawn(event):
            found[event.endpoint].setdefault(event.program, event)
    return found

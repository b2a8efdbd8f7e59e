"""The facts by which it shows what is wrong in a server with a limit of connections."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Outcome
from labsupport.tape.events import Endpoint
from labsupport.tape.streams import RECEIVING

__all__ = [
    "BUSY",
    "backlog_is_no_limit",
    "counts_the_refused",
    "never_frees",
    "one_too_many",
    "refuses_without_a_word",
    "resets_the_refused",
    "waits_for_the_refused",
    "waits_in_the_queue",
]

BUSY: Final = b"busy\n"


def _wanted(outcome: Outcome, expected: bytes) -> str:
    """What came in the place of these bytes, or ""."""
    unmet = outcome.unmet
    return unmet.got if unmet is not None and unmet.expected == repr(expected) else ""


def _refused(outcome: Outcome) -> set[Endpoint]:
    """The connections on which the word was sent."""
    return {call.endpoint for call in outcome.sends if (call.data or b"").startswith(b"busy")}


def _who(outcome: Outcome) -> Facts:
    return {"who": outcome.unmet.who if outcome.unmet is not None else "a client"}


def _busy_for_an_echo(outcome: Outcome) -> bool:
    """Somebody was refused who was to be served."""
    unmet = outcome.unmet
    return unmet is not None and unmet.expected != repr(BUSY) and unmet.got.startswith(("b'bus", "only b'bus"))


def waits_in_the_queue(outcome: Outcome) -> Facts | None:
    """One is not accepted, and hears nothing."""
    missing = _wanted(outcome, BUSY) == "nothing" and not outcome.ended
    taken = [call for call in outcome.calls("accept") if call.accepted is not None]
    connected = [call for call in outcome.tape.calls() if call.op == "connect" and not call.error]
    return _who(outcome) if missing and len(taken) < len(connected) and not _refused(outcome) else None


def refuses_without_a_word(outcome: Outcome) -> Facts | None:
    """One is hung up on, and the word was sent to nobody."""
    got = _wanted(outcome, BUSY)
    return _who(outcome) if got.startswith(("the end", "a reset")) and not _refused(outcome) else None


def resets_the_refused(outcome: Outcome) -> Facts | None:
    """A connection on which the word was sent was closed with unread bytes."""
    unread = {call.endpoint for call in outcome.calls("close") if call.ending == "unread"}
    return _who(outcome) if unread & _refused(outcome) and outcome.unmet is not None else None


def never_frees(outcome: Outcome) -> Facts | None:
    """A place is taken by one whose connection was reset."""
    return _who(outcome) if _busy_for_an_echo(outcome) and outcome.failed(ConnectionError, *RECEIVING) else None


def counts_the_refused(outcome: Outcome) -> Facts | None:
    """A place is taken by those who were refused."""
    found = _busy_for_an_echo(outcome) and not outcome.failed(ConnectionError, *RECEIVING)
    return {**_who(outcome), "n": len(_refused(outcome)) - 1} if found and len(_refused(outcome)) > 1 else None


def one_too_many(outcome: Outcome) -> Facts | None:
    """One is served for whom there was no place."""
    served = _wanted(outcome, BUSY).startswith(("b'", "only b'"))
    return _who(outcome) if served and not outcome.calls("listen") else None


def backlog_is_no_limit(outcome: Outcome) -> Facts | None:
    """listen() was called, and one is served for whom there was no place."""
    return _who(outcome) if outcome.calls("listen") and _wanted(outcome, BUSY) else None


def waits_for_the_refused(outcome: Outcome) -> Facts | None:
    """The program waits for one that it has refused, and the next one hears nothing."""
    waits = any(call.open and call.endpoint in _refused(outcome) for call in outcome.receives)
    return _who(outcome) if waits and _wanted(outcome, BUSY) == "nothing" else None

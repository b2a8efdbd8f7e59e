"""The facts by which it shows what is wrong in a server with a limit of connections."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Outcome
from labsupport.exercises.peers import shown
from labsupport.tape.events import Call, Endpoint
from labsupport.tape.streams import RECEIVING

__all__ = [
    "BUSY",
    "backlog_is_no_limit",
    "counts_the_refused",
    "never_frees",
    "one_too_many",
    "refuses_without_a_word",
    "resets_the_refused",
    "says_another_word",
    "stands_behind",
    "waits_for_a_place",
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


def _got_something(outcome: Outcome) -> bool:
    """Somebody was to be refused, and got other bytes."""
    return _wanted(outcome, BUSY).startswith(("b'", "only b'"))


def _words(outcome: Outcome) -> list[bytes]:
    """What was sent, and is no echo: it did not come on that connection."""
    came: dict[Endpoint, bytes] = {}
    for call in outcome.receives:
        came[call.endpoint] = came.get(call.endpoint, b"") + (call.data or b"")
    return [call.data for call in outcome.sends if call.data and call.data not in came.get(call.endpoint, b"")]


def one_too_many(outcome: Outcome) -> Facts | None:
    """One is served for whom there was no place."""
    served = _got_something(outcome) and not _words(outcome)
    return _who(outcome) if served and not outcome.calls("listen") else None


def says_another_word(outcome: Outcome) -> Facts | None:
    """One is refused, in other words."""
    words = _words(outcome) if _got_something(outcome) else []
    return {**_who(outcome), "word": shown(words[0]), "busy": BUSY} if words else None


def backlog_is_no_limit(outcome: Outcome) -> Facts | None:
    """listen() was called, and one is served for whom there was no place."""
    served = _got_something(outcome) and not _words(outcome)
    return _who(outcome) if served and outcome.calls("listen") else None


def waits_for_a_place(outcome: Outcome) -> Facts | None:
    """One was accepted, and nothing at all was done with its connection."""
    used = {call.endpoint for call in outcome.calls()}
    idle = any(call.accepted is not None and call.accepted not in used for call in outcome.calls("accept"))
    return _who(outcome) if idle and _wanted(outcome, BUSY) == "nothing" and not _refused(outcome) else None


def stands_behind(outcome: Outcome) -> bool:
    """Whether the one thread that accepts waited for one that it had refused: till a timeout, or till now."""
    refused = _refused(outcome)
    waited = {call.program for call in outcome.receives if _waited(call) and call.endpoint in refused}
    return bool(waited) and waited == {call.program for call in outcome.calls("accept")}


def _waited(call: Call) -> bool:
    return call.open or (call.error is not None and call.error.type is TimeoutError)


def waits_for_the_refused(outcome: Outcome) -> Facts | None:
    """The thread that accepts waits for one that it has refused."""
    return {} if stands_behind(outcome) else None

"""Exactly n bytes: the starter, what the sender says, and the facts by which mistakes show.

Each sign is called as the mistake is, of which it is the sign.
"""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Outcome, taken
from labsupport.tape.streams import RECEIVING

__all__ = [
    "AFTER",
    "STARTER",
    "WHOLE",
    "asks_after_the_end",
    "asks_for_nothing",
    "changes_the_timeout",
    "hides_the_break",
    "recv_once",
    "returns_half",
    "short_is_no_end",
    "silence_is_no_end",
    "takes_too_much",
    "throws_the_rest_away",
    "waits_for_more",
]

STARTER: Final = '''\
def recv_exactly(sock, n):
    """Return exactly n bytes; raise EOFError if the peer finishes before that."""
    data = b""
    # The web says: data = sock.recv(n)
    raise NotImplementedError
    return data
'''

#: What the sender says: the bytes that are asked for, and those of the next message.
WHOLE: Final = "¡Hola, Zoë!".encode()
AFTER: Final = b"next"


# --- the signs of mistakes -------------------------------------------------------------------


def _pieces(outcome: Outcome) -> tuple[bytes, bytes] | None:
    """What came and what was to come, where both are bytes."""
    result, whole = outcome.result, outcome.returns
    return (result, whole) if isinstance(result, bytes) and isinstance(whole, bytes) else None


def recv_once(outcome: Outcome) -> Facts | None:
    """The beginning came back."""
    got, whole = _pieces(outcome) or (b"", b"")
    return {"k": len(got), "n": len(whole)} if got and len(got) < len(whole) and whole.startswith(got) else None


def short_is_no_end(outcome: Outcome) -> Facts | None:
    """EOFError, where no recv() had given b''."""
    receives = outcome.receives
    early = outcome.raised(EOFError) and bool(receives) and bool(outcome.returns) and isinstance(outcome.returns, bytes)
    return {"k": receives[-1].length} if early and all(call.length for call in receives) else None


def waits_for_more(outcome: Outcome) -> Facts | None:
    """All had come, nothing else was there, and recv() was called once more; or only the last piece came back."""
    whole, got = outcome.returns, outcome.result
    if not isinstance(whole, bytes) or taken(outcome) != len(whole) or outcome.deaf() is not None:
        return None
    waits = not outcome.ended and outcome.waiting is not None and outcome.waiting.op in RECEIVING
    last = isinstance(got, bytes) and 0 < len(got) < len(whole) and whole.endswith(got)
    pieces = [call.data for call in outcome.receives if call.data]
    return {"n": len(whole), "last": pieces[-1]} if pieces and (waits or last) else None


def takes_too_much(outcome: Outcome) -> Facts | None:
    """Returned too much, or never met the number that it waits for."""
    whole = outcome.returns
    got = outcome.result if outcome.ended else outcome.received
    if not isinstance(whole, bytes) or not isinstance(got, bytes):
        return None
    return {"k": len(got), "n": len(whole)} if len(got) > len(whole) and got.startswith(whole) else None


def throws_the_rest_away(outcome: Outcome) -> Facts | None:
    """The next message is asked for, and its bytes have been taken out of the socket with the one before."""
    asked_next = outcome.returns == AFTER and outcome.result != AFTER
    first = [call for call in outcome.receives if call.offset < len(WHOLE)]
    over = max((call.offset + (call.length or 0) for call in first), default=0) - len(WHOLE)
    return {"k": over, "n": len(WHOLE)} if asked_next and over > 0 else None


def asks_after_the_end(outcome: Outcome) -> Facts | None:
    """recv() gave b'' and was called again and again."""
    spins = outcome.deaf() is not None and not outcome.ended and taken(outcome) < len(WHOLE)
    return {"k": taken(outcome), "n": len(WHOLE)} if spins else None


def returns_half(outcome: Outcome) -> Facts | None:
    """What had come was returned, where the peer had finished."""
    half = outcome.raises is EOFError and isinstance(outcome.result, bytes)
    return {"k": len(outcome.received), "n": len(WHOLE)} if half else None


def hides_the_break(outcome: Outcome) -> Facts | None:
    """No error, where a recv() had raised that the connection broke."""
    hidden = outcome.raises is ConnectionError and outcome.ended and outcome.error is None
    return {"k": len(outcome.received)} if hidden and outcome.failed(ConnectionError, *RECEIVING) else None


def silence_is_no_end(outcome: Outcome) -> Facts | None:
    """No TimeoutError, where a recv() had raised one."""
    hidden = outcome.raises is TimeoutError and outcome.ended and not isinstance(outcome.error, TimeoutError)
    return {"k": len(outcome.received)} if hidden and outcome.failed(TimeoutError, *RECEIVING) else None


def changes_the_timeout(outcome: Outcome) -> Facts | None:
    """It still waited when the socket's own timeout was long over, for it had set another."""
    calls = outcome.calls("settimeout", "setblocking")
    other = outcome.raises is TimeoutError and not outcome.ended and bool(calls)
    return {"call": f"{calls[-1].op}({', '.join(map(str, calls[-1].asked))})"} if other else None


def asks_for_nothing(outcome: Outcome) -> Facts | None:
    """EOFError, where no byte was asked for."""
    return {} if outcome.returns == b"" and outcome.raised(EOFError) else None

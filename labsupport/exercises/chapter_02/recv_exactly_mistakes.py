"""What goes wrong where exactly n bytes are read, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill, taken
from labsupport.tape.streams import RECEIVING

__all__ = ["AFTER", "MISTAKES", "STARTER", "WHOLE"]

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


def _recv_once(outcome: Outcome) -> Facts | None:
    got, whole = _pieces(outcome) or (b"", b"")
    return {"k": len(got), "n": len(whole)} if got and len(got) < len(whole) and whole.startswith(got) else None


def _takes_too_much(outcome: Outcome) -> Facts | None:
    """Returned too much, or never met the number that it waits for."""
    whole = outcome.returns
    got = outcome.result if outcome.ended else outcome.received
    if not isinstance(whole, bytes) or not isinstance(got, bytes):
        return None
    return {"k": len(got), "n": len(whole)} if len(got) > len(whole) and got.startswith(whole) else None


def _throws_the_rest_away(outcome: Outcome) -> Facts | None:
    """The next message is asked for, and its bytes have been taken out of the socket with the one before."""
    asked_next = outcome.returns == AFTER and outcome.result != AFTER
    first = [call for call in outcome.receives if call.offset < len(WHOLE)]
    over = max((call.offset + (call.length or 0) for call in first), default=0) - len(WHOLE)
    return {"k": over, "n": len(WHOLE)} if asked_next and over > 0 else None


def _asks_after_the_end(outcome: Outcome) -> Facts | None:
    spins = outcome.deaf() is not None and not outcome.ended and taken(outcome) < len(WHOLE)
    return {"k": taken(outcome), "n": len(WHOLE)} if spins else None


def _returns_half(outcome: Outcome) -> Facts | None:
    half = outcome.raises is EOFError and isinstance(outcome.result, bytes)
    return {"k": len(outcome.received), "n": len(WHOLE)} if half else None


def _hides_the_break(outcome: Outcome) -> Facts | None:
    hidden = outcome.raises is ConnectionError and outcome.ended and outcome.error is None
    return {"k": len(outcome.received)} if hidden and outcome.failed(ConnectionError, *RECEIVING) else None


def _silence_is_no_end(outcome: Outcome) -> Facts | None:
    hidden = outcome.raises is TimeoutError and outcome.ended and not isinstance(outcome.error, TimeoutError)
    return {"k": len(outcome.received)} if hidden and outcome.failed(TimeoutError, *RECEIVING) else None


def _asks_for_nothing(outcome: Outcome) -> Facts | None:
    return {} if outcome.returns == b"" and outcome.raised(EOFError) else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "recv_once",
        fill(STARTER, "data = sock.recv(n)"),
        "recv(n) returns at most n: you got {k} of {n} bytes and took them for all. Ask again for the rest.",
        _recv_once,
        {"k": 5, "n": len(WHOLE)},
    ),
    Mistake(
        "takes_too_much",
        fill(
            STARTER,
            """
            while len(data) < n:
                chunk = sock.recv(4096)
                if not chunk:
                    raise EOFError
                data += chunk
            """,
        ),
        "You took {k} bytes where {n} were asked: the extra ones are the beginning of the next message, and now "
        "they are lost to whoever reads that. Ask for n - len(data).",
        _takes_too_much,
        {"k": len(WHOLE + AFTER), "n": len(WHOLE)},
    ),
    Mistake(
        "throws_the_rest_away",
        fill(
            STARTER,
            """
            while len(data) < n:
                chunk = sock.recv(4096)
                if not chunk:
                    raise EOFError
                data += chunk
            data = data[:n]
            """,
        ),
        "The {n} bytes are right, but you took {k} more out of the socket and cut them off. They were the next "
        "message, and nobody can read them any more. Take no more than are missing: n - len(data).",
        _throws_the_rest_away,
        {"k": len(AFTER), "n": len(WHOLE)},
    ),
    Mistake(
        "asks_after_the_end",
        fill(STARTER, "while len(data) < n:\n    data += sock.recv(n - len(data))"),
        "The peer left after {k} of {n} bytes. recv() now returns b'' at once, for ever, and your loop cannot end: "
        "b'' must end it.",
        _asks_after_the_end,
        {"k": 5, "n": len(WHOLE)},
    ),
    Mistake(
        "returns_half",
        fill(
            STARTER,
            """
            while len(data) < n:
                chunk = sock.recv(n - len(data))
                if not chunk:
                    break
                data += chunk
            """,
        ),
        "The peer finished after {k} of {n} bytes, and you returned those {k} as if they were all. "
        "Whoever asked for {n} relies on getting {n}: raise EOFError.",
        _returns_half,
        {"k": 5, "n": len(WHOLE)},
    ),
    Mistake(
        "asks_for_nothing",
        fill(
            STARTER,
            """
            while True:
                chunk = sock.recv(n - len(data))
                if not chunk:
                    raise EOFError
                data += chunk
                if len(data) == n:
                    break
            """,
        ),
        "0 bytes were asked, and you called recv(0). It gives b'' because nothing was wanted, not because the peer has "
        "finished. Look first whether any byte is missing, then ask.",
        _asks_for_nothing,
    ),
    Mistake(
        "hides_the_break",
        fill(
            STARTER,
            """
            while len(data) < n:
                try:
                    chunk = sock.recv(n - len(data))
                except ConnectionError:
                    break
                if not chunk:
                    raise EOFError
                data += chunk
            """,
        ),
        "The connection broke after {k} bytes, and you returned them as if they were all. Let the exception through: "
        "whoever called you must know.",
        _hides_the_break,
        {"k": 5},
    ),
    Mistake(
        "silence_is_no_end",
        fill(
            STARTER,
            """
            while len(data) < n:
                try:
                    chunk = sock.recv(n - len(data))
                except TimeoutError:
                    raise EOFError
                if not chunk:
                    raise EOFError
                data += chunk
            """,
        ),
        "The peer fell silent after {k} bytes, the socket's timeout was over, and you took that for the end. Silence "
        "is not the end: only b'' is. Let TimeoutError through.",
        _silence_is_no_end,
        {"k": 5},
    ),
)

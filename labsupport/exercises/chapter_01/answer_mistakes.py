"""What goes wrong where a whole answer is read, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill
from labsupport.tape.events import Call
from labsupport.tape.streams import RECEIVING

__all__ = ["MISTAKES", "STARTER"]

STARTER: Final = """\
import socket


def whole_answer(address):
    with socket.create_connection(address, timeout=2) as sock:
        # The web says: return sock.recv(1024)
        raise NotImplementedError
"""


# --- the signs of mistakes -------------------------------------------------------------------


def _lacks_its_end(outcome: Outcome) -> bool:
    """A result that is the beginning of what was sent, and not all."""
    whole = outcome.returns
    if _strips(outcome) is not None:
        return False
    return (
        isinstance(outcome.result, bytes) and isinstance(whole, bytes) and bool(outcome.result)
        and whole != outcome.result and whole.startswith(outcome.result)
    )  # fmt: skip


def _one_recv(outcome: Outcome) -> Facts | None:
    if not _lacks_its_end(outcome) or len(outcome.receives) != 1:
        return None
    return {"call": f"recv({outcome.receives[0].asked[0]})", "k": len(outcome.received)}


def _stops_at_a_short_piece(outcome: Outcome) -> Facts | None:
    if not _lacks_its_end(outcome) or len(outcome.receives) < 2:
        return None
    *earlier, last = outcome.receives
    if _shorts(earlier):
        return None
    if not last.asked or not isinstance(last.asked[0], int) or not 0 < (last.length or 0) < last.asked[0]:
        return None
    return {"n": last.length, "asked": last.asked[0]}


def _shorts(calls: list[Call]) -> list[Call]:
    """Those that gave less than they were asked for."""
    return [
        call for call in calls if call.asked and isinstance(call.asked[0], int) and (call.length or 0) < call.asked[0]
    ]


def _counts_pieces(outcome: Outcome) -> Facts | None:
    if not _lacks_its_end(outcome) or not _shorts(outcome.receives[:-1]) or _silence_is_no_end(outcome) is not None:
        return None
    return None if outcome.deaf() is not None else {"n": len(outcome.receives)}


def _silence_is_no_end(outcome: Outcome) -> Facts | None:
    return {} if _lacks_its_end(outcome) and outcome.failed(TimeoutError, *RECEIVING) else None


def _strips(outcome: Outcome) -> Facts | None:
    result, whole = outcome.result, outcome.returns
    if not isinstance(result, bytes) or not isinstance(whole, bytes) or result == whole:
        return None
    return {"n": len(whole) - len(result)} if result and result == whole.strip() else None


def _keeps_the_last_piece(outcome: Outcome) -> Facts | None:
    whole, result = outcome.returns, outcome.result
    if not isinstance(result, bytes) or not isinstance(whole, bytes) or not result or result == whole:
        return None
    return {"n": len(result)} if whole.endswith(result) else None


def _asks_after_the_end(outcome: Outcome) -> Facts | None:
    return {} if outcome.deaf() is not None else None


def _hides_the_break(outcome: Outcome) -> Facts | None:
    if outcome.raises is None or outcome.error is not None or not outcome.ended:
        return None
    kept = bool(outcome.received) and outcome.result == outcome.received
    return {"k": len(outcome.received)} if kept and outcome.failed(ConnectionError) else None


def _decodes_pieces(outcome: Outcome) -> Facts | None:
    error = outcome.error
    return {"piece": bytes(error.object)} if isinstance(error, UnicodeDecodeError) else None


def _returns_text(outcome: Outcome) -> Facts | None:
    return {} if isinstance(outcome.result, str) and outcome.result.encode() == outcome.returns else None


MISTAKES: Final = (
    Mistake(
        "one_recv",
        fill(STARTER, "return sock.recv(1024)"),
        "You called {call} once, got {k} bytes and took them for all. recv() gives what has arrived by then; "
        "the server had more to say. Ask again until you get b''; if you have a loop, your `return` is inside it.",
        _one_recv,
        {"call": "recv(1024)", "k": 1024},
    ),
    Mistake(
        "stops_at_a_short_piece",
        fill(
            STARTER,
            """
            answer = b""
            while True:
                chunk = sock.recv(1024)
                answer += chunk
                if len(chunk) < 1024:
                    break
            return answer
            """,
        ),
        "You stopped at a chunk of {n} bytes because it was shorter than {asked}. "
        "A short chunk only says what had arrived by then; the end is b''.",
        _stops_at_a_short_piece,
        {"n": 7, "asked": 1024},
    ),
    Mistake(
        "counts_pieces",
        fill(
            STARTER,
            """
            answer = b""
            for i in range(10):
                answer += sock.recv(1024)
            return answer
            """,
        ),
        "You called recv() {n} times and stopped, and the server had more to say. Nobody knows beforehand how many "
        "pieces there will be: only b'' is the end.",
        _counts_pieces,
        {"n": 10},
    ),
    Mistake(
        "silence_is_no_end",
        fill(
            STARTER,
            """
            sock.settimeout(0.2)
            answer = b""
            try:
                while chunk := sock.recv(1024):
                    answer += chunk
            except TimeoutError:
                pass
            return answer
            """,
        ),
        "Your timeout was over before the server spoke again, and you took its pause for the end. "
        "Silence says nothing; only b'' says that the server has finished.",
        _silence_is_no_end,
    ),
    Mistake(
        "strips",
        fill(
            STARTER,
            """
            answer = b""
            while chunk := sock.recv(1024):
                answer += chunk
            return answer.strip()
            """,
        ),
        "strip() threw {n} of the bytes away: white space at the end of the answer. Every byte is asked for, "
        "and a line end is one.",
        _strips,
        {"n": 1},
    ),
    Mistake(
        "keeps_the_last_piece",
        fill(
            STARTER,
            """
            answer = b""
            while (chunk := sock.recv(1024)) != b"":
                answer = chunk
            return answer
            """,
        ),
        "You kept only the last piece ({n} bytes). Add each chunk to those before it.",
        _keeps_the_last_piece,
        {"n": 12},
    ),
    Mistake(
        "asks_after_the_end",
        fill(
            STARTER,
            """
            answer = b""
            while True:
                answer += sock.recv(1024)
            return answer
            """,
        ),
        "recv() gave b'': the server has finished, and every later recv() gives b'' at once. Your loop asked "
        "again and "
        "again, more than a hundred times before it was stopped. b'' must end it.",
        _asks_after_the_end,
    ),
    Mistake(
        "hides_the_break",
        fill(
            STARTER,
            """
            answer = b""
            try:
                while chunk := sock.recv(1024):
                    answer += chunk
            except OSError:
                pass
            return answer
            """,
        ),
        "The connection broke after {k} bytes, and you returned them as if they were all. "
        "Whoever called you cannot tell half an answer from a whole one: let the exception through.",
        _hides_the_break,
        {"k": 8},
    ),
    Mistake(
        "decodes_pieces",
        fill(
            STARTER,
            """
            answer = ""
            while chunk := sock.recv(1024):
                answer += chunk.decode()
            return answer.encode()
            """,
        ),
        "You decoded one piece, {piece!r}, and it ends in the middle of a character: the rest of it is in the next "
        "piece. Put the bytes together first; decode the whole, if text is wanted.",
        _decodes_pieces,
        {"piece": b"un caf\xc3"},
    ),
    Mistake(
        "returns_text",
        fill(
            STARTER,
            """
            answer = b""
            while chunk := sock.recv(1024):
                answer += chunk
            return answer.decode()
            """,
        ),
        "All bytes are there, and you turned them into text. Here the bytes themselves are asked: "
        "not every answer is text, and whoever called you may know what it is.",
        _returns_text,
    ),
)

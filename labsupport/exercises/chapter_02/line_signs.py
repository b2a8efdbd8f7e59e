"""A reader of lines: the starter, what the check sends, and the facts by which mistakes show.

Each sign is called as the mistake is, of which it is the sign.
"""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Outcome, taken

__all__ = [
    "ENDLESS",
    "FULL",
    "HALF",
    "HALVES",
    "LIMIT",
    "LOOSE",
    "PAIR",
    "SHORT",
    "STARTER",
    "STRANGER",
    "TOLD",
    "asks_after_the_end",
    "counts_the_end",
    "counts_the_whole_end",
    "forgets_at_a_timeout",
    "keeps_the_end",
    "limits_only_the_wait",
    "limits_the_buffer",
    "looks_in_the_chunk",
    "makefile_after_a_timeout",
    "no_limit",
    "one_buffer_for_all",
    "returns_all_that_came",
    "returns_half_a_line",
    "splits_at_every_newline",
    "takes_an_empty_line_for_the_end",
    "takes_the_end_for_a_line",
    "throws_the_rest_away",
]

STARTER: Final = '''\
class LineReader:
    """Lines from a stream: reader = line_reader(sock, limit), then reader.readline() for each."""

    def __init__(self, sock, limit):
        self.sock = sock
        self.limit = limit
        self.rest = b""  # what has come and was not returned yet

    def readline(self):
        """Return the next line, as bytes, without its end; None after the last one."""
        raise NotImplementedError


line_reader = LineReader
'''

#: The most bytes that a line may have in the check, its end not counted.
LIMIT: Final = 100
#: Two lines that come at once; a line whose end is cut; and how many bytes come of a line that never ends.
PAIR: Final = (b"uno", b"dos")
TOLD: Final = "¿qué tal?".encode()
ENDLESS: Final = 2000
#: Half a line; the halves of another, with a silence between; and somebody else's line.
HALF: Final = b"med"
HALVES: Final = (b"mi", b"tad")
STRANGER: Final = b"tres"
#: A line of the full length, one of several short ones, and one with a \n and a \r in it that are no end.
FULL: Final = b"y" * LIMIT
SHORT: Final = b"z" * 40
LOOSE: Final = b"uno\ndos\rtres"


# --- the signs of mistakes -------------------------------------------------------------------


def keeps_the_end(outcome: Outcome) -> Facts | None:
    """The line came back with its end, or half of it."""
    line, result = outcome.returns, outcome.result
    kept = isinstance(line, bytes) and isinstance(result, bytes) and result in (line + b"\r\n", line + b"\r")
    return {"result": result} if kept else None


def throws_the_rest_away(outcome: Outcome) -> Facts | None:
    """The second line of the pair was taken, and never returned."""
    lost = outcome.returns == PAIR[1] and outcome.result != PAIR[1] and keeps_the_end(outcome) is None
    return {"first": PAIR[0], "second": PAIR[1]} if lost and PAIR[1] in outcome.received else None


def returns_all_that_came(outcome: Outcome) -> Facts | None:
    """More than one line came back at once."""
    line, result = outcome.returns, outcome.result
    more = isinstance(line, bytes) and isinstance(result, bytes) and result.startswith(line + b"\r\n")
    return {"result": result} if more and keeps_the_end(outcome) is None else None


def one_buffer_for_all(outcome: Outcome) -> Facts | None:
    """One reader returned a line of the other's."""
    mixed = outcome.returns == STRANGER and outcome.result == PAIR[1]
    return {"got": PAIR[1], "right": STRANGER} if mixed else None


def looks_in_the_chunk(outcome: Outcome) -> Facts | None:
    """The whole line was taken, its end in two pieces, and it was not found."""
    here = outcome.returns == TOLD and outcome.received == TOLD + b"\r\n"
    return {} if here and outcome.result is None else None


def takes_an_empty_line_for_the_end(outcome: Outcome) -> Facts | None:
    """None, where an empty line had come."""
    return {} if outcome.returns == b"" and outcome.result is None and outcome.ended and not outcome.error else None


def takes_the_end_for_a_line(outcome: Outcome) -> Facts | None:
    """An empty line, where the stream had ended."""
    return {} if outcome.returns is None and outcome.result == b"" else None


def asks_after_the_end(outcome: Outcome) -> Facts | None:
    """The end was met, and recv() was called again."""
    over = outcome.returns is None or outcome.raises is EOFError
    return {} if over and outcome.deaf() is not None else None


def returns_half_a_line(outcome: Outcome) -> Facts | None:
    """Half a line, or None, where the peer had left in the middle of one."""
    half = outcome.raises is EOFError and outcome.ended and outcome.error is None
    return {"half": HALF, "result": outcome.result} if half and outcome.result in (HALF, None) else None


def no_limit(outcome: Outcome) -> Facts | None:
    """All of a line without end was taken."""
    read_on = outcome.raises is ValueError and taken(outcome) == ENDLESS
    return {"limit": LIMIT, "k": ENDLESS} if read_on else None


def limits_only_the_wait(outcome: Outcome) -> Facts | None:
    """A line that is too long came back."""
    long = outcome.raises is ValueError and isinstance(outcome.result, bytes)
    return {"limit": LIMIT, "k": len(outcome.result)} if long and isinstance(outcome.result, bytes) else None


def limits_the_buffer(outcome: Outcome) -> Facts | None:
    """Short lines were refused because there were several."""
    return {"n": len(SHORT), "limit": LIMIT} if outcome.returns == SHORT and outcome.raised(ValueError) else None


def counts_the_end(outcome: Outcome) -> Facts | None:
    """A line of the full length was refused."""
    return {"limit": LIMIT} if _refuses_the_full(outcome) and taken(outcome) <= LIMIT + 1 else None


def counts_the_whole_end(outcome: Outcome) -> Facts | None:
    """The same, when its whole end had come."""
    return {"limit": LIMIT} if _refuses_the_full(outcome) and taken(outcome) > LIMIT + 1 else None


def _refuses_the_full(outcome: Outcome) -> bool:
    return outcome.returns == FULL and outcome.raised(ValueError)


def forgets_at_a_timeout(outcome: Outcome) -> Facts | None:
    """Only the half came back that had come after the timeout."""
    lost = outcome.returns == b"".join(HALVES) and outcome.result == HALVES[1]
    return {"lost": HALVES[0], "whole": b"".join(HALVES)} if lost else None


def makefile_after_a_timeout(outcome: Outcome) -> Facts | None:
    """A file object, which refuses to go on after a timeout."""
    return {"error": outcome.error} if outcome.raised(OSError, "timed out object") else None


def splits_at_every_newline(outcome: Outcome) -> Facts | None:
    """The line was cut at one of its own line feeds or carriage returns."""
    parts = (LOOSE[:3], LOOSE[:7])
    return {"result": outcome.result} if outcome.returns == LOOSE and outcome.result in parts else None

"""Facts by which mistakes with messages show.

Each sign is called as the mistake is, of which it is the sign, or nearly so.
"""

from __future__ import annotations

from labsupport.exercises.engine import Facts, Outcome, taken

from .messages_program import FIRST, HUGE, MAXIMUM

__all__ = [
    "body_in_one_recv",
    "counts_characters",
    "counts_characters_that_come",
    "header_in_pieces",
    "hides_the_end",
    "int_of_bytes",
    "no_maximum",
    "other_byte_order",
    "refuses_a_short_text",
    "refuses_the_maximum",
    "returns_bytes",
    "send_for_sendall",
    "sends_the_other_order",
    "short_header",
    "takes_too_much",
    "tuple_for_a_number",
]


def _length(outcome: Outcome) -> int | None:
    """How many bytes the text has that was to be returned."""
    return len(outcome.returns.encode()) if isinstance(outcome.returns, str) else None


def _bytes(n: int) -> str:
    return f"{n} byte{'' if n == 1 else 's'}"


def _asked(outcome: Outcome) -> list[int]:
    """How many bytes were asked for, call by call."""
    return [call.asked[0] if call.asked and isinstance(call.asked[0], int) else 0 for call in outcome.receives]


def _sent(outcome: Outcome) -> bytes:
    return b"".join(call.data or b"" for call in outcome.sends if call.error is None)


def header_in_pieces(outcome: Outcome) -> Facts | None:
    """The first piece of the header was taken for all of it."""
    receives, asked = outcome.receives, _asked(outcome)
    if _length(outcome) is None or not receives or asked[0] < 4:
        return None
    k = receives[0].length or 0
    went_on = asked[1:2] == [4 - k]
    return {"k": k, "rest": 4 - k} if 0 < k < 4 and not went_on else None


def short_header(outcome: Outcome) -> Facts | None:
    """Fewer than four bytes were asked for and taken."""
    short = _length(outcome) is not None and outcome.ended and 0 < taken(outcome) < 4 and _asked(outcome)[0] < 4
    return {"k": _bytes(taken(outcome))} if short else None


def other_byte_order(outcome: Outcome) -> Facts | None:
    """The length was read with its little end first: so much was asked for, or the error names it."""
    header = outcome.received[:4]
    if _length(outcome) is None or len(header) < 4 or header_in_pieces(outcome) is not None:
        return None
    right, wrong = (int.from_bytes(header, order) for order in ("big", "little"))
    refused = _refused(outcome) and right < MAXIMUM < wrong and _names(outcome, wrong)
    return {"right": right, "wrong": wrong} if refused or wrong in _asked(outcome) else None


def _refused(outcome: Outcome) -> bool:
    """ValueError when the header had come and nothing of the text; not one of int(), which has its own mistake."""
    return outcome.raised(ValueError) and taken(outcome) == 4 and int_of_bytes(outcome) is None


def _names(outcome: Outcome, number: int) -> bool:
    """Whether the error has this number in it."""
    return any(outcome.raised(ValueError, text) for text in (str(number), f"{number:,}"))


def refuses_a_short_text(outcome: Outcome) -> Facts | None:
    """ValueError, where the length was allowed and nothing says that it was read in the other order."""
    right, wrong = (int.from_bytes(outcome.received[:4], order) for order in ("big", "little"))
    refused = _length(outcome) is not None and _refused(outcome) and right < MAXIMUM and not _names(outcome, wrong)
    return {"right": right, "wrong": wrong, "maximum": MAXIMUM} if refused else None


def int_of_bytes(outcome: Outcome) -> Facts | None:
    """int() was given the four bytes."""
    given = outcome.raised(ValueError, "invalid literal for int()") and taken(outcome) == 4
    return {"header": outcome.received[:4]} if given and _length(outcome) is not None else None


def tuple_for_a_number(outcome: Outcome) -> Facts | None:
    """A TypeError that names a tuple, when the header was there."""
    wrong = _length(outcome) is not None and outcome.raised(TypeError, "'tuple'") and taken(outcome) >= 4
    return {"length": (int.from_bytes(outcome.received[:4], "big"),)} if wrong else None


def returns_bytes(outcome: Outcome) -> Facts | None:
    """The bytes came back, or how they are written."""
    data = outcome.returns.encode() if isinstance(outcome.returns, str) else b""
    raw = data and isinstance(outcome.result, bytes | str) and outcome.result in (data, str(data))
    return {"result": outcome.result} if raw and outcome.ended else None


def counts_characters_that_come(outcome: Outcome) -> Facts | None:
    """So many characters came back as there were to be bytes."""
    text, result = outcome.returns, outcome.result
    if not isinstance(text, str) or not isinstance(result, str) or not result.startswith(text):
        return None
    n = len(text.encode())
    counted = text == FIRST and len(text) < n == len(result)
    return {"n": n, "chars": len(text), "k": _bytes(taken(outcome) - 4 - n)} if counted else None


def sends_the_other_order(outcome: Outcome) -> Facts | None:
    """The length went out with its little end first."""
    header, body = _sent(outcome)[:4], len(FIRST.encode())
    swapped = outcome.unmet is not None and header == body.to_bytes(4, "little")
    return {"sent": header, "right": header[::-1]} if swapped else None


def body_in_one_recv(outcome: Outcome) -> Facts | None:
    """A part of the text was taken for all of it."""
    length, k = _length(outcome), taken(outcome) - 4
    if length is None or header_in_pieces(outcome) is not None or not 0 < k < length:
        return None
    if outcome.receives[-1].length == _asked(outcome)[-1]:  # it got what it wanted: so it wanted too little
        return None
    cut = (outcome.raised(UnicodeDecodeError) and _asked(outcome)[-1] >= length) or (
        isinstance(outcome.result, str) and outcome.ended
    )
    return {"k": k, "n": length} if cut else None


def takes_too_much(outcome: Outcome) -> Facts | None:
    """One call took the end of the first message, and the beginning of the next."""
    n = len(FIRST.encode())
    ends = [call.offset + (call.length or 0) for call in outcome.receives if 4 <= call.offset < 4 + n]
    over = max(ends, default=0) - 4 - n
    if counts_characters_that_come(outcome) is not None:
        return None
    return {"k": _bytes(over), "n": n} if over > 0 and outcome.ended and outcome.returns in (FIRST, "") else None


def counts_characters(outcome: Outcome) -> Facts | None:
    """The number of characters was announced."""
    sent = _sent(outcome)
    header, body = sent[:4], FIRST.encode()
    counted = outcome.unmet is not None and header == len(FIRST).to_bytes(4, "big") and sent[4:].startswith(body)
    return {"chars": len(FIRST), "bytes": len(body)} if counted else None


def no_maximum(outcome: Outcome) -> Facts | None:
    """The text was read although it was announced too long."""
    too_long = outcome.raises is ValueError or outcome.case.holds(outcome) != ""
    return {"huge": HUGE, "maximum": MAXIMUM} if too_long and taken(outcome) > 4 else None


def refuses_the_maximum(outcome: Outcome) -> Facts | None:
    """A text of just the longest length was refused."""
    at_most = outcome.raised(ValueError) and _length(outcome) == MAXIMUM
    return {"maximum": MAXIMUM} if at_most else None


def hides_the_end(outcome: Outcome) -> Facts | None:
    """An empty text, or None, where the peer had finished."""
    hidden = outcome.raises is EOFError and outcome.ended and outcome.error is None
    return {"result": outcome.result} if hidden and outcome.result in ("", None) else None


def send_for_sendall(outcome: Outcome) -> Facts | None:
    """send() was called, and something is missing."""
    sends = outcome.calls("send")
    if outcome.unmet is None or not sends or outcome.calls("sendall"):
        return None
    return {"k": sum(call.length or 0 for call in sends)} if "only" in outcome.unmet.got else None

"""What goes wrong where a peer is written to break a reader, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill
from labsupport.tape.streams import RECEIVING

__all__ = ["CUT_OFF", "LONGEST", "MISTAKES", "RIGHT_ONE", "STARTER", "SURVIVED", "behind", "pieces"]

STARTER: Final = """\
def break_this_reader(connection):
    # connection.sendall(...) as often as you like: what one call sends arrives as one piece.
    raise NotImplementedError
"""

#: The most bytes that the peer may send.
LONGEST: Final = 16
RIGHT_ONE: Final = "a right reader"
#: What a right reader got of a message that is not whole, and the wrong one of one that it could read.
CUT_OFF: Final = "the end in the middle of it"
SURVIVED: Final = "a message that it reads as it should"


def pieces(outcome: Outcome) -> list[bytes]:
    """What the learner's calls sent, call by call."""
    return [call.data for call in outcome.sends if call.data and call.error is None]


def behind(outcome: Outcome) -> bytes:
    """What was sent after the message."""
    sent = b"".join(pieces(outcome))
    return sent[2 + int.from_bytes(sent[:2], "big") :]


# --- the signs of mistakes -------------------------------------------------------------------


def _survived(outcome: Outcome) -> list[bytes]:
    """The pieces that the wrong reader could read, or none."""
    survived = outcome.unmet is not None and outcome.unmet.got == SURVIVED
    return pieces(outcome) if survived and _four_bytes_of_length(outcome) is None else []


def _four_bytes_of_length(outcome: Outcome) -> Facts | None:
    sent = b"".join(pieces(outcome))
    four = outcome.unmet is not None and len(sent) > 4 and int.from_bytes(sent[:4], "big") == len(sent) - 4
    return {"sent": sent[:4], "right": sent[2:4]} if four else None


def _cut_off(outcome: Outcome) -> bool:
    return outcome.unmet is not None and outcome.unmet.got == CUT_OFF


def _one_piece(outcome: Outcome) -> Facts | None:
    sent = _survived(outcome)
    return {"n": len(sent[0])} if len(sent) == 1 else None


def _cuts_the_text(outcome: Outcome) -> Facts | None:
    sent = _survived(outcome)
    return {"first": sent[0]} if len(sent) > 1 and len(sent[0]) > 1 else None


def _empty_text(outcome: Outcome) -> Facts | None:
    sent = _survived(outcome)
    return {} if len(sent) > 1 and len(sent[0]) == 1 and b"".join(sent)[:2] == b"\0\0" else None


def _says_nothing(outcome: Outcome) -> Facts | None:
    return {} if _cut_off(outcome) and not pieces(outcome) and outcome.error is None else None


def _other_byte_order(outcome: Outcome) -> Facts | None:
    sent = b"".join(pieces(outcome))
    big, little = (int.from_bytes(sent[:2], order) for order in ("big", "little"))
    swapped = _cut_off(outcome) and len(sent) > 2 and little == len(sent) - 2 != big
    return {"big": big, "n": len(sent) - 2, "header": sent[:2]} if swapped else None


def _breaks_everybody(outcome: Outcome) -> Facts | None:
    sent = b"".join(pieces(outcome))
    if outcome.unmet is None or outcome.unmet.who != RIGHT_ONE or not sent or _other_byte_order(outcome) is not None:
        return None
    if not outcome.ended:
        return None
    if not _cut_off(outcome):
        return {"what": outcome.unmet.got}
    n = int.from_bytes(sent[:2], "big")
    came = f"{n} bytes of text were announced, and {len(sent) - 2} came" if len(sent) > 1 else "one byte came"
    return {"what": f"{came}, then the end"}


def _sends_text(outcome: Outcome) -> Facts | None:
    return {} if outcome.raised(TypeError, "bytes-like object", "str") else None


def _waits_for_an_answer(outcome: Outcome) -> Facts | None:
    return {} if outcome.waiting is not None and outcome.waiting.op in RECEIVING else None


def _sends_more(outcome: Outcome) -> Facts | None:
    fair = outcome.unmet is None and outcome.ended and outcome.error is None and _too_long(outcome) is None
    n = int.from_bytes(b"".join(pieces(outcome))[:2], "big")
    announced = f"{n} byte was" if n == 1 else f"{n} bytes were"
    return {"announced": announced, "more": behind(outcome)} if fair and behind(outcome) else None


def _too_long(outcome: Outcome) -> Facts | None:
    n = len(b"".join(pieces(outcome)))
    return {"n": n, "most": LONGEST} if n > LONGEST and outcome.unmet is None and outcome.ended else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "one_piece",
        fill(STARTER, 'connection.sendall(b"\\x00\\x02hi")'),
        "All {n} bytes went out in one call and arrived in one piece: recv(2) of the wrong reader got both bytes of "
        "the length, and it was right. TCP may cut between any two bytes. Send in two calls, and choose where to cut.",
        _one_piece,
        {"n": 4},
    ),
    Mistake(
        "four_bytes_of_length",
        fill(STARTER, 'connection.sendall(b"\\x00")\nconnection.sendall(b"\\x00\\x00\\x05hello")'),
        "You sent four bytes of length, {sent!r}. This protocol has 2 bytes of length here, not 4: the first two say "
        "that the text is empty, and all the rest comes behind the message. Write the length as {right!r}.",
        _four_bytes_of_length,
        {"sent": b"\x00\x00\x00\x05", "right": b"\x00\x05"},
    ),
    Mistake(
        "cuts_the_text",
        fill(STARTER, 'connection.sendall(b"\\x00\\x02h")\nconnection.sendall(b"i")'),
        "Your first piece, {first!r}, has the whole length in it, so recv(2) got what it wanted; and the text is read "
        "with recv_exactly, which puts pieces together. Which two bytes does the reader expect to come together?",
        _cuts_the_text,
        {"first": b"\x00\x02h"},
    ),
    Mistake(
        "empty_text",
        fill(STARTER, 'connection.sendall(b"\\x00")\nconnection.sendall(b"\\x00")'),
        "The cut is in the right place. But you announced an empty text: the wrong reader made 0 of one byte, and 0 "
        "was right, by luck. Announce at least one byte of text, and send it.",
        _empty_text,
    ),
    Mistake(
        "says_nothing",
        fill(STARTER, "connection.close()"),
        "Your peer sent nothing, so there was no message that anybody could read. Send a whole one: two bytes that say "
        "how long the text is, and the text.",
        _says_nothing,
    ),
    Mistake(
        "other_byte_order",
        fill(STARTER, 'connection.sendall(b"\\x02")\nconnection.sendall(b"\\x00hi")'),
        "{header!r} is {big} in big-endian order, and you sent {n} bytes of text: a right reader waits for the others, "
        "too. The most significant byte comes first: b'\\x00' and then the length.",
        _other_byte_order,
        {"header": b"\x02\x00", "big": 512, "n": 2},
    ),
    Mistake(
        "breaks_everybody",
        fill(STARTER, 'connection.sendall(b"\\x00")'),
        "This breaks every reader: {what}. A right reader cannot read that either. Be fair: send "
        "a message that is whole, and cut it where only the wrong reader minds.",
        _breaks_everybody,
        {"what": "one byte came, then the end"},
    ),
    Mistake(
        "sends_text",
        fill(STARTER, 'connection.sendall("\\x00")\nconnection.sendall("\\x02hi")'),
        "Sockets carry bytes, and '...' is text. Write a b before the quotes: b'\\x00' is one byte with the value 0.",
        _sends_text,
    ),
    Mistake(
        "waits_for_an_answer",
        fill(STARTER, 'connection.sendall(b"\\x00")\nconnection.recv(1)\nconnection.sendall(b"\\x02hi")'),
        "Your peer waits in recv() for an answer, and this reader never sends one: each waits for the other. You need "
        "not wait between two calls here, each piece arrives by itself.",
        _waits_for_an_answer,
    ),
    Mistake(
        "too_long",
        fill(STARTER, 'connection.sendall(b"\\x00")\nconnection.sendall(b"\\x14" + b"x" * 20)'),
        "It breaks the wrong reader, and only that one, with {n} bytes; at most {most} are allowed. The shorter a test "
        "is, the plainer is what it shows. How many bytes of text does it need?",
        _too_long,
        {"n": 22, "most": LONGEST},
    ),
    Mistake(
        "sends_more",
        fill(STARTER, 'connection.sendall(b"\\x00")\nconnection.sendall(b"\\x01xyz")'),
        "It breaks the wrong reader, and only that one. But {announced} announced, and {more!r} came behind the "
        "message: to a reader that is the beginning of the next one. Send one message, and announce all of its text.",
        _sends_more,
        {"announced": "1 byte was", "more": b"yz"},
    ),
)

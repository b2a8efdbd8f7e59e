"""What goes wrong where messages have a length before them, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, taken

from .messages_program import FIRST, HUGE, MAXIMUM, RECV, SEND, written

__all__ = ["MISTAKES"]


# --- the signs of mistakes -------------------------------------------------------------------


def _length(outcome: Outcome) -> int | None:
    """How many bytes the text has that was to be returned."""
    return len(outcome.returns.encode()) if isinstance(outcome.returns, str) else None


def _asked(outcome: Outcome) -> list[int]:
    """How many bytes were asked for, call by call."""
    return [call.asked[0] if call.asked and isinstance(call.asked[0], int) else 0 for call in outcome.receives]


def _sent(outcome: Outcome) -> bytes:
    return b"".join(call.data or b"" for call in outcome.sends if call.error is None)


def _header_in_pieces(outcome: Outcome) -> Facts | None:
    receives, asked = outcome.receives, _asked(outcome)
    if _length(outcome) is None or not receives or asked[0] < 4:
        return None
    k = receives[0].length or 0
    went_on = asked[1:2] == [4 - k]
    return {"k": k, "rest": 4 - k} if 0 < k < 4 and not went_on else None


def _short_header(outcome: Outcome) -> Facts | None:
    short = _length(outcome) is not None and outcome.ended and 0 < taken(outcome) < 4 and _asked(outcome)[0] < 4
    return {"k": taken(outcome)} if short else None


def _other_byte_order(outcome: Outcome) -> Facts | None:
    header = outcome.received[:4]
    if _length(outcome) is None or len(header) < 4 or _header_in_pieces(outcome) is not None:
        return None
    right, wrong = (int.from_bytes(header, order) for order in ("big", "little"))
    refused = outcome.raised(ValueError) and taken(outcome) == 4 and right < MAXIMUM < wrong
    return {"right": right, "wrong": wrong} if refused or wrong in _asked(outcome) else None


def _sends_the_other_order(outcome: Outcome) -> Facts | None:
    header, body = _sent(outcome)[:4], len(FIRST.encode())
    swapped = outcome.unmet is not None and header == body.to_bytes(4, "little")
    return {"sent": header, "right": header[::-1]} if swapped else None


def _body_in_one_recv(outcome: Outcome) -> Facts | None:
    length, k = _length(outcome), taken(outcome) - 4
    if length is None or _header_in_pieces(outcome) is not None or not 0 < k < length:
        return None
    cut = outcome.raised(UnicodeDecodeError) or (isinstance(outcome.result, str) and outcome.ended)
    return {"k": k, "n": length} if cut else None


def _takes_too_much(outcome: Outcome) -> Facts | None:
    """One call took the end of the first message, and the beginning of the next."""
    n = len(FIRST.encode())
    ends = [call.offset + (call.length or 0) for call in outcome.receives if 4 <= call.offset < 4 + n]
    over = max(ends, default=0) - 4 - n
    return {"k": over, "n": n} if over > 0 and outcome.ended and outcome.returns in (FIRST, "") else None


def _counts_characters(outcome: Outcome) -> Facts | None:
    sent = _sent(outcome)
    header, body = sent[:4], FIRST.encode()
    counted = outcome.unmet is not None and header == len(FIRST).to_bytes(4, "big") and sent[4:].startswith(body)
    return {"chars": len(FIRST), "bytes": len(body)} if counted else None


def _no_maximum(outcome: Outcome) -> Facts | None:
    too_long = outcome.raises is ValueError or outcome.case.holds(outcome) != ""
    return {"huge": HUGE, "maximum": MAXIMUM} if too_long and taken(outcome) > 4 else None


def _refuses_the_maximum(outcome: Outcome) -> Facts | None:
    at_most = outcome.raised(ValueError) and _length(outcome) == MAXIMUM
    return {"maximum": MAXIMUM} if at_most else None


def _hides_the_end(outcome: Outcome) -> Facts | None:
    hidden = outcome.raises is EOFError and outcome.ended and outcome.error is None
    return {"result": outcome.result} if hidden and outcome.result in ("", None) else None


def _send_for_sendall(outcome: Outcome) -> Facts | None:
    sends = outcome.calls("send")
    if outcome.unmet is None or not sends or outcome.calls("sendall"):
        return None
    return {"k": sum(call.length or 0 for call in sends)} if "only" in outcome.unmet.got else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "header_in_pieces",
        written(
            recv="""
length = int.from_bytes(sock.recv(4), "big")
if length > maximum:
    raise ValueError
return recv_exactly(sock, length).decode()
"""
        ),
        "The 4 bytes of the length came in pieces too (here {k} + {rest}), and you made a number of the first piece. "
        "Read the header with recv_exactly.",
        _header_in_pieces,
        {"k": 1, "rest": 3},
    ),
    Mistake(
        "short_header",
        written(recv=RECV.replace("!I", "!H").replace("(sock, 4)", "(sock, 2)")),
        "You made a length of {k} byte(s), and the protocol has 4 for it: a text may be longer than 255 bytes, or "
        "65,535. Read 4 with recv_exactly, and unpack them with '!I'.",
        _short_header,
        {"k": 2},
    ),
    Mistake(
        "other_byte_order",
        written(recv=RECV.replace("!I", "I")),
        "You read a length of {wrong} where the peer sent {right}: the same four bytes in the other order. "
        "The protocol is big-endian: '!I'.",
        _other_byte_order,
        {"wrong": int.from_bytes(len(FIRST.encode()).to_bytes(4, "big"), "little"), "right": len(FIRST.encode())},
    ),
    Mistake(
        "body_in_one_recv",
        written(recv=RECV.replace("recv_exactly(sock, length)", "sock.recv(length)")),
        "The text came in pieces too: you got {k} of its {n} bytes in one recv() and took them for all. "
        "Read the text with recv_exactly, as the header.",
        _body_in_one_recv,
        {"k": 5, "n": len(FIRST.encode())},
    ),
    Mistake(
        "takes_too_much",
        written(
            recv=RECV.replace(
                "return recv_exactly(sock, length).decode()",
                """\
data = b""
while len(data) < length:
    data += sock.recv(4096)
return data[:length].decode()""",
            )
        ),
        "The text has {n} bytes, and you took {k} more out of the socket: they were the next message, and nobody can "
        "read them any more. Ask for what is missing and no more; recv_exactly does.",
        _takes_too_much,
        {"n": len(FIRST.encode()), "k": 14},
    ),
    Mistake(
        "no_maximum",
        written(
            recv="(length,) = struct.unpack('!I', recv_exactly(sock, 4))\nreturn recv_exactly(sock, length).decode()"
        ),
        "The header announced {huge:,} bytes where {maximum} are the most, and you began to read them. Whoever can "
        "make you wait for four thousand million bytes, or keep them, can stop your program. Compare the length with "
        "`maximum` first, and raise ValueError before you read on.",
        _no_maximum,
        {"huge": HUGE, "maximum": MAXIMUM},
    ),
    Mistake(
        "refuses_the_maximum",
        written(recv=RECV.replace("length > maximum", "length >= maximum")),
        "You refused a text of exactly {maximum} bytes. `maximum` is the most that is allowed, so that many are still "
        "welcome: compare with >.",
        _refuses_the_maximum,
        {"maximum": MAXIMUM},
    ),
    Mistake(
        "hides_the_end",
        written(
            recv=RECV.replace(
                '(length,) = struct.unpack("!I", recv_exactly(sock, 4))',
                'try:\n    (length,) = struct.unpack("!I", recv_exactly(sock, 4))\nexcept EOFError:\n    return ""',
            )
        ),
        "The peer has finished and you returned {result!r}. An empty text is a message too, so whoever called you "
        "cannot tell the end from it: let EOFError through.",
        _hides_the_end,
        {"result": ""},
    ),
    Mistake(
        "counts_characters",
        written(send='sock.sendall(struct.pack("!I", len(text)) + text.encode())'),
        "You announced {chars} and sent {bytes} bytes: 'ë' is one character and two bytes. Encode first, then count.",
        _counts_characters,
        {"chars": len(FIRST), "bytes": len(FIRST.encode())},
    ),
    Mistake(
        "sends_the_other_order",
        written(send=SEND.replace("!I", "I")),
        "You sent the length as {sent!r}, and the protocol wants {right!r}: big-endian, the most significant byte "
        "first. That is '!I'.",
        _sends_the_other_order,
        {
            "sent": len(FIRST.encode()).to_bytes(4, "little"),
            "right": len(FIRST.encode()).to_bytes(4, "big"),
        },
    ),
    Mistake(
        "send_for_sendall",
        written(send=SEND.replace("sendall", "send")),
        "send() takes as many bytes as there is room for, and says how many: here {k}. The rest of the message was "
        "never sent. sendall() goes on until all are gone.",
        _send_for_sendall,
        {"k": 1000},
    ),
)

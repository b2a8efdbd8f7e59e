"""What goes wrong where messages have a length before them."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Mistake

from . import messages_signs as signs
from .messages_program import FIRST, HUGE, MAXIMUM, RECV, SEND, written

__all__ = ["MISTAKES"]


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
        signs.header_in_pieces,
        {"k": 1, "rest": 3},
    ),
    Mistake(
        "short_header",
        written(recv=RECV.replace("!I", "!H").replace("(sock, 4)", "(sock, 2)")),
        "You made a length of {k}, and the protocol has 4 for it: a text may be longer than 255 bytes, or "
        "65,535. Read 4 with recv_exactly, and unpack them with '!I'.",
        signs.short_header,
        {"k": "2 bytes"},
    ),
    Mistake(
        "other_byte_order",
        written(recv=RECV.replace("!I", "I")),
        "You read a length of {wrong} where the peer sent {right}: the same four bytes in the other order. "
        "The protocol is big-endian: '!I'.",
        signs.other_byte_order,
        {"wrong": int.from_bytes(len(FIRST.encode()).to_bytes(4, "big"), "little"), "right": len(FIRST.encode())},
    ),
    Mistake(
        "int_of_bytes",
        written(
            recv=RECV.replace(
                '(length,) = struct.unpack("!I", recv_exactly(sock, 4))', "length = int(recv_exactly(sock, 4))"
            )
        ),
        "int() reads digits, as in b'13', and {header!r} are not digits: the four bytes are the number itself. "
        "struct.unpack('!I', four)[0] makes a number of them.",
        signs.int_of_bytes,
        {"header": len(FIRST.encode()).to_bytes(4, "big")},
    ),
    Mistake(
        "tuple_for_a_number",
        written(recv=RECV.replace("(length,) =", "length =")),
        "struct.unpack() gives a tuple, here {length!r}, and you used it as a number. Take the number out of it: "
        "struct.unpack('!I', four)[0].",
        signs.tuple_for_a_number,
        {"length": (len(FIRST.encode()),)},
    ),
    Mistake(
        "refuses_a_short_text",
        written(recv=RECV.replace("length > maximum", "length < maximum")),
        "You raised ValueError where {right} bytes were announced and {maximum} are the most. Is the comparison the "
        "right way round? And is the length big-endian, '!I'? In the other order the same four bytes would be {wrong}.",
        signs.refuses_a_short_text,
        {
            "right": len(FIRST.encode()),
            "wrong": int.from_bytes(len(FIRST.encode()).to_bytes(4, "big"), "little"),
            "maximum": MAXIMUM,
        },
    ),
    Mistake(
        "returns_bytes",
        written(recv=RECV.replace(".decode()", "")),
        "You returned {result!r}: the bytes of the text, and not the text. data.decode() makes a text of them; "
        "str(data) only shows how the bytes are written in Python.",
        signs.returns_bytes,
        {"result": FIRST.encode()},
    ),
    Mistake(
        "counts_characters_that_come",
        written(
            recv=RECV.replace(
                "return recv_exactly(sock, length).decode()",
                """\
text = ""
while len(text) < length:
    text += sock.recv(length - len(text)).decode()
return text""",
            )
        ),
        "The text has {n} bytes and {chars} characters, and you counted characters up to {n}: so your loop took {k} "
        "more, which belong to the next message. Collect bytes until there are {n}, and decode them then.",
        signs.counts_characters_that_come,
        {"n": len(FIRST.encode()), "chars": len(FIRST), "k": "2 bytes"},
    ),
    Mistake(
        "body_in_one_recv",
        written(recv=RECV.replace("recv_exactly(sock, length)", "sock.recv(length)")),
        "The text came in pieces too: you got {k} of its {n} bytes in one recv() and took them for all. "
        "Read the text with recv_exactly, as the header.",
        signs.body_in_one_recv,
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
        "The text has {n} bytes, and you took {k} more out of the socket: they belong to the next message, and nobody "
        "can read them any more. Ask for what is missing and no more; recv_exactly does.",
        signs.takes_too_much,
        {"n": len(FIRST.encode()), "k": "14 bytes"},
    ),
    Mistake(
        "no_maximum",
        written(
            recv="(length,) = struct.unpack('!I', recv_exactly(sock, 4))\nreturn recv_exactly(sock, length).decode()"
        ),
        "The header announced {huge:,} bytes where {maximum} are the most, and you began to read them. Whoever can "
        "make you wait for four thousand million bytes, or keep them, can stop your program. Compare the length with "
        "`maximum` first, and raise ValueError before you read on.",
        signs.no_maximum,
        {"huge": HUGE, "maximum": MAXIMUM},
    ),
    Mistake(
        "refuses_the_maximum",
        written(recv=RECV.replace("length > maximum", "length >= maximum")),
        "You refused a text of exactly {maximum} bytes. `maximum` is the most that is allowed, so that many are still "
        "welcome: compare with >.",
        signs.refuses_the_maximum,
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
        signs.hides_the_end,
        {"result": ""},
    ),
    Mistake(
        "counts_characters",
        written(send='sock.sendall(struct.pack("!I", len(text)) + text.encode())'),
        "You announced {chars} and sent {bytes} bytes: 'ë' is one character and two bytes. Encode first, then count.",
        signs.counts_characters,
        {"chars": len(FIRST), "bytes": len(FIRST.encode())},
    ),
    Mistake(
        "sends_the_other_order",
        written(send=SEND.replace("!I", "I")),
        "You sent the length as {sent!r}, and the protocol wants {right!r}: big-endian, the most significant byte "
        "first. That is '!I'.",
        signs.sends_the_other_order,
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
        signs.send_for_sendall,
        {"k": 1000},
    ),
)

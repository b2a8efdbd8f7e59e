"""A change to a working program: messages with a length of four bytes before them, and a maximum."""

from __future__ import annotations

import struct
from typing import Any, Final

from labsupport.exercises.engine import ANYTHING, Case, Outcome, Reading, Stage, Step, Task, every_size, reading, taken

from .messages_mistakes import MISTAKES
from .messages_program import FIRST, HUGE, MAXIMUM, STARTER, written
from .sending import sending

__all__ = ["MESSAGES"]

_LONG: Final = "héllo, 你好, नमस्ते. " * 400
_ROOM: Final = 1000
_TIMEOUT: Final = 0.2


def _message(text: str) -> bytes:
    data = text.encode()
    return struct.pack("!I", len(data)) + data


# --- the other side --------------------------------------------------------------------------


def _asks(
    returns: object = ANYTHING, raises: type[BaseException] | None = None, maximum: int = MAXIMUM
) -> Step:  # fmt: skip
    def do(messages: Any, sock: Any) -> object:
        return messages.recv_message(sock, maximum)

    return Step(f"recv_message(sock, {maximum})", do, returns, raises)


def _three(size: int) -> Reading:
    """A message that is longer than a chunk, an empty one, a short one, and one that is cut short."""
    texts = (_LONG[: size // 3 + 4], "", "Ọmọ")
    steps = [_asks(text, maximum=20_000) for text in texts]
    data = b"".join(map(_message, texts)) + _message("lost")[:6]
    return Reading.cut(data, size, (*steps, _asks(raises=EOFError, maximum=20_000)), end="finish")


def _unread(outcome: Outcome) -> str:
    return "" if taken(outcome) == 4 else "it raises ValueError before it reads the text"


def _sends(title: str, *texts: str, room: int | None = None) -> Case:
    def send(messages: Any, sock: Any, _: Stage) -> object:
        result = None
        for text in texts:
            result = messages.send_message(sock, text)
        return result

    call = f"send_message(sock, {texts[0]!r})" if len(texts[0]) < 40 else "send_message(sock, long_text)"
    return sending(title, call, send, [_message(text) for text in texts], room)


_WHOLE: Final = _message(FIRST)
_CUT: Final = (_WHOLE[:1], _WHOLE[1:9], _WHOLE[9:] + _message("") + _message("你好"))

MESSAGES: Final = Task(
    name="messages",
    chapter=2,
    parts=("send_message", "recv_message"),
    prompt=(
        "**Messages with a length.** Change the pair below. `send_message(sock, text)` sends 4 bytes, big-endian, that "
        "say how many bytes the text has in UTF-8, and then these. `recv_message(sock, maximum)` returns the text of "
        "the next message. It raises `ValueError` if more than `maximum` bytes are announced, before it reads them, "
        "and `EOFError` if the peer has finished. `messages` holds both."
    ),
    hints=(
        "Which bytes arrive in pieces: the text alone, or those of the length too?",
        (
            "`struct.pack('!I', n)` makes the 4 bytes of a number, `struct.unpack('!I', four)` gives a tuple with the "
            "number. '!' is big-endian."
        ),
        (
            "`recv_exactly` is there already, and it raises EOFError: use it twice, for the 4 bytes and for the "
            "text. What must be looked at between the two?"
        ),
        "When sending: `data = text.encode()`, then the length of `data`, not of `text`; one sendall() for both.",
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        """\
import struct


class Messages:
    @staticmethod
    def send_message(sock, text):
        data = bytes(text, "utf-8")
        sock.sendall(len(data).to_bytes(4, "big"))
        sock.sendall(data)

    @staticmethod
    def recv_message(sock, maximum):
        header = bytearray()
        while len(header) < 4:
            byte = sock.recv(1)
            if not byte:
                raise EOFError("no more messages")
            header += byte
        length = int.from_bytes(header, "big")
        assert struct.calcsize("!I") == 4
        if not length <= maximum:
            raise ValueError(length)
        parts, missing = [], length
        while missing:
            part = sock.recv(min(missing, 512))
            if not part:
                raise EOFError("cut in the middle")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts).decode("utf-8")


messages = Messages
""",
        written(
            send="""\
data = text.encode()
rest = memoryview(struct.pack(">L", len(data)) + data)
while rest:
    rest = rest[sock.send(rest):]
""",
            recv="""\
length = int.from_bytes(recv_exactly(sock, 4), "big")
if length in range(maximum + 1):
    return str(recv_exactly(sock, length), "utf-8")
raise ValueError("too long")
""",
        ),
    ),
    cases=(
        reading(
            "the header in two pieces, the text in two, two more messages with the last",
            Reading(_CUT, (_asks(FIRST), _asks(""), _asks("你好"), _asks(raises=EOFError)), end="finish"),
        ),
        reading(
            f"a message of {HUGE:,} bytes is announced",
            Reading((struct.pack("!I", HUGE) + b"x" * 60,), (_asks(raises=ValueError),), end="finish"),
            holds=_unread,
        ),
        reading("a message of exactly the maximum", Reading((_message("x" * MAXIMUM),), (_asks("x" * MAXIMUM),))),
        reading(
            "the peer finishes in the middle of the text",
            Reading((_WHOLE[:9],), (_asks(raises=EOFError),), end="finish"),
        ),
        reading(
            "the connection breaks in the middle of the header",
            Reading((_WHOLE[:2],), (_asks(raises=ConnectionError),), end="reset"),
        ),
        reading(
            "silence in the middle of the text, on a socket with a timeout",
            Reading((_WHOLE[:9],), (_asks(raises=TimeoutError),), timeout=_TIMEOUT),
        ),
        _sends("two messages", FIRST, "你好"),
        _sends("a long text, and a kernel that has room for 1000 bytes at a time", _LONG[:2000], room=_ROOM),
        every_size("four messages, the last one cut short", _three),
    ),
    praise=(
        "Every message came out as it went in, for every chunk size from 1 to 4096 bytes, and what was announced too "
        "long was never read. Your pair speaks a protocol now: whoever keeps the rule of the four bytes can talk to it."
    ),
    mistakes=MISTAKES,
)

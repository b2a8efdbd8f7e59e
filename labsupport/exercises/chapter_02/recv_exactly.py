"""A gap: exactly n bytes, however they are cut."""

from __future__ import annotations

from typing import Any, Final

from labsupport.exercises.engine import ANYTHING, Reading, Step, Task, every_size, fill, reading

from .recv_exactly_mistakes import MISTAKES
from .recv_exactly_signs import AFTER, STARTER, WHOLE

__all__ = ["RECV_EXACTLY"]

_N: Final = len(WHOLE)
_ALONE: Final = (WHOLE[:5], WHOLE[5:])
_CUT: Final = (WHOLE[:5], WHOLE[5:8], WHOLE[8:] + AFTER)
_TIMEOUT: Final = 0.2
_BYTES: Final = bytes(range(1, 251)) * 50  # 250 is no power of two, so a chunk that is lost or doubled shows


# --- the other side --------------------------------------------------------------------------


def _asks(n: int, returns: object = ANYTHING, raises: type[BaseException] | None = None) -> Step:
    def do(recv_exactly: Any, sock: Any) -> object:
        return recv_exactly(sock, n)

    return Step(f"recv_exactly(sock, {n})", do, returns, raises)


def _four_reads(size: int) -> Reading:
    """Three messages, each cut in another place, and a fourth that is cut short."""
    lengths = (size + size // 2 + 3, 5, size)
    steps, at = [], 0
    for n in lengths:
        steps.append(_asks(n, _BYTES[at : at + n]))
        at += n
    return Reading.cut(_BYTES[: at + 4], size, (*steps, _asks(9, raises=EOFError)), end="finish")


RECV_EXACTLY: Final = Task(
    name="recv_exactly",
    chapter=2,
    prompt=(
        "**Exactly n bytes.** Fill the gap: return exactly `n` bytes, in however many pieces they come, and take none "
        "of those behind them, which belong to the next message. If the peer finishes before that, raise `EOFError`. "
        "A reset or a timeout of the socket is not yours to handle: let it through. At most five lines."
    ),
    hints=(
        "How many bytes are missing at the beginning? And after the first recv()?",
        "`recv(n - len(data))` gives at most what is missing. Call it as long as something is missing.",
        "Before you add a piece, look at it: b'' says that no more will come, and then `raise EOFError`.",
        (
            "`while len(data) < n:`; in the loop `chunk = sock.recv(n - len(data))`, then `if not chunk:` with "
            "`raise EOFError` below it, and last `data += chunk`."
        ),
    ),
    starter=STARTER,
    solution=fill(
        STARTER,
        """
        while len(data) < n:
            chunk = sock.recv(n - len(data))
            if not chunk:
                raise EOFError(f"the peer finished after {len(data)} of {n} bytes")
            data += chunk
        """,
    ),
    alternatives=(
        """\
def recv_exactly(sock, n):
    data = bytearray(n)
    free = memoryview(data)
    while free:
        count = sock.recv_into(free)
        if count == 0:
            raise EOFError("too early")
        free = free[count:]
    return bytes(data)
""",
        """\
def recv_exactly(sock, n):
    pieces = []
    for _ in range(n):  # slow, and right
        byte = sock.recv(1)
        if byte == b"":
            raise EOFError
        pieces.append(byte)
    return b"".join(pieces)
""",
        """\
import socket


def recv_exactly(sock, n):
    data = sock.recv(n, socket.MSG_WAITALL) if n else b""
    if len(data) < n:  # the end, or a timeout that has made this socket one that does not wait
        more = sock.recv(n - len(data))
        if not more:
            raise EOFError
        return data + more + recv_exactly(sock, n - len(data) - len(more))
    return data
""",
    ),
    cases=(
        reading(f"{_N} bytes in two pieces, and nothing behind them", Reading(_ALONE, (_asks(_N, WHOLE),))),
        reading(
            f"{_N} bytes in three pieces, the next message with the third",
            Reading(_CUT, (_asks(_N, WHOLE), _asks(len(AFTER), AFTER)), end="finish"),
        ),
        reading(
            f"the peer finishes after 5 of {_N} bytes",
            Reading(_CUT[:1], (_asks(_N, raises=EOFError),), end="finish"),
        ),
        reading("no byte is asked for", Reading((AFTER,), (_asks(0, b""), _asks(len(AFTER), AFTER)))),
        reading(
            f"the connection breaks after 5 of {_N} bytes",
            Reading(_CUT[:1], (_asks(_N, raises=ConnectionError),), end="reset"),
        ),
        reading(
            f"silence after 5 of {_N} bytes, on a socket with a timeout",
            Reading(_CUT[:1], (_asks(_N, raises=TimeoutError),), timeout=_TIMEOUT),
        ),
        every_size("three messages and the beginning of a fourth", _four_reads),
    ),
    praise=(
        "Exactly what was asked, for every chunk size from 1 to 4096 bytes, and not one byte of the next message. "
        "An early end, a reset and a silence were told apart. In the ladder: each recv() asked for what was missing, "
        "so the bytes of the next message stayed where they were."
    ),
    mistakes=MISTAKES,
)

"""A step to the chat: frames with a maximum, out of a stream that comes in any pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from labsupport.exercises.engine import Case, Having, Reading, Step, Task, every_size, reading

from .frames_mistakes import (
    BODIES,
    CUT,
    EXACT,
    HEADER,
    MANY,
    MAXIMUM,
    MISTAKES,
    ONE_MORE,
    REFUSED,
    STARTER,
    ZERO,
    framed,
    written,
)

__all__ = ["CHAT_FRAMES"]

_LONG: Final = "héllo, 你好, नमस्ते. ".encode() * 60


# --- the stream ------------------------------------------------------------------------------


def _opens(maximum: int = MAXIMUM) -> Step:
    return Step(f"chat_frames({maximum})", lambda frames, _: frames(maximum), Having(("receive",)))


def _given(frames: Any, data: bytes) -> list[object]:
    """The bodies that come of it, and whether a ValueError does."""
    found: list[object] = []
    try:
        found.extend(frames.receive(data))
    except ValueError:
        found.append(REFUSED)
    return found


def _piece(*returns: object) -> Step:
    """One recv(), and what comes of what it took."""
    return Step(
        "list(frames.receive(sock.recv(4096)))", lambda frames, sock: _given(frames, sock.recv(4096)), list(returns)
    )


def _case(title: str, chunks: Sequence[bytes], *returns: Sequence[object]) -> Case:
    """A piece after the other, and what is to come of each."""
    return reading(title, Reading(chunks, [_piece(*each) for each in returns], "finish", _opens()))


def _whole(frames: Any, sock: Any) -> object:
    found: list[object] = []
    while data := sock.recv(4096):
        found += _given(frames, data)
    return found


def _any_size(size: int) -> Reading:
    bodies = [_LONG[: size // 2 + 3], b"{}", _LONG[:40]]
    step = Step("the bodies of all that comes", _whole, bodies)
    return Reading.cut(b"".join(map(framed, bodies)), size, [step], "finish", _opens(4096))


_ONE, _TWO, _THREE = map(framed, BODIES)
_TOO_LONG: Final = (MAXIMUM + 1).to_bytes(4, "big")

CHAT_FRAMES: Final = Task(
    name="chat_frames",
    chapter=8,
    prompt=(
        "**Frames with a maximum** (a step to the chat). `frames = chat_frames(maximum)` takes a stream apart, without "
        "any socket: `frames.receive(data)` gives, one after the other, the bodies that `data` completes. A frame is 4 "
        "bytes, an unsigned big-endian length from 1 to `maximum`, and so many bytes. A wrong length is a `ValueError` "
        "as soon as its 4 bytes are there; the frames before it are given first. What is not complete waits for the "
        "next call. About eight lines; `yield` helps."
    ),
    hints=(
        "What is left over after a call? Where does it wait? Until when can a length not be read yet?",
        "`self.pending += data`, and then a loop: as long as 4 bytes are there, look at the length.",
        "Look at the length before you wait for the body: who announces a gibibyte will never send it, or will.",
        "With `yield body` in the loop, the bodies before a wrong length have been given when you raise.",
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(
        '''\
import struct


class Frames:
    """The same with a memory of where it is."""

    def __init__(self, maximum):
        self.maximum, self.data, self.missing = maximum, bytearray(), None

    def receive(self, data):
        self.data.extend(data)
        return self

    def __iter__(self):
        return self

    def __next__(self):
        if self.missing is None and len(self.data) >= 4:
            (self.missing,) = struct.unpack_from(">I", self.data)
            del self.data[:4]
            if self.missing == 0 or self.missing > self.maximum:
                raise ValueError("a frame of a wrong length")
        if self.missing is None or len(self.data) < self.missing:
            raise StopIteration
        body, self.data, self.missing = self.data[: self.missing], self.data[self.missing :], None
        return bytes(body)


chat_frames = Frames
''',
        """\
from labsupport import chat


class Frames:
    def __init__(self, maximum):
        self.frames = chat.Frames(maximum)

    def receive(self, data):
        try:
            yield from self.frames.receive(data)
        except chat.Refusal as refusal:
            raise ValueError(refusal.text) from None


def chat_frames(maximum):
    return Frames(maximum)
""",
    ),
    cases=(
        _case(MANY, (_ONE + _TWO + _THREE[:7], _THREE[7:]), BODIES[:2], BODIES[2:]),
        _case(HEADER, (_ONE[:1], _ONE[1:3], _ONE[3:]), (), (), BODIES[:1]),
        _case(EXACT, (framed(b"x" * MAXIMUM),), (b"x" * MAXIMUM,)),
        _case("one byte more is announced, and one byte comes", (_TOO_LONG + b"x",), (REFUSED,)),
        _case(ONE_MORE, (_TOO_LONG,), (REFUSED,)),
        _case(ZERO, (bytes(4),), (REFUSED,)),
        _case(CUT, (_ONE + b"\xff\xff\xff\xff" + b"x" * 10,), (BODIES[0], REFUSED)),
        every_size("three frames", _any_size),
    ),
    praise=(
        "Every frame came out as it went in, for every chunk size from 1 to 4096 bytes, and a length that is too large "
        "was refused before a byte of it came. There is no socket in your class, so nothing else can go wrong in it."
    ),
    mistakes=MISTAKES,
)

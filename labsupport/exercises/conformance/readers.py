"""Does a reader of messages cope with whatever TCP may do to them?  And does a writer send all that it was given?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from labsupport.exercises.engine import ANYTHING, Case, Reading, Stage, Step, every_size, reading
from labsupport.exercises.peers.lockstep import SIZES, Feeder

from .report import Report, tried

__all__ = ["check_reader", "check_writer", "text"]

#: Seconds that a reader's socket has for a call in the case in which nothing more comes.
_TIMEOUT: Final = 0.2
#: So many bytes of a send fit into a buffer that is nearly full.
_ROOM: Final = 7

_MIXED: Final = "héllo 你好 नमस्ते ".encode()

Encode = Callable[[Any], bytes]


def text(size: int) -> bytes:
    """A message of `size` bytes: text that is not ASCII, whole characters, with no end of a line in it."""
    return (_MIXED * (size // len(_MIXED) + 1))[:size].decode(errors="ignore").encode().ljust(size, b".")


def check_reader(
    maker: Callable[[Any], Callable[[], object]],
    encode: Encode,
    *,
    message: Callable[[int], object] = text,
    maximum: int | None = None,
    oversize: bytes = b"",
    at_end: object = ANYTHING,
    broken: type[Exception] = Exception,
    sizes: Sequence[int] = SIZES,
) -> Report:
    r"""Try a reader of messages on streams that are cut in every way.

        def maker(sock):
            return lambda: recv_message(sock)       # read(): the next message

        check_reader(maker, encode=lambda body: struct.pack("!I", len(body)) + body, oversize=b"\xff\xff\xff\xff")

    - `maker(sock)` gives `read()`, which gives the next message each time it is called.  For a buffering reader that is
      the method of a new object: ``lambda sock: LineReader(sock).readline``.
    - `encode(message)`: its bytes on the wire; `message(size)`: a message of about so many bytes.
    - `maximum`: the largest size that the protocol allows, None: any; `oversize`: the beginning of one that is larger,
      b"": the protocol cannot announce one.
    - `at_end`: what read() returns, or the exception that it raises, when the stream ends between two messages;
      not asked unless given.
    - `broken`: what read() raises when there will be no whole message.
    - `sizes`: the chunk sizes to try.
    """
    if not sizes:
        raise ValueError("sizes are the chunk sizes to try, at least one, and got none")
    wire = _Wire(maker, encode, message, maximum)
    return tried("a reader of messages", maker, wire.cases(oversize, at_end, broken, sizes))


class _Wire:
    """What the cases of a reader are made of."""

    def __init__(self, maker: Any, encode: Encode, message: Callable[[int], object], maximum: int | None) -> None:
        self._opens = Step(f"{getattr(maker, '__name__', 'maker')}(sock)", lambda made, sock: made(sock))
        self._encode = encode
        self._message = message
        self._maximum = maximum

    def cases(self, oversize: bytes, at_end: object, broken: type[Exception], sizes: Sequence[int]) -> Iterator[Case]:
        """All of them."""
        yield reading("one message in one piece", self._reads([9]))
        yield reading("three messages in one piece: pipelined", self._reads([5, 1, 9]))
        yield every_size("messages in pieces of every size", self._in_pieces, sizes=sizes)
        whole = self._encode(self._message(9))
        for at in sorted({1, len(whole) // 2, len(whole) - 1} - {0, len(whole)}):
            yield reading(
                f"the stream ends early, {at} of {len(whole)} bytes into a message",
                self._fails(whole[:at], broken, "finish"),
            )
        half = whole[: len(whole) // 2]
        yield reading("the connection is reset in the middle of a message", self._fails(half, broken, "reset"))
        yield reading(
            "the sender falls silent in the middle of a message, and the socket has a timeout",
            self._fails(half, broken, "silence", _TIMEOUT),
        )
        if oversize:
            yield reading("a message is announced that is too large", self._fails(oversize, broken, "silence"))
        if at_end is not ANYTHING:
            yield reading("the stream ends between two messages", self._ends(whole, at_end))

    def _size(self, size: int) -> int:
        return size if self._maximum is None else min(size, self._maximum)

    def _reads(self, lengths: Sequence[int], size: int = 4096) -> Reading:
        messages = [self._message(self._size(length)) for length in lengths]
        data = b"".join(map(self._encode, messages))
        return Reading.cut(data, size, [_read(returns=message) for message in messages], opens=self._opens)

    def _in_pieces(self, size: int) -> Reading:
        return self._reads([5, size + size // 2, 1], size)

    def _fails(self, data: bytes, broken: type[Exception], end: Any, timeout: float | None = None) -> Reading:
        return Reading([data], [_read(raises=broken)], end, self._opens, timeout)

    def _ends(self, whole: bytes, at_end: object) -> Reading:
        last = _read(raises=at_end) if _is_error(at_end) else _read(returns=at_end)
        return Reading([whole], [_read(), last], "finish", self._opens)


def _read(returns: object = ANYTHING, raises: Any = None) -> Step:
    return Step("read()", lambda read, _: read(), returns, raises)


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


# --- what is written -------------------------------------------------------------------------


def check_writer(
    maker: Callable[[Any], Callable[[Any], object]], encode: Encode, *, message: Callable[[int], object] = text
) -> Report:
    """Try a writer of messages: does the other side get every byte?

        def maker(sock):
            return lambda message: send_message(sock, message)      # write(message)

        check_writer(maker, encode=lambda body: struct.pack("!I", len(body)) + body)

    - `maker(sock)` gives `write(message)`; `encode`, `message`: as for `check_reader`.
    """

    def case(title: str, lengths: Sequence[int], room: int | None = None) -> Case:
        messages = [message(length) for length in lengths]
        return _writing(title, messages, list(map(encode, messages)), room)

    return tried(
        "a writer of messages",
        maker,
        [
            case("one message", [9]),
            case("three messages, one after the other", [5, 1, 9]),
            case("a message of a million bytes", [1_000_000]),
            case("a message for which there is little room: send() takes a part", [40], _ROOM),
        ],
    )


def _writing(title: str, messages: list[object], wire: list[bytes], room: int | None) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        sock, feeder = stage.connected("the receiver")
        feeder.room = room
        return sock, messages

    def play(stage: Stage) -> None:
        receiver = stage.peers[0]
        assert isinstance(receiver, Feeder)
        for data in wire:
            receiver.hears(data)
        receiver.hears_the_end()

    def use(maker: Any, sock: Any, messages: list[object]) -> None:
        write = maker(sock)
        for each in messages:
            write(each)

    return Case(title, "write(message)", play, given, use=use)

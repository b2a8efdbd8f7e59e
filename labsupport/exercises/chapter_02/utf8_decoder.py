"""A decoder of UTF-8 that survives any cut."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Any, Final

from labsupport.exercises.engine import (
    ANYTHING,
    Case,
    Having,
    Reading,
    Stage,
    Step,
    Task,
    alone,
    every_size,
    reading,
    walked,
)
from labsupport.exercises.peers.lockstep import chunked

from .utf8_mistakes import MISTAKES, STARTER, written

__all__ = ["UTF8_DECODER"]

_ALL: Final = 65_536
_OPENS: Final = Step("utf8_decoder()", lambda utf8_decoder, _: utf8_decoder(), Having(("feed", "end")))


# --- the other side --------------------------------------------------------------------------


def _feed(piece: bytes, returns: object = ANYTHING) -> Step:
    def do(decoder: Any, sock: Any) -> object:
        return decoder.feed(sock.recv(_ALL))

    return Step(f"decoder.feed({piece!r})" if len(piece) < 40 else "decoder.feed(piece)", do, returns)


def _end(raises: type[BaseException] | None = None) -> Step:
    return Step("decoder.end()", lambda decoder, _: decoder.end(), raises=raises)


def _fed(pieces: Sequence[bytes], end: Step) -> Reading:
    """The pieces one by one, each to give what is whole by then."""
    known = codecs.getincrementaldecoder("utf-8")()
    return Reading(pieces, (*(_feed(piece, known.decode(piece)) for piece in pieces), end), "finish", _OPENS)


def _case(title: str, *pieces: bytes, end: Step | None = None) -> Case:
    return reading(title, _fed(pieces, end or _end()))


def _wrong_byte() -> Step:
    def do(decoder: Any, sock: Any) -> object:
        text = decoder.feed(sock.recv(_ALL))
        decoder.end()
        return text

    return Step("decoder.feed(b'ni\\xff hao'), then decoder.end()", do, raises=UnicodeDecodeError)


def _two_decoders(utf8_decoder: Any, stage: Stage) -> object:
    amara, _ = stage.lent("Amara", [b"Zo\xc3", b"\xab"])
    bo, _ = stage.lent("Bo", [b"ok"])
    return walked(utf8_decoder, amara, stage, _in_turn(utf8_decoder(), utf8_decoder(), amara, bo))


def _in_turn(one: Any = None, other: Any = None, amara: Any = None, bo: Any = None) -> Reading:
    steps = (
        Step("one.feed(b'Zo\\xc3')", lambda *_: one.feed(amara.recv(_ALL)), "Zo"),
        Step("other.feed(b'ok')", lambda *_: other.feed(bo.recv(_ALL)), "ok"),
        Step("one.feed(b'\\xab')", lambda *_: one.feed(amara.recv(_ALL)), "ë"),
    )
    return Reading((), steps)


def _long(size: int) -> Reading:
    """Characters of one to four bytes, cut everywhere; the last one is cut off."""
    data = ("aé你🌍" * (size // 8 + 2)).encode()[:-1]
    return _fed(chunked(data, size), _end(UnicodeDecodeError))


UTF8_DECODER: Final = Task(
    name="utf8_decoder",
    chapter=2,
    prompt=(
        "**A decoder that survives any cut.** `decoder = utf8_decoder()`; each `decoder.feed(data)` is given the next "
        "bytes of a stream and returns the text of all characters that are whole by now, and were not returned yet. "
        "`decoder.end()` is called after the last bytes. Bytes that are no UTF-8, or a character that is cut off at "
        "the end, raise `UnicodeDecodeError`. No socket is needed: bytes in, text out."
    ),
    hints=(
        "é has two bytes, 你 three, 🌍 four. What must be remembered between two calls, if a piece ends inside one?",
        "The standard library has such an object: `codecs.getincrementaldecoder('utf-8')()`. One for each connection.",
        "`decode(data)` returns what is whole and keeps the rest; `decode(b'', final=True)` raises if any is left.",
        "Make it in `__init__`, as `self.decoder`; `feed` and `end` are one line each.",
    ),
    starter=STARTER,
    solution=written(
        init='self.decoder = codecs.getincrementaldecoder("utf-8")()',
        feed="return self.decoder.decode(data)",
        end='self.decoder.decode(b"", final=True)',
    ),
    alternatives=(
        written(
            feed="""
data = self.rest + data
try:
    text, self.rest = data.decode(), b""
except UnicodeDecodeError as error:
    if error.reason != "unexpected end of data":
        raise
    text, self.rest = data[:error.start].decode(), data[error.start:]
return text
"""
        ),
        """\
from types import SimpleNamespace


def utf8_decoder():
    rest = bytearray()

    def feed(data):
        text = ""
        for byte in data:
            if rest and byte & 0b1100_0000 != 0b1000_0000:
                rest.decode()  # raises: this character does not go on
            rest.append(byte)
            first = rest[0]
            size = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
            if len(rest) == size:
                text += rest.decode()
                rest.clear()
        return text

    return SimpleNamespace(feed=feed, end=lambda: rest.decode())
""",
    ),
    cases=(
        _case("the é of héllo is cut", b"h\xc3", b"\xa9llo"),
        alone("two decoders, each for its own connection, in turn", _in_turn(), _two_decoders),
        _case("the four bytes of 🌍 come one by one", *(bytes([byte]) for byte in "🌍!".encode())),
        _case("你好 is cut twice", b"\xe4", b"\xbd\xa0\xe5\xa5", b"\xbd"),
        reading("one byte is wrong", Reading((b"ni\xff hao",), (_wrong_byte(),), "finish", _OPENS)),
        _case("the last character is cut off", b"adi\xc3", end=_end(UnicodeDecodeError)),
        every_size("a long text, the last character cut off", _long),
    ),
    praise=(
        "The same text for every chunk size from 1 to 4096 bytes, each character as soon as it was whole. In the "
        "ladder the check reads and feeds; your decoder never saw a socket, which is why it can be tried with any cut."
    ),
    mistakes=MISTAKES,
)

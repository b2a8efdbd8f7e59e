"""A reader of lines, that keeps what is left over."""

from __future__ import annotations

from typing import Any, Final

from labsupport.exercises.engine import (
    ANYTHING,
    Having,
    Reading,
    Stage,
    Step,
    Task,
    alone,
    every_size,
    fill,
    reading,
    walked,
)

from .line_mistakes import MISTAKES
from .line_signs import (
    ENDLESS,
    FULL,
    HALF,
    HALVES,
    LIMIT,
    LOOSE,
    PAIR,
    SHORT,
    STARTER,
    STRANGER,
    TOLD,
)

__all__ = ["LINE_READER"]

_END: Final = b"\r\n"
_TIMEOUT: Final = 0.2


# --- the other side --------------------------------------------------------------------------


def _opens(limit: int = LIMIT) -> Step:
    def do(line_reader: Any, sock: Any) -> object:
        return line_reader(sock, limit)

    return Step(f"line_reader(sock, {limit})", do, Having(("readline",)))


def _next(returns: object = ANYTHING, raises: type[BaseException] | None = None) -> Step:
    def do(reader: Any, _: Any) -> object:
        return reader.readline()

    return Step("reader.readline()", do, returns, raises)


def _case(title: str, chunks: tuple[bytes, ...], *steps: Step) -> Any:
    return reading(title, Reading(chunks, steps, "finish", _opens()))


def _goes_on() -> Step:
    """The rest of the line comes after the timeout."""

    def do(reader: Any, sock: Any) -> object:
        sock._feeder.goes_on(HALVES[1] + _END)  # noqa: SLF001  the other end of a fed socket
        return reader.readline()

    return Step("reader.readline()", do, b"".join(HALVES))


def _two_readers(line_reader: Any, stage: Stage) -> object:
    amara, _ = stage.lent("Amara", [_END.join(PAIR) + _END])
    bo, _ = stage.lent("Bo", [STRANGER + _END])
    one, other = line_reader(amara, LIMIT), line_reader(bo, LIMIT)
    return walked(line_reader, amara, stage, _in_turn(one, other))


def _in_turn(one: Any = None, other: Any = None) -> Reading:
    steps = (
        Step("one.readline()", lambda *_: one.readline(), PAIR[0]),
        Step("other.readline()", lambda *_: other.readline(), STRANGER),
        Step("one.readline()", lambda *_: one.readline(), PAIR[1]),
    )
    return Reading((), steps)


def _four_lines(size: int) -> Reading:
    """A line that is longer than a chunk, an empty one, a short one, and one that is cut short."""
    lines = ("ñ\n" * (size // 3 + 2)).encode(), b"", b"corta"
    data = b"".join(line + _END for line in lines) + HALF
    return Reading.cut(data, size, (*map(_next, lines), _next(raises=EOFError)), "finish", _opens(20_000))


LINE_READER: Final = Task(
    name="line_reader",
    chapter=2,
    prompt=(
        "**A reader of lines.** `reader = line_reader(sock, limit)`; each `reader.readline()` returns the next line, "
        "as bytes, without the `\\r\\n` that ends it; `None` when the peer has finished. It raises `EOFError` if the "
        "peer finishes in the middle of a line, and `ValueError` as soon as a line has more than `limit` bytes. "
        "A timeout goes through, and the next call goes on where that one stopped."
    ),
    hints=(
        "One recv() may bring half a line, or three. Where do you keep what was not asked for yet?",
        "In `self.rest`. As long as `b'\\r\\n'` is not in it, call recv() and add what comes; then cut one line off.",
        "`line, _, self.rest = self.rest.partition(b'\\r\\n')` cuts it off. The rest stays for the next call.",
        (
            "Three things can end the wait: b'' with nothing in self.rest (None), b'' with something (EOFError), "
            "and more than `limit` bytes without an end (ValueError). A line that came whole may be too long, too."
        ),
    ),
    starter=STARTER,
    solution=fill(
        STARTER,
        """
        while b"\\r\\n" not in self.rest:
            if len(self.rest) > self.limit + 1:  # a \\r may be the last of them
                raise ValueError(f"a line of more than {self.limit} bytes")
            chunk = self.sock.recv(4096)
            if not chunk:
                if self.rest:
                    raise EOFError(f"the peer finished in the middle of a line, after {self.rest!r}")
                return None
            self.rest += chunk
        line, _, self.rest = self.rest.partition(b"\\r\\n")
        if len(line) > self.limit:
            raise ValueError(f"a line of {len(line)} bytes; {self.limit} are the most")
        return line
        """,
    ),
    alternatives=(
        """\
class ByteByByte:  # slow, and right: it never takes more than it needs
    def __init__(self, sock, limit):
        self.sock, self.limit, self.line = sock, limit, bytearray()

    def readline(self):
        while not self.line.endswith(b"\\r\\n"):
            if len(self.line) >= self.limit + 2:
                raise ValueError("too long")
            byte = self.sock.recv(1)
            if not byte and self.line:
                raise EOFError("half a line")
            if not byte:
                return None
            self.line += byte
        line, self.line = bytes(self.line[:-2]), bytearray()
        return line


line_reader = ByteByByte
""",
        """\
from types import SimpleNamespace


def line_reader(sock, limit):
    lines, rest = [], b""

    def readline():
        nonlocal rest
        while not lines:
            if len(rest.removesuffix(b"\\r")) > limit:
                raise ValueError("too long")
            chunk = sock.recv(512)
            if chunk == b"":
                if rest == b"":
                    return None
                raise EOFError(rest)
            *whole, rest = (rest + chunk).split(b"\\r\\n")
            lines.extend(whole)
        line = lines.pop(0)
        if len(line) > limit:
            raise ValueError(len(line))
        return line

    return SimpleNamespace(readline=readline)
""",
    ),
    cases=(
        _case("two lines in one piece", (_END.join(PAIR) + _END,), *map(_next, (*PAIR, None))),
        alone("two readers, each on its own connection, in turn", _in_turn(), _two_readers),
        _case("the \\r comes with one piece, the \\n with the next", (TOLD + b"\r", b"\n"), _next(TOLD), _next(None)),
        _case("an empty line and another", (_END, b"fin", _END), _next(b""), _next(b"fin"), _next(None)),
        _case(
            "the peer finishes in the middle of a line",
            (PAIR[0] + _END + HALF,),
            _next(PAIR[0]),
            _next(raises=EOFError),
        ),
        _case("a line that never ends", (b"x" * 50,) * (ENDLESS // 50), _next(raises=ValueError)),
        _case("a line of 150 bytes, in one piece", (b"x" * 150 + _END,), _next(raises=ValueError)),
        _case("four lines of 40 bytes in one piece", ((SHORT + _END) * 4,), *map(_next, (SHORT,) * 4)),
        _case("a line of exactly 100 bytes, and a cut between \\r and \\n", (FULL + b"\r", b"\n"), _next(FULL)),
        reading(
            "silence in the middle of a line; after the timeout the rest comes",
            Reading(HALVES[:1], (_next(raises=TimeoutError), _goes_on()), opens=_opens(), timeout=_TIMEOUT),
        ),
        _case("a line with a \\n and a \\r in it", (LOOSE + _END,), _next(LOOSE), _next(None)),
        reading(
            "the connection breaks in the middle of a line",
            Reading((HALF,), (_next(raises=ConnectionError),), "reset", _opens()),
        ),
        every_size("four lines, the last one cut short", _four_lines),
    ),
    praise=(
        "Every line, for every chunk size from 1 to 4096 bytes, also where the \\r\\n itself was cut. What was left "
        "over waited for its turn, an endless line was stopped, and a timeout cost nothing."
    ),
    mistakes=MISTAKES,
)

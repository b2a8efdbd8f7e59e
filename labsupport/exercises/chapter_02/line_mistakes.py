"""What goes wrong where lines are read from a stream."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Mistake, fill

from . import line_signs as signs
from .line_signs import ENDLESS, HALF, HALVES, LIMIT, LOOSE, PAIR, SHORT, STARTER, STRANGER

__all__ = ["MISTAKES"]

_RIGHT: Final = """\
while b"\\r\\n" not in self.rest:
    if len(self.rest) > self.limit + 1:
        raise ValueError("the line is too long")
    chunk = self.sock.recv(4096)
    if not chunk and self.rest:
        raise EOFError("half a line")
    if not chunk:
        return None
    self.rest += chunk
line, _, self.rest = self.rest.partition(b"\\r\\n")
if len(line) > self.limit:
    raise ValueError("the line is too long")
return line
"""


def _but(*changes: tuple[str, str]) -> str:
    """The right program, but for some changes; a change of nothing is a mistake of ours."""
    body = _RIGHT
    for old, new in changes:
        if body.count(old) == 0:
            raise ValueError(f"nothing to change: {old}")
        body = body.replace(old, new)
    return fill(STARTER, body)


_WAIT: Final = """    if len(self.rest) > self.limit + 1:
        raise ValueError("the line is too long")
"""
_AFTER: Final = """if len(line) > self.limit:
    raise ValueError("the line is too long")
"""

MISTAKES: Final = (
    Mistake(
        "throws_the_rest_away",
        fill(
            STARTER,
            """
            data = b""
            while b"\\r\\n" not in data:
                chunk = self.sock.recv(1024)
                if not chunk:
                    return None
                data += chunk
            return data.split(b"\\r\\n")[0]
            """,
        ),
        "Two lines came in one recv(): you returned {first!r} and threw {second!r} away. Keep what is left over for "
        "the next call, in self.rest.",
        signs.throws_the_rest_away,
        {"first": PAIR[0], "second": PAIR[1]},
    ),
    Mistake(
        "returns_all_that_came",
        fill(
            STARTER,
            """
            data = b""
            while not data.endswith(b"\\r\\n"):
                chunk = self.sock.recv(1024)
                if not chunk:
                    return None
                data += chunk
            return data[:-2]
            """,
        ),
        "You returned {result!r}, which is more than one line: the end of the first is in the middle of what came. "
        "Search for \\r\\n, return what stands before the first one, and keep what stands after it.",
        signs.returns_all_that_came,
        {"result": b"\r\n".join(PAIR)},
    ),
    Mistake(
        "keeps_the_end",
        _but(
            (
                'line, _, self.rest = self.rest.partition(b"\\r\\n")',
                'end = self.rest.index(b"\\r\\n") + 2\nline, self.rest = self.rest[:end], self.rest[end:]',
            )
        ),
        "You returned {result!r}: the end of the line is still there. The two bytes \\r\\n say where a line ends; they "
        "are no part of it.",
        signs.keeps_the_end,
        {"result": PAIR[0] + b"\r\n"},
    ),
    Mistake(
        "one_buffer_for_all",
        'rest = b""\n\n\n'
        + _but(
            ("self.rest", "rest"),
            (
                "while b",
                "global rest\nwhile b",
            ),
        ),
        "Two readers on two connections, and the second one returned {got!r}, a line of the first, where {right!r} had "
        "come. What is left over belongs to one reader: keep it in self, not in a variable that all of them share.",
        signs.one_buffer_for_all,
        {"got": PAIR[1], "right": STRANGER},
    ),
    Mistake(
        "looks_in_the_chunk",
        fill(
            STARTER,
            """
            while b"\\r\\n" not in self.rest:
                chunk = self.sock.recv(1024)
                while chunk and b"\\r\\n" not in chunk:
                    self.rest += chunk
                    chunk = self.sock.recv(1024)
                if not chunk and self.rest:
                    raise EOFError
                if not chunk:
                    return None
                self.rest += chunk
            line, _, self.rest = self.rest.partition(b"\\r\\n")
            return line
            """,
        ),
        "The delimiter was cut: \\r at the end of one recv(), \\n at the start of the next, and you looked only inside "
        "the new piece. Search in the whole buffer.",
        signs.looks_in_the_chunk,
    ),
    Mistake(
        "takes_an_empty_line_for_the_end",
        _but(("return line", "return line or None")),
        "An empty line came, and you returned None, as at the end. b'' is a line like any other (in HTTP it ends the "
        "headers); only b'' from recv() is the end of the stream.",
        signs.takes_an_empty_line_for_the_end,
    ),
    Mistake(
        "takes_the_end_for_a_line",
        _but(("return None", 'return b""')),
        "The stream has ended, and you returned b'': whoever called you takes it for an empty line, and asks for ever. "
        "Return None.",
        signs.takes_the_end_for_a_line,
    ),
    Mistake(
        "asks_after_the_end",
        fill(
            STARTER,
            """
            while b"\\r\\n" not in self.rest:
                self.rest += self.sock.recv(1024)
            line, _, self.rest = self.rest.partition(b"\\r\\n")
            return line
            """,
        ),
        "recv() gave b'': the peer has finished, no line end will come any more, and your loop waits for one. Every "
        "later recv() gives b'' at once. b'' must end the loop.",
        signs.asks_after_the_end,
    ),
    Mistake(
        "returns_half_a_line",
        _but(
            ('    if not chunk and self.rest:\n        raise EOFError("half a line")\n', ""),
            ("return None", 'half, self.rest = self.rest, b""\n        return half or None'),
        ),
        "The peer finished in the middle of a line: {half!r} has no end, and you returned {result!r}, so nobody can "
        "tell that something is missing. Raise EOFError.",
        signs.returns_half_a_line,
        {"half": HALF, "result": HALF},
    ),
    Mistake(
        "no_limit",
        _but((_WAIT, "")),
        "At most {limit} bytes may come without an end, and you have taken {k:,} and waited for more. A peer that "
        "never sends \\r\\n fills your memory. Look at the length of what you keep each time before you call recv().",
        signs.no_limit,
        {"limit": LIMIT, "k": ENDLESS},
    ),
    Mistake(
        "limits_only_the_wait",
        _but((_AFTER, "")),
        "You returned a line of {k} bytes where {limit} are the most: it came whole, in one piece, so it was never too "
        "long while you waited. Look at the length of the line as well, before you return it.",
        signs.limits_only_the_wait,
        {"limit": LIMIT, "k": 150},
    ),
    Mistake(
        "limits_the_buffer",
        _but((_WAIT, ""), ("    self.rest += chunk\n", "    self.rest += chunk\n" + _WAIT)),
        "Several lines of {n} bytes came at once, and you refused them all, because together they are longer than "
        "{limit}. The limit is for one line: measure what stands before \\r\\n.",
        signs.limits_the_buffer,
        {"n": len(SHORT), "limit": LIMIT},
    ),
    Mistake(
        "counts_the_end",
        _but(("> self.limit + 1", "> self.limit")),
        "A line of exactly {limit} bytes is allowed, and you refused it: its \\r had come, its \\n had not, and you "
        "counted the \\r as one byte too many. As long as the end is not there, one byte more may be waiting.",
        signs.counts_the_end,
        {"limit": LIMIT},
    ),
    Mistake(
        "counts_the_whole_end",
        _but(("if len(line) > self.limit", "if len(line) + 2 > self.limit")),
        "A line of exactly {limit} bytes is allowed, and you refused it when its whole end had come: \\r\\n, or the "
        "\\r of it, was counted with the line. Take the end off first, then count.",
        signs.counts_the_whole_end,
        {"limit": LIMIT},
    ),
    Mistake(
        "forgets_at_a_timeout",
        _but(
            ("self.rest", "data"),
            ("while b", 'data, self.rest = self.rest, b""\nwhile b'),
            ("line, _, data =", "line, _, self.rest ="),
        ),
        "Half a line had come ({lost!r}) when the socket's timeout was over, and it is gone: the next call returned "
        "only the other half of {whole!r}. What has come must be in self.rest before you call recv() again, for that "
        "may raise.",
        signs.forgets_at_a_timeout,
        {"lost": HALVES[0], "whole": b"".join(HALVES)},
    ),
    Mistake(
        "makefile_after_a_timeout",
        """\
class LineReader:
    def __init__(self, sock, limit):
        self.file = sock.makefile("rb")
        self.limit = limit

    def readline(self):
        line = self.file.readline(self.limit + 2)
        if not line:
            return None
        if line.endswith(b"\\r\\n"):
            return line[:-2]
        raise ValueError("too long") if len(line) > self.limit else EOFError("half a line")


line_reader = LineReader
""",
        "makefile() does nearly all of this, until a timeout: after one, it refuses to read ever again ({error}). "
        "A reader for a socket that has a timeout keeps its own buffer.",
        signs.makefile_after_a_timeout,
        {"error": "cannot read from timed out object"},
    ),
    Mistake(
        "splits_at_every_newline",
        _but(
            ('b"\\r\\n" not', 'b"\\n" not'),
            ('partition(b"\\r\\n")', 'partition(b"\\n")\nline = line.rstrip(b"\\r\\n")'),
        ),
        "You returned {result!r}, the beginning of a line that has a \\n of its own. Here only the two bytes \\r\\n "
        "together end a line; a \\n or a \\r alone belongs to it. (splitlines() ends a line at each of the three.)",
        signs.splits_at_every_newline,
        {"result": LOOSE[:3]},
    ),
)

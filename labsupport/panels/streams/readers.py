r"""Readers of a line that ends with b"\r\n": those that everybody has written once, and a careful one.

What the panel shows of them is their source as it stands here: what is on the screen is what runs.
"""

from __future__ import annotations

import inspect
import re
import socket
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from labsupport.panels.parts.outcomes import counted

__all__ = ["END", "HASTY", "READERS", "Came", "Reader", "verdict"]

#: What ends a line.
END: Final = b"\r\n"


def one_recv(sock: socket.socket) -> bytes:
    """One recv is one line."""
    return sock.recv(1024)


def short_piece(sock: socket.socket) -> bytes:
    """A piece shorter than it could be is the last."""
    line = b""
    while piece := sock.recv(8):
        line += piece
        if len(piece) < 8:
            break
    return line


def mark_in_piece(sock: socket.socket) -> bytes:
    """The piece with the mark is the last."""
    line = b""
    while piece := sock.recv(1024):
        line += piece
        if b"\r\n" in piece:
            break
    return line


def quiet(sock: socket.socket) -> bytes:
    """When nothing comes for 0.2 s, that was all."""
    line = b""
    sock.settimeout(0.2)
    try:
        while piece := sock.recv(1024):
            line += piece
    except TimeoutError:
        pass
    return line


def careful(sock: socket.socket) -> Iterator[bytes]:
    """Up to the mark, wherever it was cut; what is left over is kept for the next line."""
    kept = b""
    while piece := sock.recv(1024):
        kept += piece
        while b"\r\n" in kept:
            line, mark, kept = kept.partition(b"\r\n")
            yield line + mark  # the panel takes this one; next() goes on from here
    if kept:
        raise EOFError("the peer left in the middle of a line")


class Reader(NamedTuple):
    """`name`: what it goes by on the screen; `program`: returns one line from a socket, or yields line after line."""

    name: str
    program: Callable[[socket.socket], bytes | Iterator[bytes]]

    def read(self, sock: socket.socket) -> bytes:
        """The first line; b"" where the peer left without a word."""
        came = self.program(sock)
        return came if isinstance(came, bytes) else next(came, b"")

    @property
    def source(self) -> str:
        """The function, as a learner would have written it."""
        return re.sub(r": socket\.socket\) -> [^:]+", ")", inspect.getsource(self.program), count=1)


_ALL: Final = (
    Reader("one recv", one_recv),
    Reader("until a short piece", short_piece),
    Reader("until the mark is in the piece", mark_in_piece),
    Reader("until it is quiet", quiet),
    Reader("careful", careful),
)
#: All of them by name; the first and the last are always on the screen, and one of the `HASTY` between them.
READERS: Final = {reader.name: reader for reader in _ALL}
HASTY: Final = tuple(reader.name for reader in _ALL[1:-1])


class Came(NamedTuple):
    """What a reader got.

    - `pieces`: what each recv gave it; `line`: what it returned, or None when it did not by itself.
    - `trouble`: the exception that ended it, by name, or "".
    """

    pieces: tuple[bytes, ...]
    line: bytes | None
    trouble: str = ""


def verdict(came: Came, line: bytes) -> str:
    """What to say of a reader that was to return `line`."""
    if came.trouble:
        return f"It raised {came.trouble}."
    if came.line is None:
        held = counted(sum(map(len, came.pieces)))
        return f"It waited on, with {held} in its hands: all that was sent. Then the sender left."
    if came.line == line:
        return "The line, whole."
    if came.line.startswith(line):
        return f"Too much: {counted(len(came.line) - len(line))} of what follows the line are in it."
    if line.startswith(came.line):
        return f"Cut off: {len(came.line)} of {counted(len(line))}. It took a piece for the whole."
    return "Something else than the line."

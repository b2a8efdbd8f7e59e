"""Readers of one message, right ones and wrong ones.

The message: two bytes that say how long the text is, big-endian; then the text, in UTF-8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

__all__ = ["MORE_WRONG", "RIGHT", "WRONG", "WRONG_SOURCE", "Reader", "text_of"]


class Source(Protocol):
    """What a reader reads from."""

    def recv(self, size: int) -> bytes:
        """At most `size` bytes, or b'' at the end."""


Reader = Callable[[Source], str]


def text_of(data: bytes) -> str:
    """The text of a whole message."""
    return data[2 : 2 + int.from_bytes(data[:2], "big")].decode()


def _exactly(sock: Source, n: int) -> bytes:
    data = b""
    while len(data) < n:
        chunk = sock.recv(n - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


# --- the right ones --------------------------------------------------------------------------


def _asks_for_what_is_missing(sock: Source) -> str:
    length = int.from_bytes(_exactly(sock, 2), "big")
    return _exactly(sock, length).decode()


def _takes_what_comes(sock: Source) -> str:
    data = b""
    while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
        chunk = sock.recv(4096)
        if not chunk:
            raise EOFError
        data += chunk
    return text_of(data)


RIGHT: Final[dict[str, Reader]] = {
    "asks for what is missing": _asks_for_what_is_missing,
    "takes what comes, and counts": _takes_what_comes,
}

# --- and the wrong ones ----------------------------------------------------------------------

WRONG_SOURCE: Final = '''\
def wrong_reader(sock):
    """Two bytes say how long the text is, big-endian; then comes the text, in UTF-8."""
    length = int.from_bytes(sock.recv(2), "big")
    return recv_exactly(sock, length).decode()
'''


def WRONG(sock: Source) -> str:  # noqa: N802  one of a family of constants
    """What `WRONG_SOURCE` says."""
    length = int.from_bytes(sock.recv(2), "big")
    return _exactly(sock, length).decode()


def _trusts_the_text(sock: Source) -> str:
    length = int.from_bytes(_exactly(sock, 2), "big")
    return sock.recv(length).decode()


def _decodes_pieces(sock: Source) -> str:
    left = int.from_bytes(_exactly(sock, 2), "big")
    text = ""
    while left:
        piece = sock.recv(left)
        if not piece:
            raise EOFError
        left -= len(piece)
        text += piece.decode()
    return text


def _reads_once(sock: Source) -> str:
    return text_of(sock.recv(4096))


MORE_WRONG: Final[dict[str, Reader]] = {
    "reads the text with one recv()": _trusts_the_text,
    "decodes each piece of the text": _decodes_pieces,
    "reads all with one recv()": _reads_once,
}

"""The protocol of messages with a length before them: the starter, whole answers, and what the check says."""

from __future__ import annotations

from typing import Final

__all__ = ["FIRST", "HUGE", "MAXIMUM", "RECV", "SEND", "STARTER", "written"]

_HEAD: Final = """\
import struct
from types import SimpleNamespace


def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        chunk = sock.recv(n - len(data))
        if not chunk:
            raise EOFError(f"the peer finished after {len(data)} of {n} bytes")
        data += chunk
    return data

"""
_TAIL: Final = """

messages = SimpleNamespace(send_message=send_message, recv_message=recv_message)
"""

STARTER: Final = (
    _HEAD
    + '''
# This pair works, as long as a text is short and has no é: one byte of length, then the text.
# Change it, and take the two lines away that raise NotImplementedError.


def send_message(sock, text):
    """Send text in UTF-8, with 4 bytes before it that say how many bytes it has, big-endian."""
    raise NotImplementedError
    sock.sendall(bytes([len(text)]) + text.encode())


def recv_message(sock, maximum):
    """Return the text of the next message; raise ValueError if it has more than maximum bytes."""
    raise NotImplementedError
    length = sock.recv(1)[0]
    return recv_exactly(sock, length).decode()
'''
    + _TAIL
)

#: The bodies of a right answer.
SEND: Final = """\
data = text.encode()
sock.sendall(struct.pack("!I", len(data)) + data)
"""
RECV: Final = """\
(length,) = struct.unpack("!I", recv_exactly(sock, 4))
if length > maximum:
    raise ValueError(f"a message of {length} bytes; {maximum} are the most")
return recv_exactly(sock, length).decode()
"""

#: The first message, the most that its reader accepts, and a length that is announced and never meant.
FIRST: Final = "¡Hola, Zoë!"
MAXIMUM: Final = 100
HUGE: Final = 4_000_000_000


def written(send: str = SEND, recv: str = RECV) -> str:
    """A whole answer: both functions, each with its body."""
    bodies = "\n\n".join(
        f"\ndef {head}:\n    " + body.strip().replace("\n", "\n    ")
        for head, body in (("send_message(sock, text)", send), ("recv_message(sock, maximum)", recv))
    )
    return _HEAD + bodies + "\n" + _TAIL

"""How a socket is asked without a trace.

The tape replaces `socket.socket` by a subclass that writes down each call.  Looking at a socket
must not look like the program's own work, so all questions go to the C type below both.
"""

from __future__ import annotations

import _socket
import reprlib
import socket
from typing import Any

from .facts import Fact

__all__ = ["descriptor", "option", "sizes"]


def descriptor(sock: Any) -> int:
    """The descriptor of a socket, -1 when it is closed; TypeError for what is not a socket."""
    return _socket.socket.fileno(plain(sock))


def plain(sock: Any) -> Any:
    """The socket itself; asyncio hands out its sockets in a wrapper (`asyncio.trsock`)."""
    inner = sock if isinstance(sock, _socket.socket) else getattr(sock, "_sock", None)
    if isinstance(inner, _socket.socket):
        return inner
    raise TypeError(
        f"The kernel is asked about a socket, and {reprlib.repr(sock)} is {_article(type(sock).__name__)}. "
        "Give the socket itself: what socket.socket(), create_connection() or accept()[0] returned."
    )


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"


def option(sock: Any, level: int, number: int, size: int) -> bytes:
    """The bytes of an option, as many as the kernel gave; none where it has no such option."""
    try:
        return _socket.socket.getsockopt(sock, level, number, size)
    except OSError:
        return b""


def sizes(sock: Any) -> Fact:
    """The buffer sizes, which every system tells."""
    asked = {"send_buffer": socket.SO_SNDBUF, "receive_buffer": socket.SO_RCVBUF}
    return {name: _number(sock, number) for name, number in asked.items()}


def _number(sock: Any, number: int) -> int | None:
    try:
        return _socket.socket.getsockopt(sock, socket.SOL_SOCKET, number)
    except OSError:
        return None

"""Has the receiver taken what was handed on to it?  The tape knows, for sockets of this kernel."""

from __future__ import annotations

import weakref
from typing import Any

from labsupport import kernel
from labsupport.tape.events import Address, Endpoint
from labsupport.tape.lives import Plain, PlainSSL, live

__all__ = ["Receiver"]


class Receiver:
    """The socket at the far end of a connection: its own address is `local`, and it sees `peer`."""

    def __init__(self, local: Address, peer: Address | None) -> None:
        self._local = local
        self._peer = peer
        self._sock: weakref.ref[Any] | None = None
        self._endpoint: Endpoint | None = None
        self._outside = False

    def has_taken(self, count: int) -> bool | None:
        """Whether it has taken the first `count` bytes of the stream; None if nobody here knows."""
        sock = self._found()
        if sock is None:
            gone = self._endpoint is not None and not self._endpoint.handles
            return None if self._outside else gone or count == 0
        assert self._endpoint is not None
        if isinstance(sock, PlainSSL):  # what it has read there is another stream
            arrived = kernel.snapshot(sock).bytes_received
            return not kernel.unread(sock) and (arrived is None or arrived >= count)
        return self._endpoint.received >= count

    def _found(self) -> Any:
        """The socket, or None if it is not accepted yet, or is `_outside` this kernel."""
        sock = self._sock() if self._sock is not None else None
        if self._outside or (sock is not None and sock.fileno() != -1):
            return sock
        if self._endpoint is not None and not self._endpoint.handles:
            return None
        coming = self._endpoint is not None
        for sock, endpoint in live():
            if _is(sock, endpoint, self._local, self._peer):
                self._sock, self._endpoint = weakref.ref(sock), endpoint
                return sock
            coming = coming or (endpoint.listening and _listens(sock, self._local))
        self._outside = not coming
        return None


def _is(sock: Any, endpoint: Endpoint, local: Address, peer: Address | None) -> bool:
    if endpoint.listening or endpoint.peer not in (peer, None):
        return False
    try:
        return bool(Plain.getsockname(sock)[:2] == local and Plain.getpeername(sock)[:2] == peer)
    except (OSError, TypeError):
        return False  # not connected, or closed meanwhile


def _listens(sock: Any, local: Address) -> bool:
    try:
        where: Address = Plain.getsockname(sock)[:2]
    except (OSError, TypeError, ValueError):
        return False
    return where[1] == local[1] and where[0] in (local[0], "0.0.0.0", "::")

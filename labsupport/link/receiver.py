"""Has the receiver taken what was handed on to it?  The tape knows, for sockets of this kernel."""

from __future__ import annotations

import socket
import weakref
from typing import Any, Final

from labsupport import kernel
from labsupport.tape.addresses import plain, port, serves
from labsupport.tape.events import Address, Endpoint, clock
from labsupport.tape.lives import Plain, PlainSSL, live

from .pending import ready

__all__ = ["Receiver"]

#: Seconds that a program may take from the moment in which it has taken bytes, or accepted a connection, to the one
#: in which the tape knows of it.  After that it was done by a way that the tape does not see, or by another process.
UNSEEN: Final = 0.1
ELSEWHERE: Final = 1.0

_INTERNET: Final = (socket.AF_INET, socket.AF_INET6)


class Receiver:
    """The socket at the far end of a connection: its own address is `local`, and it sees `peer`."""

    def __init__(self, local: Address, peer: Address | None) -> None:
        self._local = plain(local)
        self._peer = plain(peer)
        self._sock: weakref.ref[Any] | None = None
        self._endpoint: Endpoint | None = None
        self._expected = clock()  # when it was last known to be still to come
        self._outside = False

    def has_taken(self, count: int, since: float) -> bool | None:
        """Whether it has taken the first `count` bytes of the stream, of which the last went on at second `since`.

        None if nobody here knows.
        """
        sock = self._found()
        if sock is None:
            return None if self._outside else count == 0
        if isinstance(sock, PlainSSL):  # what it has read there is another stream
            return _has_read(sock, count)
        assert self._endpoint is not None
        return self._endpoint.received >= count or (clock() - since > UNSEEN and _has_read(sock, count))

    def _found(self) -> Any:
        """The socket, or None if it is not accepted yet, or is `_outside` this kernel, or gone."""
        sock = self._sock() if self._sock is not None else None
        if sock is not None and sock.fileno() != -1:
            return sock
        if self._outside:
            return None
        for sock, endpoint in live():
            if _is(sock, endpoint, self._local, self._peer):
                self._sock, self._endpoint = weakref.ref(sock), endpoint
                return sock
            if endpoint.listening and serves(_address(sock, endpoint), self._local) and ready([(sock, False)]):
                self._expected = clock()
        self._outside = self._endpoint is not None or clock() - self._expected > ELSEWHERE
        return None


def _has_read(sock: Any, count: int) -> bool:
    """Whether the kernel says that so many bytes have come, and none of them waits."""
    try:
        arrived = kernel.snapshot(sock).bytes_received
    except (OSError, ValueError):
        return False  # closed meanwhile
    return not kernel.unread(sock) and (arrived is None or arrived >= count)


def _is(sock: Any, endpoint: Endpoint, local: Address | None, peer: Address | None) -> bool:
    # What a program connected to may be a name, "localhost"; its port is the same.
    if endpoint.listening or port(endpoint.peer) not in (port(peer), None) or _address(sock, endpoint) != local:
        return False
    try:
        return plain(Plain.getpeername(sock)[:2]) == peer
    except OSError:
        return False  # not connected, or closed meanwhile


def _address(sock: Any, endpoint: Endpoint) -> Address | None:
    """The own address of a stream socket of the internet, None for anything else."""
    if endpoint.family not in _INTERNET or endpoint.type != socket.SOCK_STREAM:
        return None
    try:
        return plain(Plain.getsockname(sock)[:2])
    except OSError:
        return None  # closed meanwhile

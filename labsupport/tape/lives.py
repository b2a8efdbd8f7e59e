"""Sockets and their endpoints: from the making of a socket object to the end of it.

An endpoint outlives its socket and never holds it: what ties them is a weak reference that
notices when the garbage collector has closed a socket that the program forgot.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import weakref
from collections.abc import Iterator
from typing import Any, Final

from .events import Endpoint, Note
from .programs import current
from .record import TAPE

__all__ = ["Plain", "PlainSSL", "adopting", "born", "endpoint_of", "let_go", "live"]

#: The class of the standard library; a reload of this module must not take ours for it.
Plain: Final[type[socket.socket]] = getattr(socket.socket, "plain_class", socket.socket)
PlainSSL: Final[type[ssl.SSLSocket]] = getattr(ssl.SSLContext.sslsocket_class, "plain_class", ssl.SSLSocket)


class _Life(weakref.ref):  # type: ignore[type-arg]  # a subclass of ref takes no parameter at run time
    """A reference that does not hold the socket, and knows its endpoint when it is gone.

    `over`: the socket object was closed or detached, so that its end is no news.
    """

    __slots__ = ("endpoint", "over")
    endpoint: Endpoint
    over: bool


_lives: dict[int, _Life] = {}
_adoption = threading.local()


@contextlib.contextmanager
def adopting(sock: Any) -> Iterator[None]:
    """The socket object made in this block is another handle of `sock`'s endpoint (dup, TLS)."""
    endpoint = getattr(sock, "_endpoint", None)
    if endpoint is None and isinstance(sock, Plain):  # made before the import, wrapped for TLS after it
        endpoint = Endpoint(sock.family, sock.type)
        endpoint.handles = 0
    _adoption.endpoint = endpoint
    try:
        yield
    finally:
        _adoption.endpoint = None


def born(sock: Any) -> None:
    """`sock` has begun to be: give it an endpoint, its own or the one it adopts."""
    endpoint = getattr(_adoption, "endpoint", None)
    _adoption.endpoint = None
    if endpoint is None:
        endpoint = Endpoint(0, 0)
    else:
        endpoint.handles += 1
    sock._endpoint = endpoint
    life = _Life(sock, _gone)
    life.endpoint, life.over = endpoint, False
    _lives[id(life)] = life
    owner = current().owner
    if owner is not None:
        endpoint.owner = endpoint.owner or owner
        owner.add(sock)


def let_go(sock: Any) -> None:
    """This socket object holds its endpoint no longer, and another may: a `dup`, or the TLS socket made of it."""
    sock._endpoint.handles -= 1
    for life in weakref.getweakrefs(sock):
        if isinstance(life, _Life):
            life.over = True


def _gone(life: Any) -> None:
    """The socket object no longer exists; if it was still open, the collector has closed it."""
    _lives.pop(id(life), None)
    endpoint: Endpoint = life.endpoint
    if life.over or not endpoint.handles:
        return
    endpoint.handles -= 1
    if not endpoint.handles and not endpoint.hidden and endpoint.type:
        TAPE.append(Note(endpoint, "collected"))


def live() -> list[tuple[Any, Endpoint]]:
    """Every watched socket that is open now, with its endpoint."""
    found = [(life(), life.endpoint) for life in list(_lives.values())]
    return [(sock, endpoint) for sock, endpoint in found if sock is not None and sock.fileno() != -1]


def endpoint_of(sock: Any) -> Endpoint:
    """The endpoint of a watched socket; TypeError for anything else."""
    endpoint = getattr(sock, "_endpoint", None)
    if isinstance(endpoint, Endpoint):
        return endpoint
    if isinstance(sock, Plain) and socket.socket is Plain:
        raise TypeError(
            f"labsupport.uninstall() was called, so the calls of {sock!r} are not on the tape; restart the kernel"
        )
    if isinstance(sock, Plain):
        raise TypeError(
            f"{sock!r} was made before `import labsupport`, so none of its calls are on the tape; "
            "make the socket after the import"
        )
    raise TypeError(
        f"expected a socket, got {sock!r} ({type(sock).__name__}); pass what socket.socket() or accept() gave"
    )

"""Sockets that write down what is done with them.

`install()` puts `WatchedSocket` in the place of `socket.socket`, and `WatchedSSLSocket` in
that of the class that `SSLContext` makes.  They are subclasses that behave the same to the
letter: each watched method calls the original with the very arguments it was given and
returns or raises what that does; before and after, it writes on the tape (`ops` says what).
"""

from __future__ import annotations

import functools
import socket
import ssl
import sys
from abc import ABCMeta
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from . import programs
from .arguments import local_address, peer_address
from .events import Call, Endpoint
from .lives import Plain, PlainSSL, adopting, born, endpoint_of, let_go, live
from .methods import made_of_others, methods
from .ops import OPS, TLS_OPS
from .programs import current
from .record import TAPE

__all__ = ["Plain", "WatchedSSLSocket", "WatchedSocket", "endpoint_of", "install", "installed", "live", "uninstall"]


class _Watching(ABCMeta):
    """Sockets made before the import, and TLS sockets, are instances of `socket.socket` as ever.

    An ABCMeta, so that a learner's class may have an abstract base beside the socket.
    """

    def __instancecheck__(cls, instance: Any) -> bool:
        plain = cls.__dict__.get("plain_class")
        return isinstance(instance, plain) if plain is not None else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        plain = cls.__dict__.get("plain_class")
        return issubclass(subclass, plain) if plain is not None else super().__subclasscheck__(subclass)


def _new(cls: Any, *args: Any, **kwargs: Any) -> Any:
    self: Any = Plain.__new__(cls, *args, **kwargs)
    born(self)
    return self


_new.__wrapped__ = Plain.__init__  # type: ignore[attr-defined]  # so that Shift-Tab shows the arguments


def _init(self: Any, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:
    endpoint: Endpoint = self._endpoint
    program = current()
    if fileno is None and program.owner is not None and program.owner.halted is not None:
        raise program.owner.halted
    Plain.__init__(self, family, type, proto, fileno)
    endpoint.family, endpoint.type = self.family, self.type
    endpoint.hidden = endpoint.hidden or _is_pipe_to_itself()
    if fileno is not None:
        endpoint.local = local_address(self) or endpoint.local
        endpoint.peer = peer_address(self) or endpoint.peer
    if fileno is not None or endpoint.hidden:
        return
    call = Call(program, endpoint, "socket")
    call.asked = (endpoint.family, endpoint.type)
    TAPE.append(call)
    call.finish()


#: So far above the making of a socket is asyncio at most: `accept` has three frames, socketpair() has one.
_ABOVE: Final = 5


def _is_pipe_to_itself() -> bool:
    """An asyncio loop wakes itself through a pair of sockets, which is nobody's conversation.

    Where the system has no such pairs (Windows), `socket.socketpair` makes one of a listener, a client and what the
    listener accepts.
    """
    frame: FrameType | None = sys._getframe(2)
    for _ in range(_ABOVE):
        if frame is None or frame.f_code.co_name == "_make_self_pipe":
            return frame is not None
        frame = frame.f_back
    return False


def _dup(self: Any) -> Any:
    with adopting(self):
        return made_of_others(Plain.dup)(self)


def _real_close(self: Any, *args: Any) -> None:
    """The one place where a descriptor is closed, whoever asked for it."""
    if Plain.fileno(self) != -1:
        let_go(self)
    plain: Any = PlainSSL if isinstance(self, PlainSSL) else Plain
    plain._real_close(self, *args)


def _same_as(plain: type) -> dict[str, Any]:
    """What makes a class pass for `plain`."""
    return {
        "__doc__": plain.__doc__,
        "__module__": plain.__module__,
        "__qualname__": plain.__qualname__,
        "_real_close": _real_close,
        "plain_class": plain,
    }


WatchedSocket: Any = _Watching(
    Plain.__name__,
    (Plain,),
    {
        **_same_as(Plain),
        **methods(Plain, OPS, "plain"),
        "__init__": functools.wraps(Plain.__init__)(_init),
        "__new__": _new,
        "__repr__": made_of_others(Plain.__repr__),
        "__slots__": ("_endpoint",),
        "dup": functools.wraps(Plain.dup)(_dup),
    },
)


def _create(cls: Any, sock: Any, *args: Any, **kwargs: Any) -> Any:
    program = current()
    outer, program.inside = program.inside, True
    program.wrapping = not outer
    try:
        with adopting(sock):
            return PlainSSL._create.__func__(cls, sock, *args, **kwargs)  # type: ignore[attr-defined]  # private
    finally:
        program.inside, program.wrapping = outer, False


def _apart(handshake: Callable[..., Any]) -> Callable[..., Any]:
    """The part of wrap_socket() that may wait: on the tape it is a call of its own."""

    @functools.wraps(handshake)
    def do_handshake(self: Any, *args: Any, **kwargs: Any) -> Any:
        program = current()
        if not program.wrapping:
            return handshake(self, *args, **kwargs)
        program.inside = program.wrapping = False
        try:
            return handshake(self, *args, **kwargs)
        finally:
            program.inside = True

    return do_handshake


_tls: Final = methods(PlainSSL, {**OPS, **TLS_OPS}, "tls")

WatchedSSLSocket: Any = _Watching(
    PlainSSL.__name__,
    (PlainSSL,),
    {
        **_same_as(PlainSSL),
        **_tls,
        "__new__": _new,
        "__repr__": made_of_others(PlainSSL.__repr__),
        "__slots__": ("_endpoint",),
        "_create": classmethod(_create),
        "do_handshake": _apart(_tls["do_handshake"]),
    },
)


# --- in and out ------------------------------------------------------------------------------


def installed() -> bool:
    """Whether `socket.socket` is the watched one now."""
    return socket.socket is not Plain


def install() -> None:
    """Put the watched classes in the place of the standard library's.  A second call does nothing.

    Sockets made before are not watched, but stay instances of `socket.socket`.
    """
    socket.socket = WatchedSocket  # type: ignore[misc]  # what we are for
    ssl.SSLContext.sslsocket_class = WatchedSSLSocket
    _teach_multiprocessing()
    programs.install()


def uninstall() -> None:
    """Undo `install`: sockets made from now on are the standard library's.

    Sockets that are watched already stay so, and work.
    """
    socket.socket = Plain  # type: ignore[misc]  # put back
    ssl.SSLContext.sslsocket_class = PlainSSL
    _teach_multiprocessing()
    programs.uninstall()


def _teach_multiprocessing() -> None:
    """It knows how to send sockets of the one class that was `socket.socket` when it was imported."""
    reduction: Any = sys.modules.get("multiprocessing.reduction")
    if reduction is not None:
        reduction.register(WatchedSocket, reduction._reduce_socket)
        reduction.register(Plain, reduction._reduce_socket)

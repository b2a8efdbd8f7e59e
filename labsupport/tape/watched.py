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
from typing import Any, Final

from . import programs
from .arguments import harmless, in_order, local_address, peer_address
from .events import Call, Endpoint, clock, tick
from .lives import Plain, PlainSSL, adopting, born, endpoint_of, live
from .ops import OPS, TLS_OPS, After, Before, under_way
from .programs import current
from .record import TAPE

__all__ = ["Plain", "WatchedSSLSocket", "WatchedSocket", "endpoint_of", "install", "installed", "live", "uninstall"]

_LETTING_GO: Final = frozenset({"close", "detach", "setblocking", "setsockopt", "settimeout", "shutdown", "unwrap"})


def _watched(op: str, plain: Callable[..., Any], layer: str, before: Before | None, after: After | None) -> Any:
    """The method that calls `plain` and writes it down."""
    append, mine = TAPE.append, programs.mine
    letting_go = op in _LETTING_GO

    @functools.wraps(plain)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            program = mine.program
            endpoint: Endpoint | None = self._endpoint
        except AttributeError:  # a new thread, or socket.socket.recv(made_before_us, 10)
            program, endpoint = current(), getattr(self, "_endpoint", None)
        if endpoint is None or program.inside or endpoint.hidden:
            return plain(self, *args, **kwargs)
        owned = program.owner is not None or endpoint.owner is not None
        if owned:
            _check_owner(self, endpoint, program.owner, letting_go)
        call = Call(program, endpoint, op, layer)
        call.asked = given = in_order(op, args, kwargs) if kwargs else args
        if before is not None:
            before(call, self, given)
        try:
            append(call)
            result = plain(self, *args, **kwargs) if kwargs else plain(self, *args)
            if after is not None:
                after(call, self, given, result)
            if owned:  # what woke it may have been the order to stop
                _check_owner(self, endpoint, program.owner, letting_go)
        except BaseException as error:
            _raised(call, self, error)
            if owned and isinstance(error, OSError):
                _check_owner(self, endpoint, program.owner, letting_go)
            raise
        call.ended = clock()
        call.done = tick()
        return result

    return method


def _raised(call: Call, sock: Any, error: BaseException) -> None:
    call.fail(error)
    if not isinstance(error, OSError):
        call.asked = harmless(call.asked)
    elif call.op == "connect":
        under_way(call, sock)


def _made_of_others(plain: Callable[..., Any]) -> Callable[..., Any]:
    """`plain`, with the watched methods that it calls not taken for calls of the program."""

    @functools.wraps(plain)
    def whole(self: Any, *args: Any, **kwargs: Any) -> Any:
        program = current()
        outer, program.inside = program.inside, True
        try:
            return plain(self, *args, **kwargs)
        finally:
            program.inside = outer

    return whole


def _check_owner(sock: Any, endpoint: Endpoint, owner: Any, letting_go: bool) -> None:
    """A program that uses a socket makes it its owner's; one that was halted gets no further."""
    if owner is not None and owner is not endpoint.owner:
        owner.add(sock)
    for one in (owner, endpoint.owner):
        if one is not None and one.halted is not None and not letting_go:
            raise one.halted


@functools.wraps(Plain.detach)
def _detach(self: Any) -> Any:
    endpoint: Endpoint = self._endpoint
    if Plain.fileno(self) != -1:
        endpoint.handles -= 1
    return Plain.detach(self)


def _methods(plain: type, ops: dict[str, tuple[Before | None, After | None]], layer: str) -> dict[str, Any]:
    methods = {}
    for op, (before, after) in ops.items():
        if hasattr(plain, op):  # sendmsg and recvmsg are not everywhere
            original = _detach if op == "detach" else getattr(plain, op)
            if layer == "tls" or op in ("accept", "sendfile"):
                original = _made_of_others(original)
            methods[op] = _watched(op, original, layer, before, after)
    return methods


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
    if fileno is not None:
        endpoint.local = local_address(self) or endpoint.local
        endpoint.peer = peer_address(self) or endpoint.peer
        endpoint.hidden = endpoint.hidden or _is_pipe_to_itself()
        return
    call = Call(program, endpoint, "socket")
    call.asked = (endpoint.family, endpoint.type)
    TAPE.append(call)
    call.finish()


def _is_pipe_to_itself() -> bool:
    """An asyncio loop wakes itself through a pair of sockets, which is nobody's conversation."""
    caller = sys._getframe(2).f_back
    return caller is not None and caller.f_code.co_name == "_make_self_pipe"


def _dup(self: Any) -> Any:
    with adopting(self):
        return _made_of_others(Plain.dup)(self)


def _real_close(self: Any, *args: Any) -> None:
    """The one place where a descriptor is closed, whoever asked for it."""
    if Plain.fileno(self) != -1:
        self._endpoint.handles -= 1
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
        **_methods(Plain, OPS, "plain"),
        "__init__": functools.wraps(Plain.__init__)(_init),
        "__new__": _new,
        "__repr__": _made_of_others(Plain.__repr__),
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


_tls_methods: Final = _methods(PlainSSL, {**OPS, **TLS_OPS}, "tls")

WatchedSSLSocket: Any = _Watching(
    PlainSSL.__name__,
    (PlainSSL,),
    {
        **_same_as(PlainSSL),
        **_tls_methods,
        "__new__": _new,
        "__repr__": _made_of_others(PlainSSL.__repr__),
        "__slots__": ("_endpoint",),
        "_create": classmethod(_create),
        "do_handshake": _apart(_tls_methods["do_handshake"]),
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

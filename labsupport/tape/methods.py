"""The methods of a watched socket: each calls the original, and writes down the call.

There are two kinds.  `_general` serves every method and every form of a call; what is
particular to a method stands in `ops`.  `_sending` and `_receiving` do the same for the calls
that programs make most, in their usual form, with everything in one body: right after a
system call the interpreter runs slowly, and each function on the way costs more than what it
does (measured: 0.7 µs a call instead of 1.1).  They write to a call and never read from it: as
`Call` has a `__getattr__`, that takes three times as long.  What is not usual they leave to the general kind.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from .arguments import address_of, first_bytes, harmless, in_order, size_of
from .events import KEPT_BYTES, Call, Endpoint, Program, clock, tick
from .lives import Plain, let_go
from .ops import After, Before, given_a_port, under_way
from .programs import current, mine
from .record import LENT, SMALL, TAPE, WHOLE

__all__ = ["made_of_others", "methods"]

_LETTING_GO: Final = frozenset({"close", "detach", "setblocking", "setsockopt", "settimeout", "shutdown", "unwrap"})

#: What an SSLSocket does in clear before TLS begins, and after unwrap() or shutdown() has ended it.
_CARRYING: Final = ("recv", "send")

_new: Final[Callable[[type[Call]], Call]] = object.__new__  # `Call.__init__` would be one function more
# What `TAPE.append` and `TAPE.keep` do, in its steps.
_write, _count, _shelf = TAPE.write, TAPE.count, TAPE.shelf
_put = _shelf.append

_ABSENT: Final = object()

#: Stands in for a new thread, or a socket made before us, so that the general kind takes the call.  It may raise, and
#: what is raised within `except AttributeError` would show that error to the learner too.
_UNKNOWN: Final = Program("unknown"), Endpoint(0, 0)
_UNKNOWN[0].inside = True

Method = Callable[..., Any]


def methods(plain: type, ops: dict[str, tuple[Before | None, After | None]], layer: str) -> dict[str, Method]:
    """The watched methods for a subclass of `plain`: those of `ops` that it has."""
    found: dict[str, Method] = {}
    for op, (before, after) in ops.items():
        if hasattr(plain, op):  # sendmsg and recvmsg are not everywhere
            original = _detach if op == "detach" else getattr(plain, op)
            if layer == "tls" or op in ("accept", "sendfile"):
                original = made_of_others(original)
            method = _general(op, original, layer, before, after)
            if layer == "plain" and op in _USUAL:
                method = _USUAL[op](op, original, method)
            found[op] = functools.wraps(original)(method)
    return found


def made_of_others(plain: Method) -> Method:
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


@functools.wraps(Plain.detach)
def _detach(self: Any) -> Any:
    if Plain.fileno(self) != -1:
        let_go(self)
    return Plain.detach(self)


# --- every call ------------------------------------------------------------------------------


def _general(op: str, plain: Method, layer: str, before: Before | None, after: After | None) -> Method:
    letting_go = op in _LETTING_GO
    may_be_clear = layer == "tls" and op.startswith(_CARRYING)

    def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
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
        call = _new(Call)
        call.program, call.endpoint, call.op = program, endpoint, op
        call.layer = "plain" if may_be_clear and getattr(self, "_sslobj", None) is None else layer
        call.flags = 0
        call.order = tick()
        call.asked = given = in_order(op, args, kwargs) if kwargs else args
        if before is not None:
            before(call, self, given)
        program.last = call
        call.started = clock()
        try:
            _write(call)
            _count()
            result = plain(self, *args, **kwargs) if kwargs else plain(self, *args)
            if after is not None:
                after(call, self, given, result)
            if owned:  # what woke it may have been the order to stop
                _check_owner(self, endpoint, program.owner, letting_go)
        except BaseException as error:
            _raised(call, self, error, letting_go)
            raise
        call.ended = clock()
        call.done = tick()
        return result

    return method


def _check_owner(sock: Any, endpoint: Endpoint, owner: Any, letting_go: bool) -> None:
    """A program that uses a socket makes it its owner's; one that was halted gets no further."""
    if owner is not None and owner is not endpoint.owner:
        owner.add(sock)
    for one in (owner, endpoint.owner):
        if one is not None and one.halted is not None and not letting_go:
            raise one.halted


def _raised(call: Call, sock: Any, error: BaseException, letting_go: bool = False) -> None:
    call.fail(error)
    if not isinstance(error, OSError):
        call.asked = harmless(call.asked)
        return
    if call.op == "connect":
        under_way(call, sock)
    _check_owner(sock, call.endpoint, call.program.owner, letting_go)


# --- the usual calls -------------------------------------------------------------------------


def _sending(op: str, plain: Method, general: Method, to: bool = False) -> Method:
    """`send(bytes)`, `sendall(bytes)`, and `sendto(bytes, address)`."""

    def method(self: Any, data: Any = _ABSENT, /, *more: Any, **named: Any) -> Any:
        try:
            program = mine.program
            endpoint: Endpoint = self._endpoint
        except AttributeError:
            program, endpoint = _UNKNOWN
        owner = program.owner
        unusual = owner is not endpoint.owner or type(data) is not bytes or (len(more) != 1 if to else more) or named
        if unusual or program.inside or endpoint.hidden:
            return general(self, *_given(data, more), **named)
        call = _new(Call)
        call.program = program
        call.endpoint = endpoint
        call.op = op
        call.order = order = tick()
        length = len(data)
        if to:
            call.asked, call.address = (length, *more), address_of(more[0])
        else:
            call.only = length
        if length <= WHOLE:
            call.head = data
        else:
            call.head, call.shelf = data[:SMALL], _shelf
            _put((order, data if length <= LENT else data[:KEPT_BYTES]))
        call.offset = endpoint.sent
        program.last = call
        call.started = clock()
        try:
            _write(call)
            _count()
            call.result = result = plain(self, data, more[0]) if to else plain(self, data)
            call.length = length = length if result is None else result
            endpoint.sent += length
            if to:
                given_a_port(endpoint, self)
            if owner is not None:
                _check_owner(self, endpoint, owner, letting_go=False)
        except BaseException as error:
            _raised(call, self, error)
            raise
        call.ended = clock()
        call.done = tick()
        return result

    return method


def _receiving(
    op: str, plain: Method, general: Method, kinds: tuple[type, ...], room: Any = None, take: Any = None
) -> Method:
    """`recv(int)`, `recvfrom(int)` and `recv_into(buffer)` with or without a count: `asked` is of one of `kinds`.

    `room(asked, count)` is the size of a buffer.  `take(call, asked, result)` finds the bytes to keep, and how many
    came; without it the result is the bytes.
    """
    most = 0 if room is None else 1

    def method(self: Any, asked: Any = _ABSENT, /, *more: Any, **named: Any) -> Any:
        try:
            program = mine.program
            endpoint: Endpoint = self._endpoint
        except AttributeError:
            program, endpoint = _UNKNOWN
        owner = program.owner
        unusual = owner is not endpoint.owner or type(asked) not in kinds or (more and len(more) > most) or named
        if unusual or program.inside or endpoint.hidden:
            return general(self, *_given(asked, more), **named)
        call = _new(Call)
        call.program = program
        call.endpoint = endpoint
        call.op = op
        call.order = order = tick()
        call.only = asked if room is None else room(asked, *more)
        program.last = call
        call.started = clock()
        try:
            _write(call)
            _count()
            result = plain(self, asked, *more) if more else plain(self, asked)
            if take is None:
                data = result
                length = len(result)
            else:
                data, length = take(call, asked, result)
            call.length = length
            call.offset = before = endpoint.received
            endpoint.received = before + length
            if length <= WHOLE:
                call.head = data
            else:
                call.head, call.shelf = data[:SMALL], _shelf
                _put((order, data if length <= LENT else data[:KEPT_BYTES]))
            if owner is not None:
                _check_owner(self, endpoint, owner, letting_go=False)
        except BaseException as error:
            _raised(call, self, error)
            raise
        call.ended = clock()
        call.done = tick()
        return result

    return method


def _from(call: Call, _size: int, result: tuple[bytes, Any]) -> tuple[bytes, int]:
    data, address = result
    call.address = address_of(address)
    return data, len(data)


def _room(buffer: Any, count: Any = 0) -> int | None:
    if type(buffer) is bytearray and count == 0:
        return len(buffer)
    return count if isinstance(count, int) and count else size_of(buffer)


def _into(call: Call, buffer: Any, length: int) -> tuple[bytes, int]:
    call.result = length
    if type(buffer) is bytearray and length <= KEPT_BYTES:
        return bytes(buffer[:length]), length
    return first_bytes(buffer, length)[0] or b"", length


def _given(first: Any, more: tuple[Any, ...]) -> tuple[Any, ...]:
    return () if first is _ABSENT else (first, *more)


_USUAL: Final[dict[str, Callable[[str, Method, Method], Method]]] = {
    "recv": functools.partial(_receiving, kinds=(int,)),
    "recv_into": functools.partial(_receiving, kinds=(bytearray, memoryview), room=_room, take=_into),
    "recvfrom": functools.partial(_receiving, kinds=(int,), take=_from),
    "send": _sending,
    "sendall": _sending,
    "sendto": functools.partial(_sending, to=True),
}

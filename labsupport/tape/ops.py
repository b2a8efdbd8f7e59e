"""What is noted of each socket method: the bytes that go out before it, what came back after it.

An *op* has two small functions, or none: `before(call, sock, args)` is called before the
original method, `after(call, sock, args, result)` after it has returned.  `OPS` lists the
methods of every socket, `TLS_OPS` those that a TLS socket has besides.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

from labsupport import kernel

from .arguments import address_of, first_bytes, local_address, peer_address, size_of
from .events import Call, Endpoint, Program, tick
from .linger import RESETS
from .lives import Plain
from .record import TAPE

__all__ = ["OPS", "TLS_OPS", "After", "Before", "given_a_port", "under_way"]

_PEEK: Final = int(socket.MSG_PEEK)  # an enum member costs half a microsecond to compare

Before = Callable[[Call, Any, tuple[Any, ...]], None]
After = Callable[[Call, Any, tuple[Any, ...], Any], None]


def _came_back(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    call.result = result


def _sending(call: Call, sock: Any, args: tuple[Any, ...]) -> None:
    if not args:
        return
    data: Any = args[0]
    if type(data) is bytes:
        length: int | None = len(data)
        TAPE.keep(call, data)
    else:
        head, length = first_bytes(data)
        if head is not None:
            TAPE.keep(call, head)
    call.offset = call.endpoint.sent
    call.asked = (length, *args[1:])
    if len(args) > 1:
        _asking_flags(call, args[1])


def _sent(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    call.result = call.length = result
    call.endpoint.sent += result


def _sent_all(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    call.length = call.asked[0]
    call.endpoint.sent += call.length or 0


def _sending_to(call: Call, sock: Any, args: tuple[Any, ...]) -> None:
    _sending(call, sock, args)
    call.address = address_of(args[-1]) if args else None


def _sent_to(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    _sent(call, sock, args, result)
    given_a_port(call.endpoint, sock)


def given_a_port(endpoint: Endpoint, sock: Any) -> None:
    """A datagram socket that sends has a port of its own, from its first datagram on."""
    if (endpoint.local is None or endpoint.local[1] == 0) and endpoint.type == socket.SOCK_DGRAM:
        endpoint.local = local_address(sock)
        endpoint.sent_first = 0 if endpoint.bound else tick()


def _sending_parts(call: Call, sock: Any, args: tuple[Any, ...]) -> None:
    # Only a list or tuple may be looked at: an iterator would be used up.
    call.asked = (None, *args[1:])
    if args and isinstance(args[0], list | tuple):
        heads = [first_bytes(part) for part in args[0]]
        call.asked = (sum(length or 0 for _, length in heads), *args[1:])
        TAPE.keep(call, b"".join(data or b"" for data, _ in heads))
    call.offset = call.endpoint.sent
    if len(args) > 3:
        call.address = address_of(args[3])


def _sending_file(call: Call, sock: Any, args: tuple[Any, ...]) -> None:
    call.offset = call.endpoint.sent
    call.asked = (None, *args[1:])


def _took(call: Call, length: int) -> None:
    """Where these bytes stand in the stream; a peek leaves them there."""
    call.length = length
    endpoint = call.endpoint
    call.offset = endpoint.received
    if not call.flags & _PEEK:
        endpoint.received += length


def _received(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    if len(args) > 1:
        _asking_flags(call, args[1])
    _took(call, len(result))
    TAPE.keep(call, result)


def _read(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    """`SSLSocket.read(len, buffer)` gives bytes, or with a buffer how many it put there."""
    if isinstance(result, int):
        call.asked = (args[0] if isinstance(args[0], int) and args[0] > 0 else size_of(args[1]),)
        _received_into(call, sock, args[1:], result)
    else:
        _received(call, sock, (), result)


def _asking_flags(call: Call, flags: Any) -> None:
    if isinstance(flags, int):
        call.flags = int(flags)


def _received_from(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    _received(call, sock, args, result[0])
    call.address = address_of(result[1])


def _asking_into(call: Call, sock: Any, args: tuple[Any, ...]) -> None:
    size = args[1] if len(args) > 1 and isinstance(args[1], int) and args[1] else size_of(args[0]) if args else None
    call.asked = (size, *args[2:])
    if len(args) > 2:
        _asking_flags(call, args[2])


def _received_into(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    call.result = result
    _took(call, min(result, call.asked[0] or 0) if call.flags else result)  # MSG_TRUNC: told of more than came
    data, _ = first_bytes(args[0], result) if args else (None, 0)
    if data is not None:
        TAPE.keep(call, data)


def _received_from_into(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    _received_into(call, sock, args, result[0])
    call.address = address_of(result[1])


def _received_message(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    call.flags = result[2] | (args[2] if len(args) > 2 else 0)
    _received(call, sock, (), result[0])
    call.address = address_of(result[3])


def _asking_message_into(call: Call, sock: Any, args: tuple[Any, ...]) -> None:
    known = bool(args) and isinstance(args[0], list | tuple)
    call.asked = (sum(size_of(part) or 0 for part in args[0]) if known else None, *args[1:])


def _received_message_into(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    call.result = result[0]
    call.flags = result[2] | (args[2] if len(args) > 2 else 0)
    _took(call, result[0])
    call.address = address_of(result[3])
    if args and isinstance(args[0], list | tuple):
        TAPE.keep(call, b"".join(first_bytes(part)[0] or b"" for part in args[0])[: result[0]])


def _connecting(call: Call, sock: Any, args: tuple[Any, ...]) -> None:
    call.address = address_of(args[0]) if args else None
    if call.address is not None:
        call.endpoint.connected = call.endpoint.connected or call.order
        call.endpoint.peer = call.address


def _connected(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    call.result = result
    endpoint = call.endpoint
    endpoint.local = local_address(sock)
    endpoint.peer = peer_address(sock) or endpoint.peer  # on its way (connect_ex): the one that was asked for


def under_way(call: Call, sock: Any) -> None:
    """A connect that does not wait raises, and yet goes on: from here on the socket has a port of its own."""
    if call.error is not None and call.error.errno in (errno.EINPROGRESS, errno.EWOULDBLOCK):
        _connected(call, sock, (), None)


def _bound(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    endpoint = call.endpoint
    endpoint.bound = endpoint.bound or call.order
    endpoint.local = local_address(sock)
    if endpoint.type == socket.SOCK_DGRAM and endpoint.local is not None:
        _opened(call.program, endpoint)


def _listening(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    endpoint = call.endpoint
    endpoint.local = local_address(sock)
    if not endpoint.listening:
        endpoint.listening = call.order
        if endpoint.local is not None:
            _opened(call.program, endpoint)


def _opened(program: Program, endpoint: Endpoint) -> None:
    danger = _reachable(endpoint)
    if danger:
        print(f"labsupport: {danger}", file=sys.stderr)
    if program.owner is not None:
        program.owner.opened(endpoint)
        if danger:
            program.owner.tell(danger)


def _accepted(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    connection, address = result
    call.result = call.address = address_of(address)
    endpoint = getattr(connection, "_endpoint", None)
    if endpoint is not None:
        endpoint.listener = call.endpoint
        endpoint.peer = call.address
        call.accepted = endpoint


def _closing(call: Call, sock: Any, args: tuple[Any, ...]) -> None:
    """Ask the kernel, while it can still be asked, whether this close will be a reset."""
    call.ending = "again" if sock.fileno() == -1 else "fin"
    if call.ending == "again" or call.endpoint.type != socket.SOCK_STREAM or call.endpoint.listening:
        return
    try:
        if Plain.getsockopt(sock, socket.SOL_SOCKET, socket.SO_LINGER, len(RESETS)) == RESETS:
            call.ending = "linger"
        elif kernel.unread(sock.fileno()) and kernel.snapshot(sock).state != "CLOSED":
            call.ending = "unread"  # a connection that both sides have finished is CLOSED to its socket: no RST
    except OSError:
        pass  # a socket that cannot be asked closes as it closes


def _closed(call: Call, sock: Any, args: tuple[Any, ...], result: Any) -> None:
    if call.ending != "again" and call.endpoint.handles > 0:
        call.ending = "held"


def _reachable(endpoint: Endpoint) -> str:
    """What is said aloud of a socket that others on the network can reach; of another nothing."""
    host = endpoint.local[0] if endpoint.local else "127.0.0.1"
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if address.is_loopback or address.is_multicast:  # a group is heard only where somebody has joined it
        return ""
    every = host in ("0.0.0.0", "::")
    where = "on every network interface of this machine" if every else "beyond this machine"
    return (
        f"this socket can be reached at {host}, {where}, so by others on your network. "
        'While you practise, bind("127.0.0.1", …); listen() without bind() does the same as 0.0.0.0.'
    )


OPS: Final[dict[str, tuple[Before | None, After | None]]] = {
    "accept": (None, _accepted),
    "bind": (None, _bound),
    "close": (_closing, _closed),
    "connect": (_connecting, _connected),
    "connect_ex": (_connecting, _connected),
    "detach": (None, None),
    "getpeername": (None, _came_back),
    "getsockname": (None, _came_back),
    "getsockopt": (None, _came_back),
    "listen": (None, _listening),
    "recv": (None, _received),
    "recv_into": (_asking_into, _received_into),
    "recvfrom": (None, _received_from),
    "recvfrom_into": (_asking_into, _received_from_into),
    "recvmsg": (None, _received_message),
    "recvmsg_into": (_asking_message_into, _received_message_into),
    "send": (_sending, _sent),
    "sendall": (_sending, _sent_all),
    "sendfile": (_sending_file, _sent),
    "sendmsg": (_sending_parts, _sent_to),
    "sendto": (_sending_to, _sent_to),
    "setblocking": (None, None),
    "setsockopt": (None, None),
    "settimeout": (None, None),
    "shutdown": (None, None),
}
TLS_OPS: Final[dict[str, tuple[Before | None, After | None]]] = {
    "do_handshake": (None, None),
    "read": (None, _read),
    "unwrap": (None, None),
    "write": (_sending, _sent),
}

"""What the kernel knows of a socket: its state, its queues, its view of the network.

    >>> kernel.snapshot(sock).state
    'ESTABLISHED'

This is the second of two truths.  The tape says what the program saw; a snapshot says what the
kernel under it holds.  A field that this system does not tell is None, never a guess, and asking
writes nothing on the tape.
"""

from __future__ import annotations

import functools
import importlib
import sys
from typing import Any, Final, cast

from .asking import descriptor, plain
from .facts import Address, Row, Rows, Snapshot, System

__all__ = ["Row", "Rows", "Snapshot", "connections", "snapshot", "unread", "unsent"]

_MODULES: Final = {"linux": "linux", "darwin": "macos", "win32": "windows"}


@functools.cache
def _system() -> System:
    return cast("System", importlib.import_module(f"{__name__}.{_MODULES.get(sys.platform, 'unknown')}"))


def snapshot(sock: Any) -> Snapshot:
    """Everything that the kernel tells of this open socket, at one moment.

    Raises TypeError for what is not a socket, ValueError for a socket that is closed.
    """
    fd = descriptor(sock)
    if fd < 0:
        raise ValueError(
            f"The kernel cannot be asked about {sock!r}: it is closed here, and the kernel knows it no more. "
            "Take the snapshot before close(); connections(port) still lists a connection in TIME-WAIT."
        )
    queues: dict[str, Any] = {"receive_queue": unread(fd), "send_queue": unsent(fd)}
    return Snapshot(**(queues | _system().facts(plain(sock))))


def connections(port: int, protocol: str = "tcp") -> Rows:
    """Every connection and listener at this local or remote port, those in TIME-WAIT too.

    Both address families; with ``protocol="udp"`` the datagram sockets and what they dropped.
    Listeners come first.  On macOS only root sees other programs' connections and TIME-WAIT.
    """
    _check_port(port)
    if protocol not in ("tcp", "udp"):
        raise ValueError(f"connections() knows the protocols 'tcp' and 'udp', and got {protocol!r}.")
    listed = _system().rows(protocol)
    return Rows(sorted((row for row in listed if port in _ports(row)), key=_place))


def unread(sock_or_fd: Any) -> int | None:
    """Bytes that have arrived and wait to be read; None for a listener, or where it cannot be known.

    Of a datagram socket: the size of the next datagram.  Takes a socket or its descriptor, and
    costs one system call.
    """
    fd = sock_or_fd if type(sock_or_fd) is int else descriptor(sock_or_fd)
    return _system().unread(fd) if fd >= 0 else None


def unsent(sock_or_fd: Any) -> int | None:
    """Bytes written here that the other end has not acknowledged; None where it cannot be known."""
    fd = sock_or_fd if type(sock_or_fd) is int else descriptor(sock_or_fd)
    return _system().unsent(fd) if fd >= 0 else None


def _check_port(port: Any) -> None:
    if type(port) is not int:
        raise TypeError(
            f"connections() takes a port number such as 50007, and got {port!r}. "
            "Of an address (host, port), give the second part: address[1]."
        )
    if not 0 < port <= 65535:
        raise ValueError(f"{port} is not a port: ports run from 1 to 65535.")


def _ports(row: Row) -> tuple[int, ...]:
    return (row.local[1],) if row.remote is None else (row.local[1], row.remote[1])


def _place(row: Row) -> tuple[bool, Address, Address]:
    return row.state != "LISTEN", row.local, row.remote or ("", 0)

"""Kinds of values that are C structs, and what Python has for them: floats, addresses and small named tuples."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from . import system
from .kinds import Kind

__all__ = [
    "GROUP",
    "GROUP6",
    "INTERFACE",
    "LINGER",
    "OWNER",
    "SOURCE",
    "TIMEVAL",
    "Credentials",
    "Linger",
    "Membership",
    "SourceMembership",
]


class _Timeval(Kind):
    """Seconds and microseconds; on Windows a DWORD of milliseconds (SOL_SOCKET options, Winsock)."""

    @property
    def _format(self) -> str:
        # A long, and an int that is padded to a long (macOS) or a second long (Linux).
        return {system.WINDOWS: "@I", system.MACOS: "@li0l"}.get(system.here(), "@ll")

    @property
    def size(self) -> int:  # type: ignore[override]  # a constant elsewhere
        return struct.calcsize(self._format)

    def read(self, raw: Any) -> float:
        parts = struct.unpack(self._format, raw)
        return float(parts[0] / 1000 if len(parts) == 1 else parts[0] + parts[1] / 1e6)

    def write(self, value: Any) -> bytes:
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise TypeError(value)
        if system.here() == system.WINDOWS:
            return struct.pack(self._format, round(value * 1000))
        return struct.pack(self._format, *divmod(round(value * 1_000_000), 1_000_000))


class _Address(Kind):
    """An IPv4 address in four bytes (struct in_addr)."""

    size = 4

    def read(self, raw: Any) -> str:
        return socket.inet_ntoa(raw)

    def write(self, value: Any) -> bytes:
        return socket.inet_aton(value)

    def shown(self, value: Any) -> str:
        return str(value)


class Linger(NamedTuple):
    """What close() does with data that is not yet sent: nothing special, or wait `seconds` for it; 0 resets."""

    on: bool
    seconds: int


class Credentials(NamedTuple):
    """Who is at the other end of a socket inside this machine."""

    pid: int
    uid: int
    gid: int


class Membership(NamedTuple):
    """A multicast group, and the interface to hear it on: its address, for IPv6 its number (0: the system's choice)."""

    group: str
    interface: str | int


class SourceMembership(NamedTuple):
    """A multicast group, the address of the interface to hear it on, and the one sender to hear."""

    group: str
    interface: str
    source: str


class _Linger(Kind):
    @property
    def _format(self) -> str:
        return "=HH" if system.here() == system.WINDOWS else "=ii"

    @property
    def size(self) -> int:  # type: ignore[override]  # a constant elsewhere
        return struct.calcsize(self._format)

    def read(self, raw: Any) -> Linger:
        on, seconds = struct.unpack(self._format, raw)
        return Linger(bool(on), seconds)

    def write(self, value: Any) -> bytes:
        on, seconds = _few(value, 2)
        if on not in (0, 1):
            raise ValueError(value)
        return struct.pack(self._format, on, seconds)

    def shown(self, value: Any) -> str:
        on, seconds = value
        return f"on, {seconds} s" if on else "off"


class _Owner(Kind):
    size = 12

    def read(self, raw: Any) -> Credentials:
        return Credentials(*struct.unpack("=3i", raw))


class _Group(Kind):
    """struct ip_mreq"""

    def write(self, value: Any) -> bytes:
        return b"".join(map(socket.inet_aton, _few(value, 2)))


class _Group6(Kind):
    """struct ipv6_mreq"""

    def write(self, value: Any) -> bytes:
        group, interface = _few(value, 2)
        return socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", interface)


class _Source(Kind):
    """struct ip_mreq_source, whose last two fields Linux has the other way round than the rest."""

    def write(self, value: Any) -> bytes:
        group, interface, source = map(socket.inet_aton, _few(value, 3))
        return group + (interface + source if system.here() == system.LINUX else source + interface)


def _few(value: Any, count: int) -> Sequence[Any]:
    if not isinstance(value, tuple | list) or len(value) != count:
        raise TypeError(value)
    return value


TIMEVAL: Final = _Timeval("struct timeval", "a number of seconds", "s")
INTERFACE: Final = _Address("struct in_addr", "the IPv4 address of an interface, such as '127.0.0.1'")
LINGER: Final = _Linger("struct linger", "Linger(on, seconds), such as (True, 0)")
OWNER: Final = _Owner("struct ucred", "")
GROUP: Final = _Group("struct ip_mreq", "(group, interface), such as ('239.1.2.3', '127.0.0.1')")
GROUP6: Final = _Group6("struct ipv6_mreq", "(group, number of the interface), such as ('ff01::123', 1)")
SOURCE: Final = _Source(
    "struct ip_mreq_source", "(group, interface, source), such as ('232.1.2.3', '127.0.0.1', '127.0.0.2')"
)

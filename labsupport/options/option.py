"""A row of the table: one socket option, and where to learn more of it."""

from __future__ import annotations

import _socket
import contextlib
import socket
import struct
import sys
from dataclasses import KW_ONLY, dataclass
from enum import IntEnum
from typing import Any, Final

from . import system
from .kinds import Kind

__all__ = ["Level", "Option", "fresh"]


class Level(IntEnum):
    """Which part of the system an option belongs to: the `level` of setsockopt(), by Python's name."""

    SOL_SOCKET = socket.SOL_SOCKET
    IPPROTO_IP = 0
    IPPROTO_TCP = 6
    IPPROTO_UDP = 17
    IPPROTO_IPV6 = 41

    @property
    def protocol(self) -> str:
        """What a learner calls it: "TCP"; for SOL_SOCKET "sockets of every kind"."""
        return {0: "IPv4", 6: "TCP", 17: "UDP", 41: "IPv6"}.get(self, "sockets of every kind")


#: The man page of Linux in which the options of a level stand.
_PAGES: Final = {0: "ip(7)", 6: "tcp(7)", 17: "udp(7)", 41: "ipv6(7)"}


@dataclass(frozen=True)
class Option:
    """One socket option.

    - `level`, `name`: as Python spells them; `linux`: its number on Linux, None where Linux has no such option.
    - `kind`: how its value is kept; `type` is its name.
    - `where`: the systems that have it, each with the Python that first names it there: "Linux, Windows 3.14".
      No version means 3.11 or before, "-" that no Python names it.
    - `what`: what it does, in one line.  `shown_by`: the experiment or chapter that shows it, "" where none does.
    - `readonly`, `writeonly`: it can only be read, only be set; both: not from Python.
    - `needs`: what it asks for besides, "" for nothing.
    - `span`: what Linux takes of it, where that is not everything, the rest being an error.
    - `limit`, `steps`: what Linux quietly clamps a value to, and rounds it to.
    - `moves`: the system changes it by itself while a connection lives.  `instead`: what other systems have for it.
    - `source`: where it is documented.
    """

    level: Level
    name: str
    linux: int | None
    kind: Kind
    where: str
    what: str
    _: KW_ONLY
    shown_by: str = ""
    readonly: bool = False
    writeonly: bool = False
    needs: str = ""
    span: str = ""
    limit: str = ""
    steps: str = ""
    moves: bool = False
    instead: str = ""
    page: str = ""

    @property
    def type(self) -> str:
        """The type of its value: "bool", "milliseconds", "struct linger"."""
        return self.kind.name

    @property
    def source(self) -> str:
        """Where it is documented: a man page of Linux, or of the system that has it."""
        return self.page or _PAGES.get(self.level, "socket(7)")

    @property
    def first(self) -> dict[str, str]:
        """For each system that has it the Python that first names it there; "" if none does."""
        found = (entry.partition(" ") for entry in self.where.split(", "))
        return {name: {"": "3.11", "-": ""}.get(version, version) for name, _, version in found}

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems that have it."""
        return tuple(self.first)

    @property
    def since(self) -> str:
        """The Python that first names it, here or else anywhere; "3.11" means that or before, "" none."""
        first = self.first
        return first.get(system.here(), min(first.values(), key=_version))

    @property
    def exported(self) -> bool:
        """Whether the Python that runs has a name for it."""
        return hasattr(socket, self.name)

    @property
    def number(self) -> int | None:
        """Its number here: Python's, or on Linux the kernel's own; None where neither is known."""
        named = getattr(socket, self.name, None)
        return self.linux if named is None and system.here() == system.LINUX else named

    @property
    def default(self) -> Any:
        """Its value on a fresh socket, here and now: of TCP, for UDP_ options of UDP, for IPV6_ over IPv6.

        None where this system has no such option or does not tell.
        """
        kind = socket.SOCK_DGRAM if self.level is Level.IPPROTO_UDP else socket.SOCK_STREAM
        family = socket.AF_INET6 if self.level is Level.IPPROTO_IPV6 else socket.AF_INET
        try:
            with contextlib.closing(fresh(family, kind)) as sock:
                return self.ask(sock)
        except OSError:  # no IPv6 here, or no descriptors left
            return None

    def ask(self, sock: Any) -> Any:
        """Its value on this open socket, asked below the tape; None where the system does not tell."""
        if self.number is None or self.writeonly:
            return None
        sizes = (self.kind.size,) if self.kind.size else ()
        try:
            return self.kind.read(_socket.socket.getsockopt(sock, self.level, self.number, *sizes))
        except (OSError, struct.error):  # no such option here, or not as long as the struct
            return None

    @property
    def taken(self) -> str:
        """What this system takes of it, "" for everything or where that is not known."""
        return self.span if system.here() == system.LINUX else ""

    @property
    def treated(self) -> str:
        """What this system quietly clamps a value to, or rounds it to, where that is known."""
        return (self.limit or self.steps) if system.here() == system.LINUX else ""

    @property
    def number_text(self) -> str:
        """Its number as the table shows it: "1", "55 (no name in Python 3.11)", "not here"."""
        if self.number is None:
            return "not here"
        version = ".".join(map(str, sys.version_info[:2]))
        return str(self.number) if self.exported else f"{self.number} (no name in Python {version})"

    def __str__(self) -> str:
        return f"{self.name}: {self.what} ({self.level.name} {self.number_text}, {self.type}; {self.source})"


def _version(text: str) -> tuple[int, ...]:
    """A version to compare by; that no Python names an option comes last."""
    return tuple(map(int, text.split("."))) if text else (99,)


def fresh(family: int, kind: int, proto: int = 0) -> Any:
    """A new socket that is not watched: looking something up is no part of the program's own story."""
    return _socket.socket(family, kind, proto)

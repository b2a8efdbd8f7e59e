"""What can be said before the system is asked, and what its refusals mean.

What is wrong with the question is a TypeError or a ValueError; what the system refuses stays the OSError that it is,
with a sentence.  Each sentence names the value and what to do.
"""

from __future__ import annotations

import errno
import reprlib
import socket
import struct
import sys
from typing import Any, Final

from labsupport.kernel.asking import descriptor, plain

from . import system
from .option import Level, Option

__all__ = ["MISFITS", "check_socket", "misfit", "refusal"]

#: What a value that does not fit an option may raise.
MISFITS: Final = (TypeError, ValueError, OverflowError, OSError, struct.error)

_KINDS: Final = {Level.IPPROTO_TCP: socket.SOCK_STREAM, Level.IPPROTO_UDP: socket.SOCK_DGRAM}
_FAMILIES: Final = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
_PROTOCOLS: Final = {socket.SOCK_STREAM: "TCP", socket.SOCK_DGRAM: "UDP", socket.SOCK_RAW: "raw"}

_ADVICE: Final = {
    errno.ENOTCONN: "Connect the socket first.",
    errno.ENOPROTOOPT: "It has no such option for a socket of this kind, or does not let it be changed.",
    errno.EOPNOTSUPP: "It has no such option for a socket of this kind.",
    errno.EISCONN: "Set it before connect().",
    errno.ENOENT: "It has nothing of this kind here.",
    errno.ENODEV: "There is no such network interface.",
    errno.EADDRNOTAVAIL: "There is no such address or membership here.",
    errno.ENOBUFS: "That is more than it allows.",
}

#: What a system says when the socket is not of the kind, or not in the state, that the option needs.
_UNFIT: Final = (errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.ENOTCONN, errno.EINVAL)


def check_socket(sock: Any, option: Option) -> None:
    """Raise what is wrong with asking this socket for this option, before the system is asked."""
    if descriptor(sock) < 0:
        raise ValueError(f"{option.name} cannot be asked of a closed socket: do it before close().")
    inner = plain(sock)
    if option.number is None:
        raise ValueError(_missing(option))
    if not _fits(option.level, inner.family, inner.type):
        theirs = option.level.protocol
        raise ValueError(
            f"{option.name} is an option of {theirs}, and this socket is {_described(inner)}: "
            f"use it on a socket of {theirs}."
        )


def _fits(level: Level, family: int, kind: int) -> bool:
    """Whether a socket of this family and type has options of this level; IPv6 sockets have those of IPv4 too."""
    if level is Level.SOL_SOCKET:
        return True
    families = (socket.AF_INET6,) if level is Level.IPPROTO_IPV6 else tuple(_FAMILIES)
    return family in families and kind == _KINDS.get(level, kind)


def _described(inner: Any) -> str:
    """What a socket is: "UDP over IPv4", "AF_UNIX"."""
    if inner.family not in _FAMILIES:
        return socket.AddressFamily(inner.family).name
    return f"{_PROTOCOLS.get(inner.type, inner.type)} over {_FAMILIES[inner.family]}"


def _missing(option: Option) -> str:
    here = system.here()
    if here in option.systems:
        return (
            f"{option.name} is named from Python {option.since} on here, this is Python "
            f"{sys.version_info[0]}.{sys.version_info[1]}, and its number on {here} is not in the table."
        )
    advice = f" {option.instead}" if option.instead else ""
    return f"{option.name} is an option of {' and '.join(option.systems)}, and this is {here}.{advice}"


def misfit(option: Option, value: Any, error: Exception) -> TypeError | ValueError:
    """The error for a value that is not of the option's type; of what was raised it keeps the kind."""
    kind = TypeError if isinstance(error, TypeError) else ValueError
    span = f" ({option.taken})" if option.taken else ""
    return kind(f"{option.name} takes {option.kind.takes}{span}, and got {reprlib.repr(value)}.")


def refusal(option: Option, error: OSError, doing: str) -> OSError:
    """The system's own error, with a sentence: `doing` says what it refused, such as "set to 0 s"."""
    number = error.errno or 0
    why = f"{errno.errorcode.get(number, number)}, {error.strerror}"
    sentence = f"{option.name} could not be {doing}: this system refused it ({why}). {_cure(option, number)}"
    return OSError(number, sentence)  # of the subclass that belongs to the number


def _cure(option: Option, number: int) -> str:
    if number in (errno.EPERM, errno.EACCES):
        return f"It needs {option.needs or 'a right that this program does not have'}: do without it, or run as root."
    if number == errno.EINVAL and option.taken:
        return f"It takes {option.taken}."
    if option.needs and number in _UNFIT:
        return f"It needs {option.needs}."
    return _ADVICE.get(number, f"See {option.source}.")

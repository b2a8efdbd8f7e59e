"""Where a link leads: what was asked for, checked, and what to say when it cannot be reached."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Any, Final

from labsupport.tape.events import Address

__all__ = ["failure", "family_of", "target_of"]

_EVERY: Final = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}


def target_of(address: Any) -> Address:
    """`(host, port)` of a target: an address, or something that has one.

    Raises:
        TypeError, ValueError: it is no address of this machine.
    """
    given = getattr(address, "address", address)
    if not isinstance(given, tuple) or len(given) not in (2, 4):
        raise TypeError(
            f'a link leads to an address such as ("127.0.0.1", 50007), or to a server that has one, and got {address!r}'
        )
    host, port = given[:2]
    if not isinstance(port, int) or isinstance(port, bool):
        raise TypeError(f"the port of a link's target is a whole number, and got {port!r}")
    if not 0 < port < 65536:
        raise ValueError(f"{port} is not a port that a link can lead to: ports run from 1 to 65535")
    return _loopback(host), port


def _loopback(host: object) -> str:
    if not isinstance(host, str):
        raise TypeError(f'the host of a link\'s target is a string such as "127.0.0.1", and got {host!r}')
    host = _EVERY.get(host, host)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(
            f'a link does not look names up: give an IP address such as "127.0.0.1", not {host!r}'
        ) from None
    if not address.is_loopback:
        raise ValueError(f"a link leads to this machine only (127.0.0.1 or ::1), and {host} is elsewhere")
    return str(address)  # as kernels spell it


def family_of(target: Address) -> socket.AddressFamily:
    """The address family of a target, and so of the link's own address."""
    return socket.AF_INET6 if ":" in target[0] else socket.AF_INET


def failure(target: Address, error: OSError) -> str:
    """Why a target was not reached, in one sentence."""
    where = f"{target[0]} port {target[1]}"
    if error.errno == errno.ECONNREFUSED:
        return f"the link's target, {where}, refused the connection: nobody listens there"
    if isinstance(error, TimeoutError):
        return f"the link's target, {where}, did not answer: does it listen, and does it accept?"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return f"this process has no descriptor left for a connection to {where}: close some sockets"
    return f"the link's target, {where}, cannot be reached: {error.strerror or error}"

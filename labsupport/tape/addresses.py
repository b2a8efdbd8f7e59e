"""Which address means which: one spelling of each, and whether a socket serves another's address."""

from __future__ import annotations

from typing import Final

from .events import Address

__all__ = ["host", "plain", "port", "serves"]

#: The hosts of a socket that is bound to all addresses; asked for as a peer they mean this machine.
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})
#: Names that a kernel turns into an address of this machine, which of them the tape cannot know.
_HERE: Final = _EVERYWHERE | {"localhost"}


def host(address: Address) -> str:
    """The host of an address: an IPv4 address in IPv6 clothes undressed, without the zone of a link-local one."""
    return address[0].removeprefix("::ffff:").partition("%")[0]


def port(address: Address | None) -> int | None:
    """The port, None where there is no address."""
    return None if address is None else address[1]


def plain(address: Address | None) -> Address | None:
    """The address as both ends spell it: a dual-stack listener sees IPv4 clients as ``::ffff:``."""
    return None if address is None else (host(address), address[1])


def serves(local: Address | None, asked: Address | None) -> bool:
    """Whether a socket at `local` gets what is sent to `asked`.

    Two without an address serve each other: the ends of a `socketpair()`.
    """
    if local is None or asked is None:
        return local is asked
    if local[1] != asked[1]:
        return False
    here, there = host(local), host(asked)
    return here == there or here in _EVERYWHERE or there in _HERE

"""The options of IPPROTO_IP: IPv4.

Limits and defaults that the man page does not give, or no longer gives right, were measured on Linux 6.18.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from . import lessons
from .kinds import BOOL, DATA, INT, data
from .option import Level, Option
from .structs import GROUP, INTERFACE, SOURCE

__all__ = ["ROWS"]

_row = partial(Option, Level.IPPROTO_IP)

_ALL: Final = "Linux, macOS, Windows"
_UNIX: Final = "Linux, macOS"
_312: Final = "Linux 3.12, macOS 3.12, Windows 3.12"
_RAW: Final = "a raw socket"
_SAYS: Final = "recvmsg() tells"

ROWS: Final = (
    _row("IP_TTL", 2, INT, _ALL, "how many hops what is sent may go", span="1 to 255; -1: default"),
    _row(
        *("IP_TOS", 1, INT, _ALL, "class of service of what is sent (DSCP), and two bits that TCP keeps for itself"),
        shown_by=lessons.MADE_OF_IT,
        steps="to 8 bits; of TCP without the last two (ECN)",
    ),
    _row("IP_RECVTOS", 13, BOOL, _ALL, f"{_SAYS} the class of service of what came"),
    _row("IP_RECVTTL", 12, BOOL, "Linux 3.14, macOS 3.14, Windows 3.14", f"{_SAYS} how many hops were still allowed"),
    _row(
        *("IP_PKTINFO", 8, BOOL, _312, f"{_SAYS} at which interface and for which address a datagram came"),
        instead="BSD has IP_RECVDSTADDR.",
    ),
    _row(
        *("IP_RECVDSTADDR", None, BOOL, "macOS, Windows", f"{_SAYS} for which address a datagram came"),
        instead="Linux has IP_PKTINFO.",
        page="ip(4) of macOS",
    ),
    _row(
        *("IP_RECVORIGDSTADDR", 20, BOOL, "Linux 3.14", f"{_SAYS} where a datagram was going before it was redirected"),
    ),
    _row(
        *("SO_ORIGINAL_DST", 80, data("struct sockaddr_in"), "Linux 3.14, Windows 3.14"),
        "where a connection was going before the packet filter redirected it",
        readonly=True,
        needs="a connection that the packet filter redirected",
        page="Linux: linux/netfilter_ipv4.h",
    ),
    _row("IP_RECVERR", 11, BOOL, "Linux 3.14, Windows 3.14", "errors from the network wait in a queue of their own"),
    _row(
        *("IP_MTU", 14, INT, "Linux -", "the largest packet that fits the way to the other end"),
        readonly=True,
        needs="a connected socket",
        moves=True,
    ),
    _row("IP_MTU_DISCOVER", 10, INT, "Linux -", "whether packets may be cut on their way", span="0 to 5"),
    _row("IP_ADD_MEMBERSHIP", 35, GROUP, _ALL, "join a multicast group", writeonly=True, shown_by=lessons.GROUPS),
    _row("IP_DROP_MEMBERSHIP", 36, GROUP, _ALL, "leave a multicast group", writeonly=True, shown_by=lessons.GROUPS),
    _row("IP_MULTICAST_IF", 32, INTERFACE, _ALL, "where multicast leaves from; 0.0.0.0: any", shown_by=lessons.GROUPS),
    _row(
        *("IP_MULTICAST_TTL", 33, INT, _ALL, "how many hops multicast may go; 0 stays on this machine"),
        shown_by=lessons.GROUPS,
        span="0 to 255; -1: default; not of TCP",
    ),
    _row("IP_MULTICAST_LOOP", 34, BOOL, _ALL, "this machine hears its own multicast", shown_by=lessons.GROUPS),
    _row("IP_ADD_SOURCE_MEMBERSHIP", 39, SOURCE, _312, "join a group, and hear one sender only", writeonly=True),
    _row("IP_DROP_SOURCE_MEMBERSHIP", 40, SOURCE, _312, "hear that sender no more", writeonly=True),
    _row("IP_BLOCK_SOURCE", 38, SOURCE, _312, "do not hear one sender of a group", writeonly=True),
    _row("IP_UNBLOCK_SOURCE", 37, SOURCE, _312, "hear a blocked sender again", writeonly=True),
    _row("IP_BIND_ADDRESS_NO_PORT", 24, BOOL, "Linux", "bind() to port 0 picks a port only at connect()"),
    _row("IP_FREEBIND", 15, BOOL, "Linux 3.14", "bind() to an address that this machine does not have (yet)"),
    _row(
        *("IP_TRANSPARENT", 19, BOOL, "Linux", "take connections that go to other machines, as a proxy"),
        needs="CAP_NET_ADMIN",
    ),
    _row("IP_OPTIONS", 4, DATA, _ALL, "IP options of what is sent, as bytes (RFC 791 §3.1)", span="at most 40 bytes"),
    _row("IP_RECVOPTS", 6, BOOL, _UNIX, f"{_SAYS} the IP options that came, worked out"),
    _row("IP_RETOPTS", 7, BOOL, _UNIX, f"{_SAYS} the IP options that came, as they were"),
    _row("IP_RECVRETOPTS", 7, BOOL, _UNIX, "another name of IP_RETOPTS on Linux"),
    _row("IP_HDRINCL", 3, BOOL, _ALL, "what is sent begins with an IP header of your own", needs=_RAW),
)

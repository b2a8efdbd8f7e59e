"""The options of IPPROTO_IPV6.

Limits and defaults that the man page does not give, or no longer gives right, were measured on Linux 6.18.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from . import lessons
from .kinds import BOOL, DATA, INT, data
from .option import Level, Option
from .structs import GROUP6

__all__ = ["ROWS"]

_row = partial(Option, Level.IPPROTO_IPV6)

_ALL: Final = "Linux, macOS, Windows"
_UNIX: Final = "Linux, macOS"
_RFC: Final = "RFC 3542"
_SAYS: Final = "recvmsg() tells"
_NETRAW: Final = "CAP_NET_RAW"
_MESSAGE: Final = "on Linux only as a control message of sendmsg()"

ROWS: Final = (
    _row(
        *("IPV6_V6ONLY", 26, BOOL, _ALL, "take no IPv4 clients as ::ffff:a.b.c.d; set it before bind()"),
        shown_by=lessons.DUAL_STACK,
    ),
    _row(
        *("IPV6_UNICAST_HOPS", 16, INT, _ALL, "how many hops what is sent may go"),
        span="0 to 255; -1: default",
    ),
    _row("IPV6_TCLASS", 67, INT, _ALL, "traffic class of what is sent", span="0 to 255; -1: default", page=_RFC),
    _row("IPV6_JOIN_GROUP", 20, GROUP6, _ALL, "join a multicast group", writeonly=True, shown_by=lessons.GROUPS),
    _row("IPV6_LEAVE_GROUP", 21, GROUP6, _ALL, "leave a multicast group", writeonly=True, shown_by=lessons.GROUPS),
    _row(
        *("IPV6_MULTICAST_IF", 17, INT, _ALL, "the number of the interface that multicast leaves from; 0: any"),
        needs="a datagram socket",
    ),
    _row(
        *("IPV6_MULTICAST_HOPS", 18, INT, _ALL, "how many hops multicast may go; 0 stays on this machine"),
        span="0 to 255; -1: default",
        needs="a datagram socket",
    ),
    _row("IPV6_MULTICAST_LOOP", 19, BOOL, _ALL, "this machine hears its own multicast"),
    _row("IPV6_RECVPKTINFO", 49, BOOL, _UNIX, f"{_SAYS} at which interface and for which address a datagram came"),
    _row("IPV6_PKTINFO", 50, data("struct in6_pktinfo"), _ALL, "address and interface of what is sent", page=_RFC),
    _row("IPV6_RECVHOPLIMIT", 51, BOOL, _UNIX, f"{_SAYS} how many hops were still allowed", page=_RFC),
    _row("IPV6_HOPLIMIT", 52, INT, _ALL, f"how many hops one datagram may go, {_MESSAGE}", page=_RFC),
    _row("IPV6_RECVTCLASS", 66, BOOL, _ALL, f"{_SAYS} the traffic class of what came", page=_RFC),
    _row("IPV6_RECVERR", 25, BOOL, "Linux 3.14, Windows 3.14", "errors from the network wait in a queue of their own"),
    _row("IPV6_DONTFRAG", 62, BOOL, _ALL, "never cut a datagram: too long is an error", page=_RFC),
    _row("IPV6_USE_MIN_MTU", None, INT, "macOS", "send packets of 1,280 bytes at most", page=_RFC),
    _row("IPV6_RECVPATHMTU", 60, BOOL, _UNIX, f"{_SAYS} when the largest packet that fits has changed", page=_RFC),
    _row(
        *("IPV6_PATHMTU", 61, data("struct ip6_mtuinfo"), _UNIX, "the largest packet that fits the way"),
        readonly=True,
        needs="a connected socket",
        page=_RFC,
    ),
    _row("IPV6_RECVRTHDR", 56, BOOL, _ALL, f"{_SAYS} the routing header", page=_RFC),
    _row("IPV6_RTHDR", 57, DATA, _ALL, "routing header of what is sent", page=_RFC),
    _row("IPV6_RECVHOPOPTS", 53, BOOL, _UNIX, f"{_SAYS} the options for each router", page=_RFC),
    _row("IPV6_HOPOPTS", 54, DATA, _ALL, "options for each router", needs=_NETRAW, page=_RFC),
    _row("IPV6_RECVDSTOPTS", 58, BOOL, _UNIX, f"{_SAYS} the options for the destination", page=_RFC),
    _row("IPV6_DSTOPTS", 59, DATA, _UNIX, "options for the destination", needs=_NETRAW, page=_RFC),
    _row("IPV6_RTHDRDSTOPTS", 55, DATA, _UNIX, "options for each stop of a routing header", needs=_NETRAW, page=_RFC),
    _row("IPV6_NEXTHOP", 9, DATA, _UNIX, f"the next router, {_MESSAGE}", page=_RFC),
    _row("IPV6_CHECKSUM", 7, INT, _ALL, "where the kernel writes a checksum", needs="a raw socket", page=_RFC),
    _row(
        *("IPV6_HDRINCL", 36, BOOL, "Linux 3.15, Windows 3.15", "what is sent begins with an IPv6 header of your own"),
        needs="a raw socket",
        page="Linux: linux/in6.h",
    ),
)

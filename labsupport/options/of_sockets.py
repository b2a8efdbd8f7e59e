"""The options of SOL_SOCKET: what sockets of every kind have.

Limits and defaults that the man page does not give, or no longer gives right, were measured on Linux 6.18: it makes
SO_SNDBUF at least 4,608 bytes and SO_RCVBUF at least 2,304, where socket(7) still says 2,048 and 256.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from . import lessons
from .kinds import BOOL, BYTES, DOMAIN, ERROR, INT, RATE, TEXT, TYPE, WORD64, data
from .option import Level, Option
from .structs import LINGER, OWNER, TIMEVAL

__all__ = ["ROWS"]

_row = partial(Option, Level.SOL_SOCKET)

_ALL: Final = "Linux, macOS, Windows"
_UNIX: Final = "Linux, macOS"
_ADMIN: Final = "CAP_NET_ADMIN"
_MARKS: Final = "CAP_NET_ADMIN or, since Linux 5.17, CAP_NET_RAW"
_WINSOCK: Final = "Winsock: SOL_SOCKET options"
_SETTIMEOUT: Final = "Python has settimeout() for it, and reports this one as BlockingIOError"

ROWS: Final = (
    _row(
        *("SO_REUSEADDR", 2, BOOL, _ALL, "bind() to a port whose old connections are in TIME-WAIT"),
        shown_by=lessons.REUSE,
        instead="On Windows it lets others that set it too take the port: leave it off there.",
    ),
    _row(
        *("SO_REUSEPORT", 15, BOOL, _UNIX, "several sockets of one user on one port; Linux shares clients out"),
        shown_by=lessons.SHARING,
        instead="Windows has nothing like it.",
    ),
    _row(
        *("SO_EXCLUSIVEADDRUSE", None, BOOL, "Windows", "nobody else can take the port; set before bind()"),
        shown_by=lessons.REUSE,
        instead="On Linux that is so without it.",
        page=_WINSOCK,
    ),
    _row(
        *("SO_SNDBUF", 7, BYTES, _ALL, "room for what is written and not acknowledged; Linux doubles what is asked"),
        shown_by=lessons.BUFFERS,
        limit="between a minimum of its own and twice net.core.wmem_max",
        moves=True,
    ),
    _row(
        *("SO_RCVBUF", 8, BYTES, _ALL, "room for what arrives and is not read; Linux doubles what is asked"),
        shown_by=lessons.BUFFERS,
        limit="between a minimum of its own and twice net.core.rmem_max",
        moves=True,
    ),
    _row("SO_SNDBUFFORCE", 32, BYTES, "Linux -", "SO_SNDBUF beyond net.core.wmem_max", writeonly=True, needs=_ADMIN),
    _row("SO_RCVBUFFORCE", 33, BYTES, "Linux -", "SO_RCVBUF beyond net.core.rmem_max", writeonly=True, needs=_ADMIN),
    _row(
        *("SO_LINGER", 13, LINGER, _ALL, "close() waits so long for what is not sent; (True, 0) sends a reset"),
        shown_by=lessons.RESET,
    ),
    _row(
        *("SO_KEEPALIVE", 9, BOOL, _ALL, "probe an idle connection, by default after two hours"),
        shown_by=lessons.KEEPALIVE,
    ),
    _row(
        *("SO_ERROR", 4, ERROR, _ALL, "the error that waits to be told; reading it clears it"),
        shown_by=lessons.NONBLOCKING,
        readonly=True,
    ),
    _row("SO_BROADCAST", 6, BOOL, _ALL, "let datagrams go to a broadcast address", shown_by=lessons.GROUPS),
    _row("SO_TYPE", 3, TYPE, _ALL, "how it carries data: SOCK_STREAM, SOCK_DGRAM or another", readonly=True),
    _row("SO_DOMAIN", 39, DOMAIN, "Linux", "the address family: AF_INET, AF_INET6 or another", readonly=True),
    _row("SO_PROTOCOL", 38, INT, "Linux", "the number of the protocol: 6 is TCP, 17 UDP", readonly=True),
    _row("SO_ACCEPTCONN", 30, BOOL, _ALL, "whether listen() was called", readonly=True),
    _row(
        *("SO_RCVTIMEO", 20, TIMEVAL, _ALL, f"a receive gives up after so long; {_SETTIMEOUT}"),
        steps="to ticks of the kernel's clock",
    ),
    _row(
        *("SO_SNDTIMEO", 21, TIMEVAL, _ALL, f"a send gives up after so long; {_SETTIMEOUT}"),
        steps="to ticks of the kernel's clock",
    ),
    _row(
        *("SO_RCVLOWAT", 18, INT, _ALL, "a socket counts as readable from so many bytes on"),
        limit="at least 1",
        instead="Windows refuses it.",
    ),
    _row(
        *("SO_SNDLOWAT", 19, INT, _ALL, "a socket counts as writable from so much room on; Linux: always 1"),
        instead="Windows refuses it.",
    ),
    _row("SO_OOBINLINE", 10, BOOL, _ALL, "urgent data stays in its place in the stream"),
    _row(
        *("SO_DONTROUTE", 5, BOOL, _ALL, "send only to hosts on the same network, past no gateway"),
        instead="Windows ignores it.",
    ),
    _row(
        *("SO_DEBUG", 1, BOOL, _ALL, "record debugging information; number 1, as TCP_NODELAY is at its own level"),
        needs=_ADMIN,
        shown_by=lessons.MADE_OF_IT,
    ),
    _row(
        *("SO_USELOOPBACK", None, BOOL, "macOS, Windows", "a routing socket sees what it sent itself"),
        instead="Windows refuses it.",
        page="route(4)",
    ),
    _row(
        *("SO_PRIORITY", 12, INT, "Linux", "which queue of the network interface is used"),
        shown_by=lessons.INHERITED,
        span="0 to 6; CAP_NET_ADMIN may set more",
        needs="CAP_NET_ADMIN outside 0 to 6",
    ),
    _row("SO_MARK", 36, INT, "Linux", "a mark on what is sent, for routing and packet filters", needs=_MARKS),
    _row("SO_BINDTODEVICE", 25, TEXT, "Linux, macOS 3.13", "use only this network interface, by its name, such as lo"),
    _row(
        *("SO_BINDTOIFINDEX", 62, INT, "Linux 3.13", "use only this network interface, by its number; 0 for any"),
        page="Linux: asm-generic/socket.h",
    ),
    _row("SO_INCOMING_CPU", 49, INT, "Linux", "the processor that last handled an arrival; -1 for none", moves=True),
    _row("SO_PASSCRED", 16, BOOL, "Linux", "receive the sender's process and user", needs="an AF_UNIX socket"),
    _row("SO_PASSSEC", 34, BOOL, "Linux", "receive the sender's security label", needs="an AF_UNIX socket"),
    _row("SO_PEERCRED", 17, OWNER, "Linux", "process and user of the other end, for AF_UNIX", readonly=True),
    _row("SO_PEERSEC", 31, TEXT, "Linux", "security label of the other end", readonly=True, needs="labelled IPsec"),
    _row("SO_SETFIB", None, INT, "FreeBSD", "which of several routing tables is used", page="setsockopt(2) of FreeBSD"),
    _row(
        *("SO_ATTACH_FILTER", 26, data("struct sock_fprog"), "Linux -", "a small program that drops or cuts arrivals"),
        shown_by=lessons.KEEPALIVE,
        writeonly=True,  # what reads it back counts in instructions, and would write beyond the bytes that Python gives
    ),
    _row(
        *("SO_DETACH_FILTER", 27, INT, "Linux -", "take that program away again; the value is ignored"),
        shown_by=lessons.KEEPALIVE,
        writeonly=True,
    ),
    _row("SO_TIMESTAMPNS", 35, BOOL, "Linux -", "recvmsg() tells when a datagram arrived, in nanoseconds"),
    _row("SO_RXQ_OVFL", 40, BOOL, "Linux -", "recvmsg() tells how many datagrams were dropped"),
    _row(
        *("SO_MAX_PACING_RATE", 47, RATE, "Linux -", "send no faster than so many bytes a second"),
        shown_by=lessons.FINE,
        page="Linux: asm-generic/socket.h",
    ),
    _row(
        *("SO_MEMINFO", 55, data("struct of 9 numbers"), "Linux -", "memory held, and drops; kernel.snapshot reads it"),
        readonly=True,
        page="Linux: linux/sock_diag.h",
    ),
    _row(
        *("SO_COOKIE", 57, WORD64, "Linux -", "a number of this socket's own, never used again"),
        readonly=True,
        page="Linux: asm-generic/socket.h",
    ),
)

"""The options of IPPROTO_TCP.

Limits and defaults that the man page does not give, or no longer gives right, were measured on Linux 6.18: it takes
no TCP_SYNCNT above 127, where tcp(7) says 255.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from . import lessons
from .kinds import BOOL, BYTES, DATA, INT, MICROSECONDS, MILLISECONDS, SECONDS, TEXT, data
from .option import Level, Option

__all__ = ["ROWS"]

_row = partial(Option, Level.IPPROTO_TCP)

_ALL: Final = "Linux, macOS, Windows"
_HEADER: Final = "Linux: linux/tcp.h"
_FASTOPEN: Final = "Linux docs: ip-sysctl"
_REPAIR: Final = "TCP_REPAIR, and so CAP_NET_ADMIN"
_REPAIRING: Final = "for moving a live connection to another machine"

ROWS: Final = (
    _row(
        *("TCP_NODELAY", 1, BOOL, _ALL, "do not hold small segments back for an ACK (Nagle); keeps no boundaries"),
        shown_by=lessons.NAGLE,
    ),
    _row(
        *("TCP_CORK", 3, BOOL, "Linux", "hold incomplete segments back until it is cleared, for at most 200 ms"),
        shown_by=lessons.FINE,
    ),
    _row(
        *("TCP_QUICKACK", 12, BOOL, "Linux, Windows 3.14", "acknowledge at once; the system may go back by itself"),
        shown_by=lessons.FINE,
        moves=True,
    ),
    _row(
        *("TCP_MAXSEG", 2, BYTES, _ALL, "the most data in one segment; before connect() also for the other end"),
        shown_by=lessons.FINE,
        span="88 to 32,767 bytes",
        moves=True,
    ),
    _row(
        *("TCP_USER_TIMEOUT", 18, MILLISECONDS, "Linux", "give up when data is unacknowledged for so long; 0: default"),
        shown_by=lessons.DEAD_PEER,
        span="0 and more",
    ),
    _row(
        *("TCP_KEEPIDLE", 4, SECONDS, "Linux, Windows", "idle so long before the first keepalive probe"),
        shown_by=lessons.KEEPALIVE,
        span="1 to 32,767 s",
        instead="macOS calls it TCP_KEEPALIVE.",
    ),
    _row(
        *("TCP_KEEPALIVE", None, SECONDS, "macOS", "idle so long before the first keepalive probe"),
        shown_by=lessons.KEEPALIVE,
        instead="Linux and Windows call it TCP_KEEPIDLE.",
        page="tcp(4) of macOS",
    ),
    _row(
        *("TCP_KEEPINTVL", 5, SECONDS, _ALL, "time from one keepalive probe to the next"),
        shown_by=lessons.KEEPALIVE,
        span="1 to 32,767 s",
    ),
    _row(
        *("TCP_KEEPCNT", 6, INT, _ALL, "so many keepalive probes without an answer end the connection"),
        shown_by=lessons.KEEPALIVE,
        span="1 to 127",
    ),
    _row(
        *("TCP_INFO", 11, data("struct tcp_info"), "Linux", "what the kernel knows of it; kernel.snapshot reads it"),
        readonly=True,
        instead="macOS has TCP_CONNECTION_INFO, Windows SIO_TCP_INFO; labsupport.kernel.snapshot reads what there is.",
    ),
    _row(
        *("TCP_CONNECTION_INFO", None, data("struct tcp_connection_info"), "macOS", "what the kernel knows of it"),
        readonly=True,
        instead="Linux has TCP_INFO; labsupport.kernel.snapshot reads what there is.",
        page="tcp(4) of macOS",
    ),
    _row(
        *("TCP_CONGESTION", 13, TEXT, "Linux", "the congestion control, by its name"),
        shown_by=lessons.MADE_OF_IT,
        needs="an algorithm of net.ipv4.tcp_allowed_congestion_control, or CAP_NET_ADMIN",
    ),
    _row("TCP_CC_INFO", 26, DATA, "Linux 3.12", "what the congestion control knows", readonly=True, page=_HEADER),
    _row("TCP_NOTSENT_LOWAT", 25, BYTES, "Linux, macOS", "writable only while less than this is unsent; 0: default"),
    _row(
        *("TCP_WINDOW_CLAMP", 10, BYTES, "Linux", "the most that this end offers to take at once; 0: no bound"),
        limit="at least 1,152 bytes",
        moves=True,
    ),
    _row("TCP_SYNCNT", 7, INT, "Linux", "so many repeated SYNs without an answer end connect()", span="1 to 127"),
    _row(
        *("TCP_LINGER2", 8, SECONDS, "Linux", "the most time in FIN-WAIT-2 after close(); 0: default, -1: none"),
        limit="at most 120 s",
    ),
    _row(
        *("TCP_DEFER_ACCEPT", 9, SECONDS, "Linux", "accept() returns when the first data is there, or after so long"),
        shown_by=lessons.MADE_OF_IT,
        steps="to the times at which a SYN-ACK is repeated: 1, 3, 7, 15 s, ...",
    ),
    _row(
        *("TCP_FASTOPEN", 23, INT, _ALL, "a listener takes data with the SYN from so many waiting clients"),
        span="0 and more",
        limit="at most net.core.somaxconn",
    ),
    _row("TCP_FASTOPEN_CONNECT", 30, BOOL, "Linux 3.12", "connect() sends its SYN with the first data"),
    _row("TCP_FASTOPEN_KEY", 33, DATA, "Linux 3.12", "the key that fast open cookies are made with", page=_FASTOPEN),
    _row("TCP_FASTOPEN_NO_COOKIE", 34, BOOL, "Linux 3.12", "fast open without a cookie", page=_FASTOPEN),
    _row(
        *("TCP_SAVE_SYN", 27, INT, "Linux 3.12", "a listener keeps each SYN as it came: 1 from IP on, 2 from Ethernet"),
        span="0, 1 or 2",
        page=_HEADER,
    ),
    _row(
        *("TCP_SAVED_SYN", 28, DATA, "Linux 3.12", "the SYN of an accepted connection; told once"),
        readonly=True,
        page=_HEADER,
    ),
    _row("TCP_INQ", 36, BOOL, "Linux 3.12", "recvmsg() tells how many bytes are still unread", page=_HEADER),
    _row(
        *("TCP_THIN_DUPACK", 17, BOOL, "Linux 3.12", "nothing any more: kept so that old programs run"),
        shown_by=lessons.MADE_OF_IT,
        page="Linux: commit 4a7f60094411",
    ),
    _row(
        *("TCP_THIN_LINEAR_TIMEOUTS", 16, BOOL, "Linux 3.12", "a connection with little in flight repeats it sooner"),
        page="Linux docs: tcp-thin",
    ),
    _row(
        *(
            "TCP_TX_DELAY",
            37,
            MICROSECONDS,
            "Linux 3.12",
            "send later; without the fq queue only the reported rtt grows",
        ),
        page=_HEADER,
    ),
    _row("TCP_ULP", 31, TEXT, "Linux 3.12", "let the kernel do a layer above TCP, such as tls", page=_HEADER),
    _row(
        *("TCP_ZEROCOPY_RECEIVE", 35, data("struct tcp_zerocopy_receive"), "Linux 3.12", "receive without copying"),
        readonly=True,
        writeonly=True,  # getsockopt() would have to hand a struct in, and Python's hands in nothing
        page=_HEADER,
    ),
    _row(
        *("TCP_MD5SIG", 14, data("struct tcp_md5sig"), "Linux 3.12", "sign segments with a key (RFC 2385, for BGP)"),
        writeonly=True,
        page=_HEADER,
    ),
    _row(
        *("TCP_MD5SIG_EXT", 32, data("struct tcp_md5sig"), "Linux 3.12", "TCP_MD5SIG for all addresses of a network"),
        writeonly=True,
        page=_HEADER,
    ),
    _row("TCP_REPAIR", 19, INT, "Linux 3.12", f"repair mode, {_REPAIRING}", needs="CAP_NET_ADMIN", page=_HEADER),
    _row("TCP_REPAIR_QUEUE", 20, INT, "Linux 3.12", f"which queue, {_REPAIRING}", needs=_REPAIR, page=_HEADER),
    _row("TCP_QUEUE_SEQ", 21, INT, "Linux 3.12", f"its sequence number, {_REPAIRING}", needs=_REPAIR, page=_HEADER),
    _row(
        *("TCP_REPAIR_OPTIONS", 22, data("struct tcp_repair_opt"), "Linux 3.12", f"what was agreed, {_REPAIRING}"),
        writeonly=True,
        needs=_REPAIR,
        page=_HEADER,
    ),
    _row(
        *("TCP_REPAIR_WINDOW", 29, data("struct tcp_repair_window"), "Linux 3.12", f"the windows, {_REPAIRING}"),
        needs=_REPAIR,
        page=_HEADER,
    ),
    _row(
        *("TCP_TIMESTAMP", 24, INT, "Linux 3.12", "the clock of the timestamp option; set only in repair mode"),
        readonly=True,
        page=_HEADER,
    ),
)

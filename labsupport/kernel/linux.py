"""What Linux tells, without root: TCP_INFO, the queues, SO_MEMINFO and /proc/net.

`struct tcp_info` has only ever grown at its end (include/uapi/linux/tcp.h), and the kernel says how
much of it it filled in: a field beyond that length is unknown, not zero.  It counts `cwnd` in
segments and time in microseconds, some of it in milliseconds.  Of a datagram socket FIONREAD tells
the size of the next datagram only (udp(7)).
"""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from collections.abc import Callable
from typing import Any, Final

from . import procfs
from .asking import option, sizes
from .facts import Fact, Row

__all__ = ["facts", "parse_tcp_info", "rows", "unread", "unsent"]

#: TCP states as include/net/tcp_states.h numbers them; 12 is a request that no socket stands for yet.
STATES: Final = {
    1: "ESTABLISHED",
    2: "SYN-SENT",
    3: "SYN-RECEIVED",
    4: "FIN-WAIT-1",
    5: "FIN-WAIT-2",
    6: "TIME-WAIT",
    7: "CLOSED",
    8: "CLOSE-WAIT",
    9: "LAST-ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN-RECEIVED",
}

_TCP_INFO: Final = 11
_TCP_CONGESTION: Final = 13
_SO_MEMINFO: Final = 55
_NEVER: Final = 0xFFFFFFFF  # min_rtt before the first measurement


def _same(value: int) -> int:
    return value


def _micro(value: int) -> float:
    return value / 1e6


def _milli(value: int) -> float:
    return value / 1e3


def _measured(value: int) -> float | None:
    """Microseconds, where 0 and all ones say that nothing was measured yet."""
    return None if value in (0, _NEVER) else value / 1e6


#: field, offset, format, what to make of it
LAYOUT: Final[tuple[tuple[str, int, str, Callable[[int], Any]], ...]] = (
    ("retransmits", 2, "B", _same),
    ("probes", 3, "B", _same),
    ("backoff", 4, "B", _same),
    ("rto", 8, "I", _micro),
    ("mss", 16, "I", _same),
    ("unacked", 24, "I", _same),
    ("lost", 32, "I", _same),
    ("last_data_sent", 44, "I", _milli),
    ("last_data_received", 52, "I", _milli),
    ("rtt", 68, "I", _measured),
    ("rtt_variance", 72, "I", _measured),
    ("cwnd", 80, "I", _same),
    ("total_retrans", 100, "I", _same),
    ("bytes_acked", 120, "Q", _same),
    ("bytes_received", 128, "Q", _same),
    ("segments_sent", 136, "I", _same),
    ("segments_received", 140, "I", _same),
    ("notsent", 144, "I", _same),
    ("min_rtt", 148, "I", _measured),
    ("busy", 168, "Q", _micro),
    ("rwnd_limited", 176, "Q", _micro),
    ("sndbuf_limited", 184, "Q", _micro),
    ("bytes_sent", 200, "Q", _same),
    ("bytes_retrans", 208, "Q", _same),
    ("snd_wnd", 228, "I", _same),
    ("rcv_wnd", 232, "I", _same),
)

#: Before a connection exists these hold what the kernel started from, not what it saw.
_BEFORE: Final = ("last_data_sent", "last_data_received", "rtt_variance")


def parse_tcp_info(raw: bytes) -> Fact:
    """The fields of `struct tcp_info`, as far as `raw` reaches."""
    if not raw:
        return {}
    state = STATES.get(raw[0])
    if state == "LISTEN":  # two fields serve another purpose there, and the rest is not filled in
        return {"state": state, "waiting": _at(raw, 24, "I"), "backlog": _at(raw, 28, "I")}
    told: Fact = {"state": state}
    for name, offset, kind, make in LAYOUT:
        value = _at(raw, offset, kind)
        told[name] = None if value is None else make(value)
    if state in ("SYN-SENT", "CLOSED") or told["rtt"] is None:
        told.update(dict.fromkeys(_BEFORE))
    if told["cwnd"] is not None and told["mss"] is not None:
        told["cwnd_bytes"] = told["cwnd"] * told["mss"]
    return told


def _at(raw: bytes, offset: int, kind: str) -> int | None:
    layout = "=" + kind
    if offset + struct.calcsize(layout) > len(raw):
        return None
    value: int = struct.unpack_from(layout, raw, offset)[0]
    return value


def parse_meminfo(raw: bytes) -> Fact:
    """The fields of SO_MEMINFO (include/uapi/linux/sock_diag.h), as far as `raw` reaches."""
    return {"receive_memory": _at(raw, 0, "I"), "drops": _at(raw, 32, "I")}


def facts(sock: Any) -> Fact:
    """What Linux tells of an open socket; never raises."""
    told = parse_tcp_info(option(sock, socket.IPPROTO_TCP, _TCP_INFO, 512))
    name = option(sock, socket.IPPROTO_TCP, _TCP_CONGESTION, 64).split(b"\0", 1)[0]
    told["congestion"] = name.decode("ascii", "replace") or None
    told.update(parse_meminfo(option(sock, socket.SOL_SOCKET, _SO_MEMINFO, 64)))
    return told | sizes(sock)


def unread(fd: int) -> int | None:
    """Bytes that wait to be read (SIOCINQ, tcp(7)); of datagrams the next one's.  None for a listener."""
    return _queue(fd, termios.FIONREAD)


def unsent(fd: int) -> int | None:
    """Bytes written and not yet acknowledged (SIOCOUTQ, tcp(7)).  None for a listener."""
    return _queue(fd, termios.TIOCOUTQ)


def _queue(fd: int, request: int) -> int | None:
    try:
        return int.from_bytes(fcntl.ioctl(fd, request, b"\0\0\0\0"), "little" if _LITTLE else "big")
    except OSError:
        return None


_LITTLE: Final = struct.pack("=H", 1) == b"\1\0"


def rows(protocol: str) -> list[Row]:
    """All that /proc/net lists for "tcp" or "udp", both address families."""
    return procfs.rows(protocol, STATES)

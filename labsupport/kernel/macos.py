"""What macOS tells: `struct tcp_connection_info` and the two queues.

Written from documentation (netinet/tcp.h and sys/socket.h of xnu, getsockopt(2)), tested with faked
answers only, never run on macOS.  States are numbered as in BSD, times are in milliseconds, and the
congestion window is in bytes.  A listener's queue is not told.
"""

from __future__ import annotations

import _socket
import fcntl
import socket
import struct
import sys
import termios
from typing import Any, Final

from . import portable
from .asking import option, sizes
from .facts import Fact, Row

__all__ = ["facts", "parse_connection_info", "rows", "unread", "unsent"]

#: netinet/tcp_fsm.h
STATES: Final = {
    0: "CLOSED",
    1: "LISTEN",
    2: "SYN-SENT",
    3: "SYN-RECEIVED",
    4: "ESTABLISHED",
    5: "CLOSE-WAIT",
    6: "FIN-WAIT-1",
    7: "CLOSING",
    8: "LAST-ACK",
    9: "FIN-WAIT-2",
    10: "TIME-WAIT",
}

TCP_CONNECTION_INFO: Final = 0x106
SO_NREAD: Final = 0x1020
SO_NWRITE: Final = 0x1024

#: state and window scales, thirteen 32-bit words, seven 64-bit counts: 112 bytes without a hole
LAYOUT: Final = struct.Struct("=B3x13I7Q")


def parse_connection_info(raw: bytes) -> Fact:
    """The fields of `struct tcp_connection_info`; none of them when it is shorter than it should be."""
    if len(raw) < LAYOUT.size:
        return {}
    state, _, _, rto, mss, _, cwnd, snd_wnd, queued, rcv_wnd, _, rtt, variance, _, *counts = LAYOUT.unpack_from(raw)
    packets_out, bytes_out, again, packets_in, bytes_in, _, packets_again = counts
    return {
        "state": STATES.get(state),
        "rto": rto / 1e3,
        "mss": mss,
        "cwnd_bytes": cwnd,
        "snd_wnd": snd_wnd,
        "rcv_wnd": rcv_wnd,
        "send_queue": queued,
        "rtt": rtt / 1e3 if rtt else None,
        "rtt_variance": variance / 1e3 if rtt else None,
        "segments_sent": packets_out,
        "bytes_sent": bytes_out,
        "bytes_retrans": again,
        "segments_received": packets_in,
        "bytes_received": bytes_in,
        "total_retrans": packets_again,
    }


def facts(sock: Any) -> Fact:
    """What macOS tells of an open socket; never raises."""
    told = parse_connection_info(option(sock, socket.IPPROTO_TCP, TCP_CONNECTION_INFO, 256))
    if told.get("state") == "LISTEN":
        told = {"state": "LISTEN"}
    else:
        told["receive_queue"] = _word(option(sock, socket.SOL_SOCKET, SO_NREAD, 4))
        told.setdefault("send_queue", _word(option(sock, socket.SOL_SOCKET, SO_NWRITE, 4)))
    return told | sizes(sock)


def unread(fd: int) -> int | None:
    """Bytes that wait to be read (FIONREAD); for datagrams the kernel counts their addresses too."""
    try:
        return _word(fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))
    except OSError:
        return None


def unsent(fd: int) -> int | None:
    """Bytes written and not yet acknowledged (SO_NWRITE)."""
    try:
        borrowed = _socket.socket(-1, -1, -1, fd)
    except OSError:
        return None
    try:
        return _word(option(borrowed, socket.SOL_SOCKET, SO_NWRITE, 4))
    finally:
        borrowed.detach()  # the descriptor stays its owner's


def _word(raw: bytes) -> int | None:
    return int.from_bytes(raw, sys.byteorder, signed=True) if len(raw) == 4 else None


def rows(protocol: str) -> list[Row]:
    """What psutil lists: every process's sockets for root, otherwise this process's own."""
    return portable.rows(protocol)

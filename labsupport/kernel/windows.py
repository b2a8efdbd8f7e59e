"""What Windows tells: SIO_TCP_INFO (Windows 10 1703 and newer) and FIONREAD.

Written from documentation (mstcpip.h, TCP_INFO_v0, ioctlsocket), tested with faked answers only,
never run on Windows.  Times are in microseconds, the congestion window is in bytes.  A listener's
queue and the send queue are not told.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from . import portable
from .asking import descriptor, sizes
from .facts import Fact, Row

__all__ = ["facts", "parse_tcp_info_v0", "rows", "unread", "unsent"]

#: TCPSTATE of mstcpip.h
STATES: Final = {
    0: "CLOSED",
    1: "LISTEN",
    2: "SYN-SENT",
    3: "SYN-RECEIVED",
    4: "ESTABLISHED",
    5: "FIN-WAIT-1",
    6: "FIN-WAIT-2",
    7: "CLOSE-WAIT",
    8: "CLOSING",
    9: "LAST-ACK",
    10: "TIME-WAIT",
}

SIO_TCP_INFO: Final = 0xD8000027
FIONREAD: Final = 0x4004667F

#: TCP_INFO_v0 with the compiler's padding: 88 bytes
LAYOUT: Final = struct.Struct("=2IQB3x7I2Q5IB3x")


def parse_tcp_info_v0(raw: bytes) -> Fact:
    """The fields of `TCP_INFO_v0`; none of them when it is shorter than it should be."""
    if len(raw) < LAYOUT.size:
        return {}
    state, mss, _, _, rtt, min_rtt, in_flight, cwnd, snd_wnd, rcv_wnd, _, *counts = LAYOUT.unpack_from(raw)
    bytes_out, bytes_in, _, bytes_again, *_ = counts
    return {
        "state": STATES.get(state),
        "mss": mss,
        "rtt": rtt / 1e6 if rtt else None,
        "min_rtt": min_rtt / 1e6 if rtt else None,
        "in_flight": in_flight,
        "cwnd_bytes": cwnd,
        "snd_wnd": snd_wnd,
        "rcv_wnd": rcv_wnd,
        "bytes_sent": bytes_out,
        "bytes_received": bytes_in,
        "bytes_retrans": bytes_again,
    }


def facts(sock: Any) -> Fact:
    """What Windows tells of an open socket; never raises."""
    fd = descriptor(sock)
    told = parse_tcp_info_v0(_tcp_info(fd))
    return told | {"receive_queue": unread(fd)} | sizes(sock)


def unread(fd: int) -> int | None:
    """Bytes that wait to be read (ioctlsocket with FIONREAD); of datagrams the next one's."""
    import ctypes

    count = ctypes.c_uint32()
    failed = _winsock().ioctlsocket(ctypes.c_size_t(fd), ctypes.c_int32(FIONREAD), ctypes.byref(count))
    return None if failed else count.value


def unsent(_fd: int) -> int | None:
    """Not told by Windows: always None."""
    return None


def rows(protocol: str) -> list[Row]:
    """What psutil lists."""
    return portable.rows(protocol)


def _tcp_info(fd: int) -> bytes:
    """The bytes of TCP_INFO_v0; none where there is no such thing.  `socket.ioctl` does not know the code."""
    import ctypes

    version, size = ctypes.c_uint32(0), ctypes.c_uint32(0)
    room = ctypes.create_string_buffer(LAYOUT.size)
    failed = _winsock().WSAIoctl(
        ctypes.c_size_t(fd),
        ctypes.c_uint32(SIO_TCP_INFO),
        ctypes.byref(version),
        ctypes.c_uint32(4),
        room,
        ctypes.c_uint32(LAYOUT.size),
        ctypes.byref(size),
        None,
        None,
    )
    return b"" if failed else room.raw[: size.value]


def _winsock() -> Any:
    import ctypes

    return vars(ctypes)["windll"].ws2_32

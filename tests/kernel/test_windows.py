"""Windows, from documentation: a faked winsock that answers as mstcpip.h says."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
from typing import Any

import pytest

from labsupport import kernel
from labsupport.kernel import windows
from labsupport.kernel.facts import STATES


class TcpInfoV0(ctypes.Structure):
    """TCP_INFO_v0 with its names as in the header; ctypes pads it as the compiler does."""

    _fields_ = [
        ("State", ctypes.c_uint32),
        ("Mss", ctypes.c_uint32),
        ("ConnectionTimeMs", ctypes.c_uint64),
        ("TimestampsEnabled", ctypes.c_uint8),
        ("RttUs", ctypes.c_uint32),
        ("MinRttUs", ctypes.c_uint32),
        ("BytesInFlight", ctypes.c_uint32),
        ("Cwnd", ctypes.c_uint32),
        ("SndWnd", ctypes.c_uint32),
        ("RcvWnd", ctypes.c_uint32),
        ("RcvBuf", ctypes.c_uint32),
        ("BytesOut", ctypes.c_uint64),
        ("BytesIn", ctypes.c_uint64),
        ("BytesReordered", ctypes.c_uint32),
        ("BytesRetrans", ctypes.c_uint32),
        ("FastRetrans", ctypes.c_uint32),
        ("DupAcksIn", ctypes.c_uint32),
        ("TimeoutEpisodes", ctypes.c_uint32),
        ("SynRetrans", ctypes.c_uint8),
    ]


ANSWER = TcpInfoV0(
    State=4,
    Mss=1460,
    RttUs=250,
    MinRttUs=90,
    BytesInFlight=40,
    Cwnd=14_600,
    SndWnd=65_535,
    RcvWnd=65_000,
    BytesOut=5000,
    BytesIn=6000,
    BytesRetrans=200,
)


class Winsock:
    """As much of ws2_32.dll as is used."""

    def __init__(self) -> None:
        self.info: bytes | None = bytes(ANSWER)
        self.waiting: int | None = 77
        self.asked: list[tuple[int, int]] = []

    def WSAIoctl(  # noqa: N802 - its name
        self, fd: Any, code: Any, version: Any, _in: Any, room: Any, _size: Any, told: Any, _overlapped: Any, _done: Any
    ) -> int:
        self.asked.append((code.value, version._obj.value))
        if self.info is None:
            return -1
        ctypes.memmove(room, self.info, len(self.info))
        told._obj.value = len(self.info)
        return 0

    def ioctlsocket(self, fd: Any, code: Any, count: Any) -> int:
        assert code.value == struct.unpack("=i", struct.pack("=I", windows.FIONREAD))[0]
        if self.waiting is None:
            return -1
        count._obj.value = self.waiting
        return 0


@pytest.fixture
def winsock(monkeypatch: pytest.MonkeyPatch) -> Winsock:
    fake = Winsock()
    monkeypatch.setattr(windows, "_winsock", lambda: fake)
    monkeypatch.setattr(kernel, "_system", lambda: windows)
    return fake


def test_the_layout_is_the_compilers() -> None:
    assert ctypes.sizeof(TcpInfoV0) == windows.LAYOUT.size == 88


def test_each_field_has_its_place_and_unit(winsock: Winsock, stack: contextlib.ExitStack) -> None:
    seen = kernel.snapshot(stack.enter_context(socket.socket()))
    assert winsock.asked == [(0xD8000027, 0)]
    assert (seen.state, seen.mss, seen.rtt, seen.min_rtt) == ("ESTABLISHED", 1460, 0.00025, 0.00009)
    assert (seen.in_flight, seen.cwnd, seen.cwnd_bytes) == (40, None, 14_600)
    assert (seen.snd_wnd, seen.rcv_wnd) == (65_535, 65_000)
    assert (seen.bytes_sent, seen.bytes_received, seen.bytes_retrans) == (5000, 6000, 200)
    assert (seen.receive_queue, seen.send_queue, seen.unacked) == (77, None, None)


def test_before_windows_10_1703_only_the_queue_is_known(winsock: Winsock, stack: contextlib.ExitStack) -> None:
    winsock.info = None
    seen = kernel.snapshot(stack.enter_context(socket.socket()))
    assert (seen.state, seen.rtt, seen.receive_queue) == (None, None, 77)


def test_an_answer_cut_short_is_no_answer(winsock: Winsock, stack: contextlib.ExitStack) -> None:
    winsock.info = bytes(ANSWER)[:87]
    assert kernel.snapshot(stack.enter_context(socket.socket())).state is None


def test_what_winsock_refuses_is_unknown(winsock: Winsock, stack: contextlib.ExitStack) -> None:
    winsock.waiting = None
    sock = stack.enter_context(socket.socket())
    assert kernel.unread(sock) is None
    assert kernel.unsent(sock) is None


def test_every_state_of_the_rfc_has_its_number() -> None:
    assert set(windows.STATES.values()) == set(STATES)

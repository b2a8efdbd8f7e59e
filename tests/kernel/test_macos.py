"""macOS, from documentation: what its kernel would answer, packed here by hand."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("needs the fcntl module", allow_module_level=True)

from labsupport import kernel
from labsupport.kernel import macos
from labsupport.kernel.facts import STATES

Asked = tuple[int, int]

# struct tcp_connection_info of netinet/tcp.h, field by field
ANSWER = struct.pack(
    "=4B 13I 7Q".replace(" ", ""),
    *(4, 6, 6, 0),  # state ESTABLISHED, window scales, padding
    *(7, 0, 230, 16_344, 2_147_483_647, 81_720, 408_256, 1000, 408_300, 2, 3, 1, 0),
    *(11, 5000, 200, 12, 6000, 0, 1),
)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[Asked, bytes]:
    """What a faked kernel answers to getsockopt, by level and number."""
    given: dict[Asked, bytes] = {}

    def option(sock: object, level: int, number: int, size: int) -> bytes:
        return given.get((level, number), b"")

    monkeypatch.setattr(macos, "option", option)
    monkeypatch.setattr(kernel, "_system", lambda: macos)
    return given


def test_the_struct_is_as_long_as_the_header_says() -> None:
    assert len(ANSWER) == macos.LAYOUT.size == 112


def test_each_field_has_its_place_and_unit(answers: dict[Asked, bytes], stack: contextlib.ExitStack) -> None:
    answers[socket.IPPROTO_TCP, macos.TCP_CONNECTION_INFO] = ANSWER
    answers[socket.SOL_SOCKET, macos.SO_NREAD] = struct.pack("=i", 77)
    seen = kernel.snapshot(stack.enter_context(socket.socket()))
    assert (seen.state, seen.rto, seen.rtt, seen.rtt_variance) == ("ESTABLISHED", 0.23, 0.003, 0.001)
    assert (seen.mss, seen.cwnd, seen.cwnd_bytes, seen.snd_wnd, seen.rcv_wnd) == (
        16_344,
        None,
        81_720,
        408_256,
        408_300,
    )
    assert (seen.send_queue, seen.receive_queue) == (1000, 77)
    assert (seen.segments_sent, seen.bytes_sent, seen.bytes_retrans, seen.total_retrans) == (11, 5000, 200, 1)
    assert (seen.segments_received, seen.bytes_received) == (12, 6000)
    assert (seen.waiting, seen.unacked, seen.drops) == (None, None, None)


def test_a_listener_tells_its_state_only(answers: dict[Asked, bytes], stack: contextlib.ExitStack) -> None:
    answers[socket.IPPROTO_TCP, macos.TCP_CONNECTION_INFO] = b"\1" + ANSWER[1:]
    seen = kernel.snapshot(stack.enter_context(socket.create_server(("127.0.0.1", 0))))
    assert (seen.state, seen.rtt, seen.waiting) == ("LISTEN", None, None)


@pytest.mark.parametrize("length", [0, 4, 111])
def test_an_answer_cut_short_is_no_answer(length: int) -> None:
    assert macos.parse_connection_info(ANSWER[:length]) == {}


def test_a_datagram_socket_tells_its_queues(answers: dict[Asked, bytes], stack: contextlib.ExitStack) -> None:
    answers[socket.SOL_SOCKET, macos.SO_NREAD] = struct.pack("=i", 9)
    answers[socket.SOL_SOCKET, macos.SO_NWRITE] = struct.pack("=i", 0)
    sock = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
    seen = kernel.snapshot(sock)
    assert (seen.state, seen.receive_queue, seen.send_queue) == (None, 9, 0)
    assert kernel.unsent(sock) == 0
    assert sock.fileno() >= 0


def test_a_descriptor_that_is_no_socket_is_unknown() -> None:
    assert macos.unsent(10**6) is None
    assert macos.unread(10**6) is None


def test_every_state_of_the_rfc_has_its_number() -> None:
    assert set(macos.STATES.values()) == set(STATES)

"""What Linux says of real sockets on loopback, and of answers cut short."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

if sys.platform != "linux":
    pytest.skip("Linux only", allow_module_level=True)

from labsupport import kernel
from labsupport.kernel import linux
from tests.leftovers import until

Pair = tuple[socket.socket, socket.socket]


def state(sock: socket.socket) -> str | None:
    return kernel.snapshot(sock).state


def test_a_new_socket_is_closed_and_nothing_was_measured(stack: contextlib.ExitStack) -> None:
    seen = kernel.snapshot(stack.enter_context(socket.socket()))
    assert seen.state == "CLOSED"
    assert (seen.rtt, seen.rtt_variance, seen.min_rtt, seen.last_data_sent) == (None, None, None, None)


def test_states_through_the_life_of_a_connection(pair: Pair, listener: socket.socket) -> None:
    client, server = pair
    here, there = (sock.getsockname()[:2] for sock in (client, listener))
    assert state(listener) == "LISTEN"
    assert state(client) == state(server) == "ESTABLISHED"
    client.shutdown(socket.SHUT_WR)
    until(lambda: state(client) == "FIN-WAIT-2")
    until(lambda: state(server) == "CLOSE-WAIT")
    server.close()
    until(lambda: state(client) == "CLOSED")  # the socket; its connection waits on without it
    (waiting,) = (row for row in kernel.connections(there[1]) if row.local == here and row.remote == there)
    assert (waiting.state, waiting.timer) == ("TIME-WAIT", "time-wait")
    assert waiting.expires is not None
    assert 0 < waiting.expires <= 60


def test_a_connection_that_nobody_accepts_waits_in_the_listener(
    listener: socket.socket, stack: contextlib.ExitStack
) -> None:
    before = kernel.snapshot(listener)
    assert (before.waiting, before.backlog) == (0, 3)
    for _ in range(2):
        stack.enter_context(socket.create_connection(listener.getsockname()[:2], timeout=5))
    until(lambda: kernel.snapshot(listener).waiting == 2)
    stack.enter_context(listener.accept()[0])
    after = kernel.snapshot(listener)
    assert after.waiting == 1
    assert (after.unacked, after.rtt, after.send_queue, after.receive_queue) == (None, None, None, None)


def test_a_client_of_a_full_listener_is_in_syn_sent(stack: contextlib.ExitStack) -> None:
    listener = stack.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    clients = [stack.enter_context(socket.socket()) for _ in range(4)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
    until(lambda: state(clients[0]) == "ESTABLISHED")
    assert state(clients[-1]) == "SYN-SENT"
    rows = kernel.connections(listener.getsockname()[1])
    assert rows[0].state == "LISTEN"
    assert "SYN-SENT" in {row.state for row in rows}


def test_bytes_wait_in_the_receivers_kernel(pair: Pair) -> None:
    client, server = pair
    assert kernel.unread(server) == 0
    client.sendall("héllo".encode())
    until(lambda: kernel.unread(server) == 6)
    seen = kernel.snapshot(server)
    assert (seen.receive_queue, seen.bytes_received) == (6, 6)
    assert kernel.unread(server.fileno()) == 6
    assert server.recv(4) == b"h\xc3\xa9l"
    assert kernel.unread(server) == 2
    until(lambda: kernel.unsent(client) == 0)
    measured = kernel.snapshot(client)
    assert measured.rtt is not None
    assert 0 < measured.rtt < 1
    assert measured.cwnd_bytes == (measured.cwnd or 0) * (measured.mss or 0) > 0


def test_a_receiver_that_does_not_read_closes_its_window(pair: Pair) -> None:
    client, server = pair
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    sent = 0
    with contextlib.suppress(BlockingIOError):
        while sent < 64_000_000:
            sent += client.send(bytes(65536))
    assert sent < 64_000_000
    until(lambda: kernel.snapshot(client).snd_wnd == 0)
    seen = kernel.snapshot(client)
    assert seen.send_queue == sent - (kernel.unread(server) or 0) == kernel.unsent(client)
    assert seen.notsent is not None
    assert 0 < seen.notsent <= sent
    until(lambda: (kernel.snapshot(client).rwnd_limited or 0) > 0)


def test_bytes_that_wait_show_in_the_list_too(pair: Pair) -> None:
    client, server = pair
    client.sendall(b"x" * 1000)
    here, there = (sock.getsockname()[:2] for sock in (server, client))
    until(lambda: kernel.unread(server) == 1000)
    (row,) = (row for row in kernel.connections(here[1]) if row.local == here and row.remote == there)
    assert (row.state, row.receive_queue) == ("ESTABLISHED", 1000)


def test_what_the_kernel_drops_is_counted(stack: contextlib.ExitStack) -> None:
    receiver, sender = (stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(2))
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    receiver.bind(("127.0.0.1", 0))
    receiver.setblocking(False)
    for _ in range(50):
        sender.sendto(bytes(500), receiver.getsockname())
    seen = kernel.snapshot(receiver)
    assert (seen.state, seen.rtt, seen.receive_queue) == (None, None, 500)
    here = receiver.getsockname()
    (row,) = (row for row in kernel.connections(here[1], protocol="udp") if row.local == here)
    assert (row.state, row.remote, row.drops) == (None, None, seen.drops)
    arrived = 0
    with contextlib.suppress(BlockingIOError):
        while receiver.recv(1000):
            arrived += 1
    assert arrived < 50
    assert arrived + (seen.drops or 0) == 50


def test_a_socket_without_tcp_tells_what_it_has(stack: contextlib.ExitStack) -> None:
    one, other = (stack.enter_context(sock) for sock in socket.socketpair())
    other.sendall(b"abc")
    seen = kernel.snapshot(one)
    assert (seen.state, seen.cwnd, seen.congestion, seen.receive_queue) == (None, None, None, 3)


def test_a_tls_socket_is_asked_like_the_socket_in_it(pair: Pair) -> None:
    context = ssl.create_default_context()
    client = context.wrap_socket(pair[0], server_hostname="localhost", do_handshake_on_connect=False)
    with client:
        assert state(client) == "ESTABLISHED"


def test_asking_does_not_take_the_pending_error(pair: Pair) -> None:
    client, server = pair
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.close()
    until(lambda: state(client) == "CLOSED")
    kernel.snapshot(client)
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_every_length_that_a_kernel_may_return(pair: Pair) -> None:
    whole = pair[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 512)
    full = linux.parse_tcp_info(whole)
    for length in range(1, len(whole) + 1):
        part = linux.parse_tcp_info(whole[:length])
        assert part["state"] == "ESTABLISHED"
        for name, offset, kind, _ in linux.LAYOUT:
            reached = offset + struct.calcsize("=" + kind) <= length
            assert reached or part[name] is None, (name, length)
        if length >= 76:
            assert part["rtt"] == full["rtt"]


@given(st.binary(max_size=300))
def test_no_answer_of_a_kernel_breaks_it(raw: bytes) -> None:
    told = linux.parse_tcp_info(raw) | linux.parse_meminfo(raw)
    kernel.Snapshot(**told)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
def test_fields_come_from_their_offsets(wide: int, narrow: int) -> None:
    raw = bytearray(280)
    raw[0] = 1
    struct.pack_into("=I", raw, 228, narrow)
    struct.pack_into("=Q", raw, 176, wide)
    struct.pack_into("=I", raw, 144, narrow // 2)
    told = linux.parse_tcp_info(bytes(raw))
    assert (told["snd_wnd"], told["rwnd_limited"], told["notsent"]) == (narrow, wide / 1e6, narrow // 2)

"""`stop()`: whatever the server waits for, it ends, or it is said what it still does.

No clock is read here: `stop()` gives up after 0.9 s by itself, so a server that does not run
any more when it has returned has ended in time.
"""

from __future__ import annotations

import asyncio
import http.server
import select
import selectors
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labsupport.tape.events import Call
from labsupport.tape.record import TAPE
from labsupport.threads import Background, Signal, background
from tests.leftovers import none_left, until

LOOPBACK = ("127.0.0.1", 0)
Serve = Callable[[], Any]

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the programs below close nothing


@pytest.fixture(autouse=True)
def _all_gone() -> Iterator[None]:
    with none_left():
        yield


def listen(family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_server((host, 0), family=family)


def datagrams(family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    return sock


# --- programs that only wait ---


def accept() -> None:
    with listen() as listener:
        listener.accept()


def accept_ipv6() -> None:
    listen(socket.AF_INET6, "::1").accept()


def accept_with_timeout() -> None:
    listener = listen()
    listener.settimeout(60)
    listener.accept()


def accept_with_short_timeouts() -> None:
    listener = listen()
    listener.settimeout(0.02)
    while True:
        try:
            listener.accept()
        except TimeoutError:
            continue


def accept_in_a_thread() -> None:
    thread = threading.Thread(target=listen().accept)
    thread.start()
    thread.join()


def accept_in_a_pool() -> None:
    with ThreadPoolExecutor() as pool:
        pool.submit(listen().accept).result()


def recv_datagram() -> None:
    datagrams().recv(10)


def recv_datagram_on_every_interface() -> None:
    datagrams(host="0.0.0.0").recvfrom(10)


def recv_datagram_ipv6() -> None:
    datagrams(socket.AF_INET6, "::1").recvfrom(10)


def recv_datagram_with_timeout() -> None:
    sock = datagrams()
    sock.settimeout(60)
    while True:
        sock.recvfrom(10)


def recv_datagram_connected() -> None:
    sock, other = datagrams(), datagrams()
    sock.connect(other.getsockname())
    sock.recv(10)


def connect(timeout: float | None = None) -> None:
    full = socket.socket()
    full.bind(LOOPBACK)
    full.listen(0)
    clients = []
    for _ in range(4):  # listen(0) lets one connect; the others wait for it
        clients.append(socket.socket())
        clients[-1].settimeout(timeout)
        clients[-1].connect(full.getsockname())


def connect_with_timeout() -> None:
    connect(60)


def select_listener() -> None:
    listener = listen()
    while True:
        for sock in select.select([listener], [], [])[0]:
            sock.accept()


def select_datagrams() -> None:
    sock = datagrams()
    select.select([sock], [], [], 60)
    sock.recv(10)


def poll_listener() -> None:
    listener, poll = listen(), select.poll()
    poll.register(listener)
    poll.poll()
    listener.accept()


def epoll_listener() -> None:
    listener, poll = listen(), select.epoll()
    poll.register(listener)
    poll.poll()
    listener.accept()


def selector() -> None:
    listener, chosen = listen(), selectors.DefaultSelector()
    listener.setblocking(False)
    chosen.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in chosen.select():
            key.fileobj.accept()  # type: ignore[union-attr]  # the listener


def signal() -> None:
    listener = listen()
    Signal().wait()
    listener.close()


def spin() -> None:
    listener = listen()
    while True:
        listener.fileno()


def catches_all_around_accept() -> None:
    listener = listen()
    while True:
        try:
            listener.accept()
        except:  # noqa: E722  what learners write
            pass


def catches_all_around_select() -> None:
    listener = listen()
    while True:
        try:
            for sock in select.select([listener], [], [], 60)[0]:
                sock.accept()
        except:  # noqa: E722  what learners write
            pass


def catches_all_twice() -> None:
    listener = listen()
    while True:
        try:
            while True:
                try:
                    listener.accept()
                except:  # noqa: E722  what learners write
                    pass
        except:  # noqa: E722  what learners write
            pass


def catches_all_in_a_computation() -> None:
    listener = listen()
    while True:
        try:
            while True:
                listener.fileno()
        except:  # noqa: E722  what learners write
            pass


async def async_sleep() -> None:
    listener = await asyncio.start_server(lambda *_: None, *LOOPBACK)
    await asyncio.sleep(60)
    listener.close()


async def async_accept() -> None:
    listener = listen()
    listener.setblocking(False)
    await asyncio.get_running_loop().sock_accept(listener)


async def async_that_catches_all() -> None:
    listener = await asyncio.start_server(lambda *_: None, *LOOPBACK)
    while listener.is_serving():
        try:
            await asyncio.sleep(60)
        except:  # noqa: E722  what learners write
            pass


def http_server() -> None:
    http.server.ThreadingHTTPServer(LOOPBACK, http.server.SimpleHTTPRequestHandler).serve_forever()


WAITING: list[Serve] = [
    accept,
    accept_ipv6,
    accept_with_timeout,
    accept_with_short_timeouts,
    accept_in_a_thread,
    accept_in_a_pool,
    recv_datagram,
    recv_datagram_on_every_interface,
    recv_datagram_ipv6,
    recv_datagram_with_timeout,
    recv_datagram_connected,
    connect,
    connect_with_timeout,
    select_listener,
    select_datagrams,
    selector,
    signal,
    spin,
    catches_all_around_accept,
    catches_all_around_select,
    catches_all_twice,
    catches_all_in_a_computation,
    async_sleep,
    async_accept,
    async_that_catches_all,
    http_server,
    *([poll_listener] if hasattr(select, "poll") else []),
    *([epoll_listener] if hasattr(select, "epoll") else []),
]


@pytest.mark.parametrize("function", WAITING, ids=lambda function: function.__name__)
def test_it_ends_while_it_waits(function: Serve) -> None:
    server = background(function)
    _ = server.address
    _settle(server)
    server.stop()
    assert not server.running, repr(server)
    assert server.error is None
    assert [line for line in server.output.splitlines() if not line.startswith("labsupport: this socket")] == []


def _settle(server: Background) -> None:
    """Wait until the program waits: until what it does has been the same for a while."""
    seen, same = "", 0
    while same < 5:
        time.sleep(0.002)
        now = repr(server)
        seen, same = now, same + 1 if now == seen or "spin" in now or "catches" in now else 0


# --- programs that talk to a client ---


def once(talk: Callable[[socket.socket], Any]) -> Serve:
    def server() -> None:
        with listen() as listener:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"!")
                talk(connection)

    return server


def recv(connection: socket.socket) -> None:
    while connection.recv(10):
        pass


def recv_with_timeout(connection: socket.socket) -> None:
    connection.settimeout(60)
    connection.recv(10)


def send(connection: socket.socket) -> None:
    while True:
        connection.send(b"x" * 100_000)


def sendall(connection: socket.socket) -> None:
    connection.sendall(b"x" * 50_000_000)


def sendall_with_timeout(connection: socket.socket) -> None:
    connection.settimeout(60)
    connection.sendall(b"x" * 50_000_000)


def lines(connection: socket.socket) -> None:
    for line in connection.makefile("r"):
        print(line)


def writes(connection: socket.socket) -> None:
    file = connection.makefile("wb")
    while True:
        file.write(b"x" * 100_000)


def selects(connection: socket.socket) -> None:
    select.select([connection], [], [])
    connection.recv(10)


def thread_each() -> None:
    def handle(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"!")
            recv(connection)

    with listen() as listener:
        while True:
            threading.Thread(target=handle, args=(listener.accept()[0],)).start()


def streams_requests() -> None:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"!")
            for _ in self.rfile:
                pass

    socketserver.ThreadingTCPServer(LOOPBACK, Handler).serve_forever()


async def async_streams() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"!")
        while await reader.read(10):
            pass

    async with await asyncio.start_server(handle, *LOOPBACK) as listening:
        await listening.serve_forever()


def async_in_a_plain_function() -> None:
    asyncio.run(async_streams())


TALKING: list[tuple[str, Serve]] = [
    *(
        (talk.__name__, once(talk))
        for talk in (recv, recv_with_timeout, send, sendall, sendall_with_timeout, lines, writes, selects)
    ),
    *((serve.__name__, serve) for serve in (thread_each, streams_requests, async_streams, async_in_a_plain_function)),
]


@pytest.mark.parametrize("function", [serve for _, serve in TALKING], ids=[name for name, _ in TALKING])
def test_it_ends_while_it_talks(function: Serve) -> None:
    server = background(function, name="talking")
    with socket.create_connection(server.address, timeout=10) as client:
        assert client.recv(1) == b"!"
        _settle(server)
        server.stop()
        assert not server.running, repr(server)
        assert server.error is None
        assert server.output == ""


def test_a_client_of_a_stopped_server_is_told() -> None:
    server = background(once(recv))
    with socket.create_connection(server.address, timeout=10) as client:
        assert client.recv(1) == b"!"
        server.stop()
        assert client.recv(10) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address, timeout=10)


def test_no_line_runs_after_the_call_that_was_woken() -> None:
    def talk(connection: socket.socket) -> None:
        print("before")
        connection.recv(10)
        print("after")

    server = background(once(talk), name="server")
    with socket.create_connection(server.address, timeout=10):
        until(lambda: "recv" in repr(server))
        server.stop()
    assert server.output == "before\n"
    assert [call.error.type.__name__ for call in _calls("recv")[-1:] if call.error] == ["Stopped"]


def _calls(op: str) -> list[Call]:
    return [event for event in TAPE.events() if isinstance(event, Call) and event.op == op]


def test_finally_and_with_still_run() -> None:
    def tidy() -> None:
        try:
            with listen() as listener:
                listener.accept()
        finally:
            print("tidied up")

    server = background(tidy)
    _ = server.address
    server.stop()
    assert server.output == "tidied up\n"


def test_it_leaves_somebody_elses_listener_open() -> None:
    with listen() as listener:
        server = background(listener.accept, name="server")
        until(lambda: "waiting in accept()" in repr(server))
        server.stop()
        assert not server.running
        with socket.create_connection(listener.getsockname(), timeout=10) as client:
            listener.settimeout(10)
            assert listener.accept()[1] == client.getsockname()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_a_pair_of_unix_datagram_sockets_does_not_break_a_stop() -> None:
    waits = threading.Event()

    @background
    def server() -> None:
        one, _other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        waits.set()
        one.recv(10)

    assert waits.wait(5)
    server.stop()
    assert not server.running

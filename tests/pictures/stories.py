"""Small programs with real sockets, each with what orders its steps, whose pictures the tests look at."""

from __future__ import annotations

import contextlib
import copy
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import labsupport
from labsupport.pictures import Picture
from labsupport.tape.events import Call, tick
from labsupport.tape.record import TAPE
from labsupport.tape.watched import endpoint_of
from labsupport.threads import Signal

__all__ = ["STORIES", "Story", "beside", "call", "listen", "picture_of", "told"]

Story = Callable[[contextlib.ExitStack], None]


def told(story: Story) -> Picture:
    """The picture of a story, its sockets still open while it is taken."""
    since = tick()
    with contextlib.ExitStack() as held:
        story(held)
        # Copies: a call that waits now must not have returned when the test looks at the picture.
        return Picture([copy.copy(event) for event in TAPE.events(since)])


def picture_of(name: str) -> Picture:
    """The picture of one of `STORIES`."""
    return told(STORIES[name])


@contextlib.contextmanager
def beside(program: Callable[[], Any]) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=program, name="server", daemon=True)
    thread.start()
    yield thread
    thread.join(5)
    assert not thread.is_alive()


def listen(held: contextlib.ExitStack) -> socket.socket:
    return held.enter_context(socket.create_server(("127.0.0.1", 0)))


def call(listener: socket.socket) -> socket.socket:
    return socket.create_connection(listener.getsockname(), timeout=5)


def two_sends_one_recv(held: contextlib.ExitStack) -> None:
    listener, both_sent = listen(held), Signal("both_sent")

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            both_sent.wait(5)
            connection.recv(1024)

    with beside(server) as thread, call(listener) as client:
        client.sendall(b"hello ")
        client.sendall(b"world")
        both_sent.set()
        thread.join(5)


def half_close(held: contextlib.ExitStack) -> None:
    listener = listen(held)

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data)

    with beside(server), call(listener) as client:
        client.sendall("नमस्ते".encode())
        client.recv(1024)
        client.shutdown(socket.SHUT_WR)
        client.recv(1024)


def one_client_waits(held: contextlib.ExitStack) -> None:
    listener, served = listen(held), Signal("served")

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data.upper())
            served.wait(5)

    with beside(server), call(listener) as maria, call(listener) as wei:
        labsupport.label(maria, "maria")
        labsupport.label(wei, "wei")
        wei.sendall(b"me too")
        maria.sendall(b"hello")
        maria.recv(100)
        wei.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            wei.recv(100)
        maria.close()
        served.set()


def unread_bytes(held: contextlib.ExitStack) -> None:
    listener, sent = listen(held), Signal("sent")

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            sent.wait(5)
            connection.recv(5)

    with beside(server), call(listener) as client:
        client.sendall(b"hello, I have a lot to say")
        sent.set()
        with contextlib.suppress(ConnectionResetError):
            client.recv(100)


def sent_too_late(held: contextlib.ExitStack) -> None:
    listener, gone = listen(held), Signal("gone")

    def server() -> None:
        listener.accept()[0].close()
        gone.set()

    with beside(server), call(listener) as client:
        gone.wait(5)
        client.sendall(b"too late")
        with contextlib.suppress(ConnectionResetError):
            client.recv(1)  # gives b'' or raises: both tell that the connection is over


def too_early(held: contextlib.ExitStack) -> None:
    listener, late = listen(held), Signal("late")

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(100)
            late.wait(5)
            connection.sendall(b"here it is")

    with beside(server), call(listener) as client:
        client.sendall(b"quick?")
        client.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            client.recv(100)
        client.settimeout(5)
        late.set()
        client.recv(100)


def not_accepted(held: contextlib.ExitStack) -> None:
    listener = listen(held)
    client = held.enter_context(call(listener))
    client.sendall(b"is anybody there?")


def refused(held: contextlib.ExitStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def full_queue(held: contextlib.ExitStack) -> None:
    listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    held.enter_context(call(listener))  # Linux lets in one more than was asked for
    with contextlib.suppress(TimeoutError, ConnectionRefusedError):
        socket.create_connection(listener.getsockname(), timeout=0.1)


def cut_datagram(held: contextlib.ExitStack) -> None:
    server = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    server.bind(("127.0.0.1", 0))
    client = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    client.sendto(b"x" * 100, server.getsockname())
    _, address = server.recvfrom(24)
    server.sendto(b"ok", address)
    client.recvfrom(100)


def a_listener_alone(held: contextlib.ExitStack) -> None:
    listener = listen(held)

    def server() -> None:
        listener.accept()[0].close()

    thread = threading.Thread(target=server, name="server", daemon=True)

    def wake() -> None:
        with contextlib.suppress(OSError):
            socket.create_connection(listener.getsockname(), timeout=5).close()
        thread.join(5)

    held.callback(wake)
    thread.start()
    deadline = time.monotonic() + 5
    pause = threading.Event()
    while not _waits_in_accept(listener) and time.monotonic() < deadline:
        pause.wait(0.001)


def _waits_in_accept(listener: socket.socket) -> bool:
    end = endpoint_of(listener)
    return any(isinstance(one, Call) and one.endpoint is end and one.op == "accept" for one in TAPE.events())


def non_blocking(held: contextlib.ExitStack) -> None:
    listener = listen(held)
    client = held.enter_context(call(listener))
    connection = held.enter_context(listener.accept()[0])
    connection.setblocking(False)
    for _ in range(3):
        with contextlib.suppress(BlockingIOError):
            connection.recv(10)
    client.sendall(b"now")
    while True:
        with contextlib.suppress(BlockingIOError):
            connection.recv(10)
            return


STORIES: dict[str, Story] = {
    story.__name__: story
    for story in (
        two_sends_one_recv, half_close, one_client_waits, unread_bytes, sent_too_late, too_early, not_accepted, refused,
        full_queue, cut_datagram, a_listener_alone, non_blocking,
    )
}  # fmt: skip

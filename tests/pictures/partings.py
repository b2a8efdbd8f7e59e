"""Small programs with real sockets whose two ends part without agreeing on who goes first."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

from labsupport import kernel
from labsupport.threads import Signal
from tests.pictures.stories import Story, beside, call, listen

__all__ = ["PARTINGS"]

_NO_LINGER = struct.pack("ii", 1, 0)


def reset_with_an_echo_on_its_way(held: contextlib.ExitStack) -> None:
    """The echo has arrived, which no call tells, when the client resets."""
    listener = listen(held)

    def server() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(ConnectionResetError):
            while data := connection.recv(1024):
                connection.sendall(data)

    with beside(server), call(listener) as client:
        client.sendall(b"hello")
        pause = threading.Event()
        while not kernel.unread(client):
            pause.wait(0.001)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)


def reset_and_then_sent_to(held: contextlib.ExitStack) -> None:
    """The client resets; then the server, which has been told by a signal, sends."""
    listener, gone = listen(held), Signal("gone")

    def server() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(ConnectionError):
            gone.wait(5)
            connection.sendall(b"hello")

    with beside(server):
        with call(listener) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        gone.set()


def two_closes(held: contextlib.ExitStack) -> None:
    """Each closes when it has done its part, and neither looks at the other."""
    listener = listen(held)

    def server() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(5)

    with beside(server), call(listener) as client:
        client.sendall(b"hello")


PARTINGS: dict[str, Story] = {
    story.__name__: story for story in (reset_with_an_echo_on_its_way, reset_and_then_sent_to, two_closes)
}

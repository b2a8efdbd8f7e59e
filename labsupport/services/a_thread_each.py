"""A thread for each client.

Every thread is as simple as a server with one client, and one that waits keeps nobody else waiting.  What it costs: a
stack a client, and the processor's way from thread to thread; above some hundred clients that is felt.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator

from labsupport.services.protocol import CHUNK, Talk


def serve(listener: socket.socket, stop: socket.socket, grace: float = 2.0) -> None:
    """Serve until `stop` can be read; then close `listener`, and give whoever is here `grace` seconds to finish."""
    here: set[socket.socket] = set()
    threads: list[threading.Thread] = []
    for connection in arrivals(listener, stop):
        here.add(connection)
        thread = threading.Thread(target=converse, args=(connection, here))
        try:
            thread.start()
        except RuntimeError:  # the system gives no more threads: this one client goes, and not all
            connection.close()
            here.discard(connection)
        threads = [each for each in [*threads, thread] if each.is_alive()]
    deadline = threading.Timer(grace, cut, args=(here,))
    deadline.start()
    for thread in threads:
        thread.join()
    deadline.cancel()


def arrivals(listener: socket.socket, stop: socket.socket) -> Iterator[socket.socket]:
    """The clients as they come, until `stop` can be read; last of all, those who are in the queue by then."""
    listener.setblocking(False)
    with listener:
        while stop not in select.select([listener, stop], [], [])[0]:
            try:
                yield listener.accept()[0]
            except OSError:  # gone again; or no descriptor is free until somebody leaves
                time.sleep(0.05)
        last = []
        with contextlib.suppress(OSError):
            while True:
                last.append(listener.accept()[0])
    yield from last


def converse(connection: socket.socket, here: set[socket.socket]) -> None:
    """Answer one client until it finishes, breaks off, or is cut."""
    talk = Talk()
    with connection, contextlib.suppress(OSError):
        connection.setblocking(True)  # on some systems it takes after the listener
        while data := connection.recv(CHUNK):
            connection.sendall(talk.answers(data))  # waits while the client does not read
    here.discard(connection)


def cut(here: set[socket.socket]) -> None:
    """Wake whoever waits for one of these clients in recv() or sendall()."""
    for connection in list(here):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    from labsupport.services.script import main

    main(serve)

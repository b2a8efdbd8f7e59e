"""All clients in one thread: `selectors` says whose socket can be read, or written, without waiting.

A client costs a socket and half a kilobyte.  Nothing in the loop may wait for one client: what it does not take yet is
kept, and as long as something is kept, the loop asks only when that client can be written to, and reads no more of it.
"""

from __future__ import annotations

import selectors
import socket
import time
from selectors import EVENT_READ, EVENT_WRITE

from labsupport.services.protocol import CHUNK, Talk


def serve(listener: socket.socket, stop: socket.socket, grace: float = 2.0) -> None:
    """Serve until `stop` can be read; then close `listener`, and give whoever is here `grace` seconds to finish."""
    listener.setblocking(False)
    with selectors.DefaultSelector() as selector, listener:
        selector.register(listener, EVENT_READ)
        selector.register(stop, EVENT_READ)
        while stop not in turn(selector, listener):
            pass
        while accept(selector, listener):
            pass
        selector.unregister(listener)
        selector.unregister(stop)
        listener.close()
        deadline = time.monotonic() + grace
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            turn(selector, listener, left)
        for key in selector.get_map().values():
            key.data.connection.close()


def turn(selector: selectors.BaseSelector, listener: socket.socket, timeout: float | None = None) -> list[object]:
    """Wait until somebody can go on, and go on with all who can; who they were."""
    ready = selector.select(timeout)
    for key, _ in ready:
        client = key.data
        if key.fileobj is listener:
            accept(selector, listener)
        elif client and client.go_on():
            selector.modify(client.connection, EVENT_WRITE if client.unsent else EVENT_READ, client)
        elif client:
            selector.unregister(client.connection)
            client.connection.close()
    return [key.fileobj for key, _ in ready]


def accept(selector: selectors.BaseSelector, listener: socket.socket) -> bool:
    """Let the next client in; whether there was one."""
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return False
    except OSError:  # gone again; or no descriptor is free until somebody leaves
        time.sleep(0.05)
        return False
    connection.setblocking(False)
    selector.register(connection, EVENT_READ, Client(connection))
    return True


class Client:
    """One client: its talk, and what it has not taken yet of the answers."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.talk = Talk()
        self.unsent = b""

    def go_on(self) -> bool:
        """Do what can be done without waiting; whether the client is still here."""
        try:
            if not self.unsent:
                data = self.connection.recv(CHUNK)
                if not data:
                    return False
                self.unsent = self.talk.answers(data)
            self.unsent = self.unsent[self.connection.send(self.unsent) :]
        except BlockingIOError:  # there is no room for it yet
            pass
        except OSError:
            return False
        return True


if __name__ == "__main__":
    from labsupport.services.script import main

    main(serve)

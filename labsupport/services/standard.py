"""A thread for each client, as the standard library writes it: `socketserver`.

It accepts, starts the threads, and joins them; what one client gets is left to write.  Its own loop, `serve_forever`,
looks for a stop twice a second; the one below waits for a client and for the stop, and uses no processor meanwhile.
"""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
import time
from typing import Any

from labsupport.services.protocol import CHUNK, Talk


def serve(listener: socket.socket, stop: socket.socket, grace: float = 2.0) -> None:
    """Serve until `stop` can be read; then close `listener`, and give whoever is here `grace` seconds to finish."""
    listener.setblocking(False)
    server = Server(listener)
    while stop not in select.select([listener, stop], [], [])[0]:
        server.handle_request()
    server.is_empty = False  # it may be long ago that it was
    while not server.is_empty:
        server.handle_request()
    deadline = threading.Timer(grace, server.cut)
    deadline.start()
    server.server_close()  # closes the listener, and joins the threads
    deadline.cancel()


class Conversation(socketserver.BaseRequestHandler):
    """Answer one client until it finishes, breaks off, or is cut."""

    def handle(self) -> None:
        """What a client's thread does; afterwards socketserver closes `self.request`, the connection."""
        talk = Talk()
        with contextlib.suppress(OSError):
            self.request.setblocking(True)  # on some systems it takes after the listener
            while data := self.request.recv(CHUNK):
                self.request.sendall(talk.answers(data))  # waits while the client does not read


class Server(socketserver.ThreadingTCPServer):
    """The server, on a listener that somebody else has made."""

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener.getsockname(), Conversation, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.is_empty = False
        self.here: set[socket.socket] = set()

    def get_request(self) -> Any:
        """Accept a client; socketserver passes over an OSError, and asks again."""
        try:
            connection, address = super().get_request()
        except OSError:  # gone again; or no descriptor is free until somebody leaves
            self.is_empty = True
            time.sleep(0.05)
            raise
        self.here.add(connection)
        return connection, address

    def handle_timeout(self) -> None:
        """`handle_request` calls it where nobody waits in the queue."""
        self.is_empty = True

    def close_request(self, request: Any) -> None:
        """Close a connection, at its end."""
        super().close_request(request)
        self.here.discard(request)

    def cut(self) -> None:
        """Wake whoever waits for a client in recv() or sendall()."""
        for connection in list(self.here):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    from labsupport.services.script import main

    main(serve)

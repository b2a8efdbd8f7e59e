"""One handshake over loopback, and what each end says of it."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import Self

#: What the server says to a client that it let in.
HELLO = "नमस्ते".encode()


class Server:
    """A server for one client, on a bare socket, in a `with`; what it saw is there after that."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.error: OSError | None = None
        self.peer: ssl._PeerCertRetDictType | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(10)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._thread = threading.Thread(target=self._serve_one)

    def _serve_one(self) -> None:
        try:
            with self._listener, self._listener.accept()[0] as raw:
                raw.settimeout(10)
                with self.context.wrap_socket(raw, server_side=True) as connection:
                    self.peer = connection.getpeercert()
                    connection.sendall(HELLO)
        except OSError as error:
            self.error = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._thread.join()


def verify_code(context: ssl.SSLContext, host: str, address: tuple[str, int]) -> int:
    """The client's verify code, 0 where it has gone in and been greeted."""
    with socket.create_connection(address, timeout=10) as raw:
        try:
            client = context.wrap_socket(raw, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            return error.verify_code
        with client:
            assert client.recv(100) == HELLO
        return 0


def between(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> int:
    """The client's verify code in a handshake of these two."""
    with Server(server) as one:
        return verify_code(client, host, one.address)

"""A client with a policy meets servers with certificates: real handshakes, one after the other, in two threads."""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from labsupport.panels.parts.experiment import LIMIT, Experiment
from labsupport.tape.events import Address, Endpoint, Event, tick
from labsupport.tape.record import TAPE
from labsupport.tape.selection import belonging
from labsupport.tape.watched import endpoint_of
from labsupport.tls import Animal

__all__ = ["MESSAGE", "Encounter", "Met"]

#: What a client says to a server that it has accepted.
MESSAGE: Final = "user maría, password पासवर्ड"

_LOCALHOST: Final = "127.0.0.1"


@dataclass(frozen=True)
class Met:
    """What came of one handshake.

    - `animal`: whose server it was; `policy`: the client's.
    - `error`: what wrap_socket() raised in the client, or None; `read`: what the server has read.
    - `ends`: the sockets of it, and `begin` the tick before them.
    """

    animal: Animal
    policy: str
    error: OSError | None
    read: bytes
    ends: frozenset[Endpoint]
    begin: int

    @property
    def code(self) -> int | None:
        """The verify code; None where no certificate was refused."""
        return self.error.verify_code if isinstance(self.error, ssl.SSLCertVerificationError) else None

    def events(self) -> list[Event]:
        """What it has left on the tape."""
        return belonging(TAPE.events(), self.ends, self.begin)


class Encounter(Experiment):
    """A client with this `policy` meets these animals, in this order, each with a context that it has made for it.

    `met`: what came of each so far, by the animal's name; `trouble`: the name of an error, or "".
    """

    def __init__(self, policy: str, pairs: Iterable[tuple[Animal, ssl.SSLContext]]) -> None:
        super().__init__(server=self._serve, client=self._visit)
        self.policy = policy
        self.met: dict[str, Met] = {}
        self.trouble = ""
        self._pairs = tuple(pairs)
        self._address: Address | None = None
        self._listens = threading.Event()
        self._next: queue.SimpleQueue[Animal | None] = queue.SimpleQueue()  # whose turn it is; None for nobody's
        self._read: queue.SimpleQueue[tuple[Endpoint, bytes]] = queue.SimpleQueue()  # by the server's end

    # --- the server's thread ---

    def _serve(self) -> None:
        try:
            with socket.create_server((_LOCALHOST, 0)) as listener:
                listener.settimeout(LIMIT)
                self._address = listener.getsockname()
                self._listens.set()
                while (animal := self._next.get()) is not None:
                    connection, _ = listener.accept()
                    self._answer(connection, animal.server_context)
        except OSError as error:
            self.trouble = type(error).__name__
        finally:
            self._listens.set()

    def _answer(self, connection: socket.socket, context: ssl.SSLContext) -> None:
        end, read = endpoint_of(connection), b""
        with contextlib.suppress(OSError):  # the client has refused, or it has gone
            connection.settimeout(LIMIT)
            with connection, context.wrap_socket(connection, server_side=True) as served:
                read = served.recv(1024)
                served.sendall(b"bienvenue")
        self._read.put((end, read))

    # --- the client's thread ---

    def _visit(self) -> None:
        try:
            if self._listens.wait(LIMIT) and self._address is not None:
                for animal, context in self._pairs:
                    if self.stopped.is_set():
                        break
                    self._next.put(animal)
                    self.met[animal.name] = self._meet(animal, context, self._address)
        except (OSError, queue.Empty) as error:
            self.trouble = self.trouble or type(error).__name__
        finally:
            self._next.put(None)

    def _meet(self, animal: Animal, context: ssl.SSLContext, address: Address) -> Met:
        begin, error = tick(), None
        with socket.create_connection(address, timeout=LIMIT) as sock:
            mine = endpoint_of(sock)
            try:
                client = context.wrap_socket(sock, server_hostname=animal.host)
            except OSError as caught:
                error = caught.with_traceback(None)  # which would hold the socket
            else:
                with client:
                    client.sendall(MESSAGE.encode())
                    client.recv(1024)
        other, read = self._read.get(timeout=LIMIT)
        return Met(animal, self.policy, error, read, frozenset({mine, other}), begin)

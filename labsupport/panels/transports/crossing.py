"""Numbered messages on their way from one program to another, by one protocol and through one link."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from typing import Final, Literal

from labsupport.faults import Duplicate, Fault, Latency, Loss, Reorder, Stall
from labsupport.link import Link
from labsupport.panels.parts.experiment import LIMIT, Experiment
from labsupport.tape.events import Endpoint, Passage, clock
from labsupport.tape.watched import endpoint_of

__all__ = ["GAP", "MOST", "SIZE", "STALL", "Crossing", "Protocol", "Way", "message"]

Protocol = Literal["TCP", "UDP"]

#: So many messages at most, so that the picture can be looked at.
MOST: Final = 30
#: Bytes of a message: of a stream a fault draws once for so many.
SIZE: Final = 1024
#: Seconds from one message to the next, and how long a stall lasts: the least that Linux waits before TCP sends again.
GAP: Final = 0.01
STALL: Final = 0.2

_SILENCE: Final = 0.4  # seconds, beyond the latency, after which a datagram is no longer waited for
_LOCALHOST: Final = "127.0.0.1"


def message(number: int) -> bytes:
    """The message with this number, `SIZE` bytes long."""
    return f"message {number} ".encode().ljust(SIZE, b".")


@dataclass(frozen=True)
class Way:
    """How many messages there are and what the link does to them: probabilities, seconds, and the seed of its dice."""

    count: int
    loss: float = 0
    doubling: float = 0
    reordering: float = 0
    latency: float = 0
    seed: int = 0

    def faults(self, protocol: Protocol) -> list[Fault]:
        """What the link does, as far as there is such a thing for this protocol.

        Loss and `Stall` stand first, so they throw the same dice: where one loses a datagram, the other stalls.
        """
        late = [Latency(self.latency)] if self.latency else []
        if protocol == "TCP":
            return [*([Stall(self.loss, STALL)] if self.loss else []), *late]
        chosen = [(Loss, self.loss), (Duplicate, self.doubling), (Reorder, self.reordering)]
        return [*(fault(p) for fault, p in chosen if p), *late]


class Crossing(Experiment):
    """A program that sends the messages of `way` and one that receives them, by real sockets and a real link.

    `sender` and `receiver` are their ends, None before they have one; `trouble` is the name of an error, or "".
    """

    def __init__(self, protocol: Protocol, way: Way) -> None:
        super().__init__(receiver=self._receive, sender=self._send)
        self.protocol = protocol
        self.way = way
        self.sender: Endpoint | None = None
        self.receiver: Endpoint | None = None
        self.trouble = ""
        self._address: tuple[str, int] | None = None
        self._kind = socket.SOCK_STREAM if protocol == "TCP" else socket.SOCK_DGRAM
        self._open, self._sent, self._read = (threading.Event() for _ in range(3))

    # --- the receiving program ---

    def _receive(self) -> None:
        try:
            with socket.socket(socket.AF_INET, self._kind) as door:
                door.bind((_LOCALHOST, 0))
                door.settimeout(LIMIT)
                self._listen(door)
        except OSError as error:
            self.trouble = type(error).__name__
        finally:
            self._open.set()
            self._read.set()

    def _listen(self, door: socket.socket) -> None:
        if self.protocol == "UDP":
            self.receiver = self._named(door, "receiver")
            self._opened(door)
            self._read_datagrams(door)
            return
        door.listen()
        self._opened(door)
        connection, _ = door.accept()
        with connection:
            self.receiver = self._named(connection, "receiver")
            connection.settimeout(LIMIT)
            self._read_stream(connection)

    def _opened(self, door: socket.socket) -> None:
        self._address = door.getsockname()
        self._open.set()

    def _read_stream(self, connection: socket.socket) -> None:
        got = 0
        while data := connection.recv(SIZE - got % SIZE):  # to the end of a message, and no further
            got += len(data)

    def _read_datagrams(self, door: socket.socket) -> None:
        """UDP has no end: until nothing has come for a while, and nothing more can come."""
        door.settimeout(self.way.latency + _SILENCE)
        until = clock() + LIMIT
        while not self.stopped.is_set() and clock() < until:
            over = self._over()  # asked before the last look, so that what arrives meanwhile is read
            try:
                door.recv(2 * SIZE)
            except TimeoutError:
                if over:
                    return

    def _over(self) -> bool:
        """All was sent, and the link has nothing left on its way."""
        if not self._sent.is_set():
            return False
        passages = [event for event in self.events() if isinstance(event, Passage)]
        return len(passages) == self.way.count and not any(passage.open for passage in passages)

    # --- the sending program ---

    def _send(self) -> None:
        try:
            if self._open.wait(LIMIT) and self._address:
                faults = self.way.faults(self.protocol)
                with Link(self._address, self.protocol.lower(), up=faults, seed=self.way.seed) as link:
                    self._talk(link.address)
                    self._read.wait(LIMIT)  # a link that closes takes with it what is on its way
        except OSError as error:
            self.trouble = self.trouble or type(error).__name__

    def _talk(self, address: tuple[str, int]) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self._sent.set)
            sock = stack.enter_context(socket.socket(socket.AF_INET, self._kind))
            self.sender = self._named(sock, "sender")
            sock.settimeout(LIMIT)
            sock.connect(address)
            for number in range(self.way.count):
                sock.sendall(message(number))
                if self.stopped.wait(GAP):
                    break

    def _named(self, sock: socket.socket, name: str) -> Endpoint:
        endpoint = endpoint_of(sock)
        endpoint.label = name
        self.ends.append(endpoint)
        return endpoint

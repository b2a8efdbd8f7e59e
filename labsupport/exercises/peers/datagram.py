"""The other side of a conversation in datagrams, played by a check.

A `UdpPeer` talks like the script of a play: ``server.hears(b"1 ping")``, ``server.answers(b"1 pong")``.  A datagram
may be lost, late, doubled, reordered or sent by somebody else, so most lines here are ways to make it so, at a place
that the script chooses: no dice, and nothing to wait for but what the script says.

A line that does not come true raises `Unmet`.  All sockets are on 127.0.0.1 and watched.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Final

from labsupport.tape.events import Address, clock
from labsupport.tape.watched import Plain, endpoint_of

from . import stream
from .stream import END_OF_THE_WAIT, Unmet, shown

__all__ = ["LARGEST", "UdpPeer", "datagrams", "talks_to"]

#: The largest datagram of IPv4: 65,535 bytes, less 20 for IP's header and 8 for UDP's (RFC 791, RFC 768).
LARGEST: Final = 65_507

_LOCALHOST: Final = "127.0.0.1"
_LOOK: Final = 0.005


class UdpPeer:
    """A socket for datagrams that keeps to its script.

    - `name`: who it is; `other`: the address that it answers to, at first that of whoever spoke to it last.
    - `sent`, `heard`: the datagrams so far; `awaits`, `steps`, `learner_left`, `rest`: as a `Peer` has them.
    """

    def __init__(self, sock: socket.socket, name: str, other: Address | None = None) -> None:
        self.sock = sock
        self.name = name
        self.other = other
        self.sent: list[bytes] = []
        self.heard: list[bytes] = []
        self.awaits = ""
        self.steps = 0
        self.learner_left: Callable[[], bool] = lambda: False
        self.rest: Callable[[], None] = lambda: None
        self._stranger: socket.socket | None = None

    @property
    def address(self) -> Address:
        """Where it can be reached."""
        host, port = Plain.getsockname(self.sock)
        return host, port

    # --- what comes --------------------------------------------------------------------------

    def takes(self, what: str = "a datagram") -> bytes:
        """The next datagram, whatever is in it.  `Unmet` if none comes while patience lasts, or the learner leaves."""
        self.awaits = what
        data, self.other = self._received()
        self.heard.append(data)
        self._done()
        return data

    def _received(self) -> tuple[bytes, tuple[str, int]]:
        while self._has_come():
            # Windows tells a socket by a reset that an earlier datagram of its own was refused (WSAECONNRESET).
            with contextlib.suppress(ConnectionResetError):
                return self.sock.recvfrom(65_535)
        raise Unmet(self.name, self.awaits, "nothing")

    def hears(self, expected: bytes) -> None:
        """The next datagram is this one.  `Unmet` if it is another, or none comes."""
        got = self.takes(shown(expected))
        if got != expected:
            raise Unmet(self.name, shown(expected), shown(got))

    def hears_again(self, expected: bytes) -> None:
        """The learner asks the same once more, for no answer came.  `Unmet` if it asks anything else, or gives up."""
        got = self.takes(f"{shown(expected)} once more")
        if got != expected:
            raise Unmet(self.name, f"{shown(expected)} once more", shown(got))

    def hears_no_more(self) -> None:
        """The learner's program ends without another datagram.  `Unmet` if one comes, or it does not end."""
        self.awaits = "no more datagrams"
        self._waits_until_it_is_left("no end: your code was still waiting")
        if self._has_come():
            raise Unmet(self.name, self.awaits, f"{shown(self.takes())} too")
        self._done()

    def is_left(self, why: str = END_OF_THE_WAIT) -> None:
        """Say nothing until the learner's program has come to an end.  `Unmet` if it still waits when patience ends."""
        self.awaits = why
        self._waits_until_it_is_left("none: your code was still waiting")
        self._done()

    # --- what goes ---------------------------------------------------------------------------

    def says(self, data: bytes) -> None:
        """Send a datagram to `other`.  An error is no news here."""
        self._send(self.sock, data)

    answers = says

    def answers_twice(self, data: bytes) -> None:
        """Send it, and send it again: as a network does that has doubled it."""
        self.says(data)
        self.says(data)

    def answers_in_the_wrong_order(self, *datagrams: bytes) -> None:
        """Send the last of them first, as a network does that has reordered them."""
        for data in reversed(datagrams):
            self.says(data)

    def answers_cut(self, data: bytes, size: int) -> None:
        """Send only the first `size` bytes of it."""
        self.says(data[:size])

    def says_nothing(self) -> None:
        """Send an empty datagram, which is a message of no bytes and not an end (RFC 768: the length may be 8)."""
        self.says(b"")

    def says_too_much(self, beginning: bytes = b"", size: int = LARGEST) -> None:
        """Send a datagram of `size` bytes that begins with these: a buffer that is smaller loses the rest of it."""
        if not len(beginning) <= size <= LARGEST:
            raise ValueError(f"a datagram of IPv4 has at most {LARGEST} bytes, and not {size}")
        self.says(beginning.ljust(size, b"."))

    def stranger_says(self, data: bytes) -> None:
        """Somebody else, from another port, sends this to whoever spoke last."""
        if self._stranger is None:
            self._stranger = _bound()
            endpoint_of(self._stranger).label = "a stranger"
        self._send(self._stranger, data)

    def drips(self, strays: Iterable[bytes], every: float = 0.05, *, stranger: bool = False) -> int:
        """Send a stray each `every` seconds until the learner's program is gone; how many were sent.

        `Unmet` if there are no more and it still waits: a timeout that begins anew with each stray never ends.
        """
        self.awaits = END_OF_THE_WAIT
        nap = threading.Event()
        count = 0
        for count, stray in enumerate(strays, 1):
            (self.stranger_says if stranger else self.says)(stray)
            self.steps += 1
            nap.wait(every)
            if self.learner_left():
                self._done()
                return count
        raise Unmet(self.name, self.awaits, f"none: after {count} strays your code was still waiting")

    def leaves(self) -> None:
        """Close: from now on nobody is there.  A connected socket of the learner's is told so at its next call."""
        for sock in (self.sock, self._stranger):
            if sock is not None:
                sock.close()

    # --- the means ---------------------------------------------------------------------------

    def _send(self, sock: socket.socket, data: bytes) -> None:
        if self.other is None:
            raise Unmet(self.name, "a datagram to answer", "none")
        self.sent.append(data)
        with contextlib.suppress(OSError):
            sock.sendto(data, self.other)

    def _has_come(self) -> bool:
        """Wait for a datagram; False when patience ends, or the learner's program has left without sending one."""
        deadline = clock() + stream.PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            while True:
                over = self.learner_left() or clock() >= deadline  # asked first: what it sent is there by now
                if selector.select(0 if over else _LOOK):
                    return True
                if over:
                    return False

    def _waits_until_it_is_left(self, otherwise: str) -> None:
        nap = threading.Event()  # for the eye of `settle`, a thread in an Event's wait() has nothing to do
        deadline = clock() + stream.PATIENCE
        while not self.learner_left():
            if clock() >= deadline:
                raise Unmet(self.name, self.awaits, otherwise)
            nap.wait(_LOOK)

    def _done(self) -> None:
        self.awaits = ""
        self.steps += 1


# --- how a conversation begins ---------------------------------------------------------------


def datagrams(name: str = "the server") -> UdpPeer:
    """A server for datagrams, on a free port of 127.0.0.1: the learner's client speaks first."""
    return UdpPeer(_bound(), name)


def talks_to(address: Address, name: str) -> UdpPeer:
    """A client of the learner's server for datagrams.  Nothing is sent yet, so it cannot be refused."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    endpoint_of(sock).label = name
    return UdpPeer(sock, name, address)


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((_LOCALHOST, 0))
    return sock

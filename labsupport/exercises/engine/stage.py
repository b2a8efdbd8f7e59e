"""Where the script of a case stands: it makes the connections of the other side, and waits for the learner's."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar

from labsupport.exercises import peers
from labsupport.exercises.peers import Peer, UdpPeer, Unmet
from labsupport.exercises.peers.lockstep import End, Feeder, fed
from labsupport.tape.events import Call, Sync, clock
from labsupport.tape.programs import Owner, current
from labsupport.tape.record import TAPE
from labsupport.tape.settling import settle
from labsupport.tape.watched import endpoint_of

from .case import ANYTHING, Case
from .clock import Clock, clock_for

__all__ = ["Stage"]

_LOOK: Final = 0.005
#: Where one who listens on every interface is reached from here.
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_AnyPeer = TypeVar("_AnyPeer", Peer, Feeder, UdpPeer)


class Stage:
    """Where a case's script stands: it brings the other side's connections.

    - `returns`, `raises`: what the script wants of the learner's function.
    - `noted`: what the script found out and the tape does not know; a sign reads it in the outcome.
    - `afterwards`: what is to be undone when the case is over, however it ends.
    - `title`, `call`: what is being tried now, where a case tries more than one thing.
    """

    def __init__(self, owner: Owner, begin: int, *, serves: bool) -> None:
        self.returns: object = ANYTHING
        self.raises: type[BaseException] | None = None
        self._owner = owner
        self._begin = begin
        self._serves = serves
        self._learner_left: Callable[[], bool] = lambda: False
        self._answer: object = None
        self.peers: list[Peer | UdpPeer] = []
        self.steps = 0
        self.saw: list[Sync] = []
        self.cleared = threading.Event()  # the learner's program is gone, and its sockets with it
        self.listener: socket.socket | None = None
        self.former: list[socket.socket] = []  # listeners before it, where a server was started again
        self.expected = ""
        self.noted: dict[str, Any] = {}
        self.afterwards = contextlib.ExitStack()
        self.other: Owner | None = None  # whose the other side's calls are
        self.title = ""
        self.call = ""

    @property
    def learner(self) -> Owner:
        """Whose calls are the learner's."""
        return self._owner

    def now(self, case: Case) -> Case:
        """`case` as it stands: what it tries now."""
        return replace(case, title=self.title or case.title, call=self.call or case.call)

    def listen(self) -> socket.socket:
        """The listener of the case, made when it is first asked for; a server's is the learner's."""
        if self.listener is None:
            with self._owner.adopt() if self._serves else contextlib.nullcontext():
                self.listener = peers.listen()
        return self.listener

    @property
    def address(self) -> tuple[str, int]:
        """Where the listener of the case can be reached."""
        local = endpoint_of(self.listen()).local
        assert local is not None  # it listens
        return local

    def accept(self, name: str = "the server") -> Peer:
        """The server's end of the learner's next connection, when the learner's side is at rest."""
        self.expected = "a connection"
        peer = peers.accept(self.listen(), name)
        self.expected = ""
        self.rest()
        return self._enter(peer)

    def connected(
        self, name: str = "the sender", chunks: Iterable[bytes] = (), end: End = "silence"
    ) -> tuple[socket.socket, Feeder]:
        """A connected socket for the learner's code, and its other end: a script's, or one of `chunks` in lock-step."""
        sock, feeder = fed(chunks, end, name=name, learner=self._owner, other=self.other)
        self._enter(feeder)
        return sock, feeder

    def lent(
        self, name: str = "the sender", chunks: Iterable[bytes] = (), end: End = "silence"
    ) -> tuple[socket.socket, Feeder]:
        """The same, but the socket is not the learner's: it stays open when the learner's code has come to its end."""
        sock, feeder = self.connected(name, chunks, end)
        endpoint_of(sock).owner = self.other
        self.afterwards.callback(sock.close)  # the collector would close it before the case is over
        return sock, feeder

    def clock(self, *, stands: bool = False, skips: bool = True) -> Clock:
        """A clock of their own for the learner's programs, until the case is over."""
        return self.afterwards.enter_context(clock_for(self._owner, self._answer, stands=stands, skips=skips))

    @property
    def gone(self) -> bool:
        """The learner's code has come to its end, with all its threads."""
        return self._learner_left()

    def calls(self, *ops: str) -> list[Call]:
        """The learner's calls of these methods so far, oldest first."""
        events = TAPE.events(self._begin)
        mine = [event for event in events if isinstance(event, Call) and event.program.owner is self._owner]
        return [call for call in mine if call.op in ops]

    def until(self, true: Callable[[], bool]) -> bool:
        """Wait until something is true, the learner's code is gone, or patience ends; whether it is true."""
        nap = threading.Event()  # for the eye of `settle`, a thread in an Event's wait() has nothing to do
        deadline = clock() + peers.PATIENCE
        while not true() and not self._learner_left() and clock() < deadline:
            nap.wait(0.001)
        return true()

    def client(self, name: str, keeps: int | None = None) -> Peer:
        """A client of the learner's server, connected while that is at rest, and not before it is again.

        `keeps`: how much its kernel keeps of what it does not read, as in `peers.connect`.
        """
        peer = self._enter(peers.connect(self._served(name), name, keeps=keeps))
        self.rest()
        return peer

    def datagrams(self, name: str = "the server") -> UdpPeer:
        """A server for datagrams, at its own `address`; the learner's client speaks first."""
        with self.other.adopt() if self.other is not None else contextlib.nullcontext():
            peer = peers.datagrams(name)
        return self._enter(peer)

    def bind(self) -> socket.socket:
        """A bound socket for the learner's datagram server."""
        with self._owner.adopt():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.0.0.1", 0))
        return sock

    def datagram_client(self, name: str) -> UdpPeer:
        """A client of the learner's datagram server, when that is at rest."""
        return self._enter(peers.talks_to(self._served(name), name))

    def _served(self, name: str) -> tuple[str, int]:
        """Where the learner's server can be reached, when it is at rest."""
        deadline = clock() + peers.PATIENCE
        while not self._owner.address_known.wait(_LOOK):
            if self._learner_left() or clock() >= deadline:
                raise Unmet(name, "a connection", "no server: nothing listens")
        self.rest()
        assert self._owner.address is not None
        host, port = self._owner.address
        return (_LOOPBACK.get(host, host), port)

    def rest(self, limit: float = 0.5) -> None:
        """Wait until the learner's code has done what it can and waits for somebody else (`limit` seconds at most).

        That it was seen to wait is an order of events too, and belongs in the picture.
        """
        settle(self._begin, limit)
        if self._learner_left():
            self.cleared.wait(peers.PATIENCE)
        self.steps += 1
        last = {
            event.program: event
            for event in TAPE.events(self._begin)
            if isinstance(event, Call) and event.program.owner is self._owner
        }
        for call in last.values():
            self.saw.append(Sync(current(), "saw", call))  # type: ignore[arg-type]  # a key of its own kind
            self.saw[-1].finish()

    def _enter(self, peer: _AnyPeer) -> _AnyPeer:
        peer.learner_left = self._learner_left
        peer.rest = self.rest
        self.peers.append(peer)
        return peer

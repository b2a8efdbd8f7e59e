"""Where the script of a case stands: it makes the connections of the other side, and waits for the learner's."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Final

from labsupport.exercises import peers
from labsupport.exercises.peers import Peer, Unmet
from labsupport.tape.events import Call, Sync, clock
from labsupport.tape.programs import Owner, current
from labsupport.tape.record import TAPE
from labsupport.tape.settling import settle
from labsupport.tape.watched import endpoint_of

from .case import ANYTHING

__all__ = ["Stage"]

_LOOK: Final = 0.005


class Stage:
    """Where a case's script stands: it brings the other side's connections.

    The script says what it wants of the learner's function: `returns`, or `raises`.
    """

    def __init__(self, owner: Owner, begin: int, *, serves: bool) -> None:
        self.returns: object = ANYTHING
        self.raises: type[BaseException] | None = None
        self._owner = owner
        self._begin = begin
        self._serves = serves
        self._learner_left: Callable[[], bool] = lambda: False
        self.peers: list[Peer] = []
        self.steps = 0
        self.saw: list[Sync] = []
        self.cleared = threading.Event()  # the learner's program is gone, and its sockets with it
        self.listener: socket.socket | None = None
        self.expected = ""

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

    def client(self, name: str) -> Peer:
        """A client of the learner's server, connected while that is at rest, and not before it is again."""
        deadline = clock() + peers.PATIENCE
        while not self._owner.address_known.wait(_LOOK):
            if self._learner_left() or clock() >= deadline:
                raise Unmet(name, "a connection", "no server: nothing listens")
        self.rest()
        assert self._owner.address is not None
        host, port = self._owner.address
        peer = self._enter(peers.connect(("127.0.0.1" if host == "0.0.0.0" else host, port), name))
        self.rest()
        return peer

    def rest(self) -> None:
        """Wait until the learner's code has done what it can and waits for somebody else (half a second at most).

        That it was seen to wait is an order of events too, and belongs in the picture.
        """
        settle(self._begin)
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

    def _enter(self, peer: Peer) -> Peer:
        peer.learner_left = self._learner_left
        peer.rest = self.rest
        self.peers.append(peer)
        return peer

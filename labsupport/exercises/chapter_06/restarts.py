"""A server that is started more than once: what a check of `restart_at_once` has in hand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from labsupport.exercises.engine import ANYTHING, Having, Stage
from labsupport.exercises.peers import Unmet
from labsupport.tape.watched import Plain

__all__ = ["Restart", "lived"]

_ANY_PORT: Final = ("127.0.0.1", 0)


class Restart:
    """A server's lives, one after the other, at one address.

    - `listeners`: what it listened with, one for each life; `address`: where.
    - `client_left`: a client of the first life has gone.
    - `clock`: the learner's.  Whoever sleeps has not started at once.
    """

    def __init__(self, stage: Stage) -> None:
        self.listeners: list[socket.socket] = []
        self.address: tuple[str, int] = _ANY_PORT
        self.client_left = threading.Event()
        self.clock = stage.clock()
        self.clock.asleep = self._late
        self._stage = stage
        stage.noted["restart"] = self

    def starts(self, answer: Callable[[Any], Any]) -> socket.socket:
        """The next life: what the learner's function gives, if it listens there; else the case is over."""
        self._stage.returns = _Listens((), self)
        listener = answer(self.address)
        if not _listens(listener, self.address):
            raise _NoListenerError(listener)
        self.address = Plain.getsockname(listener)
        self.listeners.append(listener)
        return listener  # type: ignore[no-any-return]  # it is one

    def is_refused(self) -> None:
        """Its next start is to raise OSError."""
        self._stage.returns, self._stage.raises = ANYTHING, OSError

    def accepts(self, listener: socket.socket) -> socket.socket:
        """The next client's connection; it has been heard and greeted.

        Heard first: else a connection that is reset at once may be told so in connect(), or after it.
        """
        connection, _ = listener.accept()
        connection.sendall(b"hello " + connection.recv(100))
        return connection

    def _late(self) -> None:
        raise Unmet("the server", "its port at once", "a sleep")


def lived(use: Callable[..., object]) -> Callable[..., object]:
    """`use`, which ends where the learner's function gave no listener: then that is what came back."""

    def whole(answer: object, day: Restart) -> object:
        try:
            return use(answer, day)
        except _NoListenerError as error:
            return error.given

    return whole


@dataclass(frozen=True, repr=False)
class _Listens(Having):
    """What is expected.  It is asked when all sockets are closed, so what listened then is known by the day."""

    day: Restart

    def fits(self, value: object) -> bool:
        return any(value is listener for listener in self.day.listeners)

    def __repr__(self) -> str:
        return "a socket that listens at the address"


class _NoListenerError(Exception):
    """The learner's function gave something else."""

    def __init__(self, given: object) -> None:
        super().__init__("no listener")
        self.given = given


def _listens(value: object, address: tuple[str, int]) -> bool:
    if not isinstance(value, socket.socket) or Plain.fileno(value) == -1:
        return False
    try:
        if not Plain.getsockopt(value, socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return False
    except OSError:  # a system without that option
        pass
    host, port = Plain.getsockname(value)[:2]
    return host == address[0] and address[1] in (0, port)

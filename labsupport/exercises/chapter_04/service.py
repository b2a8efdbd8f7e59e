"""What `connect` meets in the check of `connect_with_retry`: a service that fails as a plan says."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from labsupport.exercises import peers
from labsupport.exercises.engine import Having, Stage

__all__ = ["REFUSED", "SILENT", "THERE", "Attempt", "Connected", "Service", "no_name", "reset", "unreachable"]

#: What an attempt may meet, besides an error that is raised as it is.
REFUSED: Final = "refused"  # nobody listens
SILENT: Final = "silent"  # nobody answers: the attempt lasts until its timeout
THERE: Final = "there"  # it is up

Attempt = str | Callable[[], Exception]

#: Seconds that an attempt takes, and one that the kernel gives up by itself (tcp(7), tcp_syn_retries: about 127 s).
_TAKES: Final = 0.01
_KERNEL: Final = 130.0
#: So many refusals are real ones, so that a ladder shows how it goes and not all of it.
_SHOWN: Final = 3


def unreachable() -> OSError:
    """No way leads there."""
    return OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))


def reset() -> OSError:
    """The connection was broken off."""
    return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def no_name() -> OSError:
    """A name without an address: its number is one of getaddrinfo's own."""
    return socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class Service:
    """The service of one case: the `plan` has a line an attempt, the last for ever; after `most` attempts it is there.

    - `attempts`: how many there were; `met`: the errors, in order; `timeouts`: what each attempt had, and how much of
      the deadline was left; `given`: the sockets of those that succeeded; `clock`: the learner's, which stands.
    """

    def __init__(self, stage: Stage, plan: Sequence[Attempt], seconds: float, most: int = 1000) -> None:
        self.plan, self.seconds, self.most = plan, seconds, most
        self.clock = stage.clock(stands=True)
        self.met: list[Exception] = []
        self.timeouts: list[tuple[float | None, float]] = []
        self.given: list[socket.socket] = []
        self._wanted, self._open, self._ready = 0, threading.Event(), threading.Event()
        stage.listener = self._listener = peers.reserve()
        stage.noted["service"] = self

    @property
    def attempts(self) -> int:
        """How many there were."""
        return len(self.timeouts)

    @property
    def left(self) -> float:
        """Seconds until the deadline, as the learner's clock counts."""
        return self.seconds - self.clock.seconds

    @property
    def comes_up_next(self) -> bool:
        """Whether one more attempt would have succeeded."""
        return self.plan[min(self.attempts, len(self.plan) - 1)] is THERE

    def connect(self, address: tuple[str, int], timeout: float | None = None) -> socket.socket:
        """One attempt."""
        what = self.plan[min(self.attempts, len(self.plan) - 1)]
        self.timeouts.append((timeout, self.left))
        try:
            if what is THERE or self.attempts > self.most:
                return self._succeeds(address, timeout)
            self._fails(what, address, timeout)
        except Exception as error:
            self.met.append(error)
            raise
        raise AssertionError(what)

    def play(self, stage: Stage) -> None:
        """The other side: it listens when the plan says so, and accepts."""
        while not self._open.wait(0.002):
            if stage.gone:
                return
        stage.rest()
        self._listener.listen()
        self._ready.set()
        while stage.until(lambda: len(self.given) > len(stage.peers)):
            stage.accept()

    def _succeeds(self, address: tuple[str, int], timeout: float | None) -> socket.socket:
        self._open.set()
        self._ready.wait(peers.PATIENCE)
        self.given.append(socket.create_connection(address, timeout))
        return self.given[-1]

    def _fails(self, what: Attempt, address: tuple[str, int], timeout: float | None) -> None:
        if what is SILENT:
            self.clock.passes(_KERNEL if timeout is None else max(timeout, 0))
            given_up = TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            raise given_up if timeout is None else TimeoutError("timed out")
        self.clock.passes(_TAKES)
        if callable(what):
            raise what()
        if len(self.met) < _SHOWN and not self._open.is_set():
            socket.create_connection(address, timeout)  # nobody listens: it raises
        raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


@dataclass(frozen=True, repr=False)
class Connected(Having):
    """What is expected: the socket of an attempt that succeeded."""

    service: Service

    def fits(self, value: object) -> bool:
        """Whether it is such a one."""
        return any(value is sock for sock in self.service.given)

    def __repr__(self) -> str:
        return "the connected socket that connect() gave"

"""A crowd of clients comes to one design of the service after the other, each in a process of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from labsupport import services
from labsupport.panels.parts.experiment import LIMIT, Experiment
from labsupport.services.program import Program
from labsupport.tape.ending import start_unseen, wait_unseen
from labsupport.tape.events import Address, Event, clock, tick
from labsupport.tape.record import TAPE
from labsupport.tape.selection import belonging
from labsupport.tape.watched import endpoint_of

from .visitors import Visitors

__all__ = ["PATIENCE", "Came", "Crowding"]

#: Seconds after which a design is left, whoever still waits.
PATIENCE: Final = 3.0

_STILL: Final = 0.3  # seconds that the slow client of the ladder leaves the other one waiting
_GRACE: Final = 0.5  # seconds that a service's clients get when it is stopped


@dataclass(frozen=True)
class Came:
    """What came of a crowd with one design, so far or in the end.

    - `waits`: for each of the others the longest that it waited, in seconds; `unanswered`: how many lacked an answer.
    - `slow`: how many slow clients there were.
    - `threads`: how many the service had, `memory`: bytes more than before its first client, both at the most; None
      where the system does not tell.
    - `troubles`: the names of errors that clients got; `over`: nothing more will come.
    """

    waits: tuple[float, ...]
    unanswered: int
    slow: int
    threads: int | None
    memory: int | None
    troubles: frozenset[str]
    over: bool


class Crowding(Experiment):
    """So many `others`, and `slow` ones before them, come to each of these designs of the service (`services.ALL`).

    - `came`: what came of each, so far, as soon as one of the others has come there.
    - `drawn`: for each the events of one slow client and one other.
    - `now`: which design it is with, "" before and after; `trouble`: why it could not go on, or "".
    """

    def __init__(self, designs: Iterable[str], others: int, slow: int) -> None:
        super().__init__(crowd=self._crowd)
        self.designs = tuple(designs)
        self.others, self.slow = others, slow
        self.came: dict[str, Came] = {}
        self.drawn: dict[str, list[Event]] = {}
        self.now = ""
        self.trouble = ""

    def _crowd(self) -> None:
        try:
            for design in self.designs:
                self.now = design
                for step in (self._draw, self._send):
                    if not self.stopped.is_set():
                        step(design)
        except (OSError, RuntimeError) as error:
            self.trouble = "" if self.stopped.is_set() else f"{type(error).__name__}: {error}"
        finally:
            self.now = ""

    # --- the crowd ---

    def _send(self, design: str) -> None:
        with services.ALL[design].program(grace=_GRACE) as program:
            cost, visitors = _Cost(program), Visitors(self.others, self.slow)

            def look(*, over: bool = False) -> bool:
                cost.look()
                if any(one.sock is not None for one in visitors.others):  # else nobody has waited yet
                    self.came[design] = _came(visitors, cost, over=over)
                return not self.stopped.is_set()

            visitors.visit(program.address, PATIENCE, look)
            look(over=True)

    # --- one slow client and one other, for the ladder ---

    def _draw(self, design: str) -> None:
        begin = tick()
        with services.ALL[design].running(grace=_GRACE) as service, socket.socket() as slow, socket.socket() as other:
            for sock, name in ((slow, "slow"), (other, "client")):
                sock.settimeout(LIMIT)
                endpoint_of(sock).label = name
            self.sockets = (slow, other)
            ends = {endpoint_of(sock) for sock in self.sockets}
            self._talk(slow, other, service.address)
        self.sockets = ()
        self.drawn[design] = belonging(TAPE.events(), ends, begin)

    def _talk(self, slow: socket.socket, other: socket.socket, address: Address) -> None:
        """Each in a thread of its own, so that the one's calls do not order the other's."""
        here, answered = threading.Event(), threading.Event()
        threads = [
            threading.Thread(target=_dawdle, args=(slow, address, here, answered), name="panel slow", daemon=True),
            threading.Thread(target=_ask, args=(other, address, here, answered), name="panel client", daemon=True),
        ]
        for thread in threads:
            start_unseen(thread)
        for thread in threads:
            wait_unseen(thread, clock() + LIMIT)


def _dawdle(sock: socket.socket, address: Address, here: threading.Event, answered: threading.Event) -> None:
    """Send half a question, and its other half when the other client has been answered, or has waited."""
    with contextlib.suppress(OSError), sock:  # somebody has stopped it
        sock.connect(address)
        sock.sendall(b"half a ")
        here.set()
        answered.wait(_STILL)
        sock.sendall(b"question\n")
        sock.recv(100)
    here.set()


def _ask(sock: socket.socket, address: Address, here: threading.Event, answered: threading.Event) -> None:
    here.wait(LIMIT)
    with contextlib.suppress(OSError), sock:
        sock.connect(address)
        sock.sendall("héllo\n".encode())
        sock.recv(100)
    answered.set()


class _Cost:
    """What a service's process has taken so far, at the most."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._before = program.memory
        self.threads: int | None = None
        self.memory: int | None = None

    def look(self) -> None:
        """Ask the system."""
        threads, memory = self._program.threads, self._program.memory
        if threads is not None:
            self.threads = max(self.threads or 0, threads)
        if memory is not None and self._before is not None:
            self.memory = max(self.memory or 0, memory - self._before)


def _came(visitors: Visitors, cost: _Cost, *, over: bool) -> Came:
    everybody = (*visitors.slow, *visitors.others)
    return Came(
        tuple(one.wait() for one in visitors.others if one.sock is not None),
        sum(not one.over for one in visitors.others),
        len(visitors.slow),
        cost.threads,
        cost.memory,
        frozenset(one.trouble for one in everybody if one.trouble),
        over,
    )

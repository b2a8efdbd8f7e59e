"""What happens when a button is pressed: programs on real sockets, each in a thread of its own, bounded in time."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

from labsupport.tape.ending import start_unseen, wait_unseen
from labsupport.tape.events import Endpoint, Event, clock, tick
from labsupport.tape.lives import Plain
from labsupport.tape.record import TAPE
from labsupport.tape.selection import belonging

__all__ = ["LIMIT", "Experiment"]

#: Seconds that a call of a program may take at most, and after which an experiment is given up.
LIMIT: Final = 10.0


class Experiment:
    """Some `programs`, by what their threads are called, that talk to each other.

    What they do with sockets is on the tape; how their threads start and end is not.
    - `begin`: the tick at which it was made; `ends`: the sockets whose story belongs to it, added by the programs.
    - `stopped`: set when it is to end soon; `sockets`: those of which a stop wakes whoever waits for them.
    """

    def __init__(self, **programs: Callable[[], None]) -> None:
        self.begin = tick()
        self.ends: list[Endpoint] = []
        self.stopped = threading.Event()
        self.sockets: tuple[Any, ...] = ()
        self._threads = [
            threading.Thread(target=program, name=f"panel {name}", daemon=True) for name, program in programs.items()
        ]

    @property
    def running(self) -> bool:
        """Whether its threads live."""
        return any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Begin; once only."""
        for thread in self._threads:
            start_unseen(thread)

    def stop(self) -> None:
        """End soon, whatever is going on."""
        self.stopped.set()
        for sock in self.sockets:
            with contextlib.suppress(OSError):  # it has no connection, or none any more
                Plain.shutdown(sock, socket.SHUT_RDWR)

    def wait(self, timeout: float = LIMIT) -> bool:
        """Wait until its threads have ended; False when they have not."""
        until = clock() + timeout
        for thread in self._threads:
            if thread.ident is not None:
                wait_unseen(thread, until)
        return not self.running

    def events(self) -> list[Event]:
        """What it has left on the tape so far."""
        return belonging(TAPE.events(), set(self.ends), self.begin)

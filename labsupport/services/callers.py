"""Many clients in one thread: each an object and a socket in `selectors`, as in the service that is written so."""

from __future__ import annotations

import errno
import math
import os
import selectors
import socket
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, Final

from .protocol import CHUNK, answer

__all__ = ["Callers", "Plan"]

#: Clients that may be on their way in: fewer than a listener's queue has places for (128, unless it asks for more),
#: for Linux drops whom it has no place for, and he tries again a second later (listen(2), tcp(7)).
WINDOW: Final = 64
#: IP_BIND_ADDRESS_NO_PORT(2const): bind() takes an address and leaves the port to connect(); not every Python names it.
_NO_PORT_YET: Final = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)


@dataclass(frozen=True)
class Plan:
    """Who comes, and what they do.

    - `address`: where to; `clients`, `silent`: how many, and how many more come first and say nothing.
    - `rounds`: questions that each asks; `hold`: all stay, and ask when all are there; else each comes, asks and goes.
    - `seconds`: after so long it is over; `each_address`: clients that have one address; 0: half of its ports.

    `ValueError`: a number that makes no sense.
    """

    address: tuple[str, int]
    clients: int
    silent: int = 0
    rounds: int = 1
    hold: bool = True
    seconds: float = 30.0
    each_address: int = 0

    def __post_init__(self) -> None:
        for name, least in (("clients", 1), ("silent", 0), ("rounds", 1), ("each_address", 0)):
            number: object = getattr(self, name)
            if not isinstance(number, int) or number < least:
                raise ValueError(f"{name} is a whole number of at least {least}, not {number!r}")
        if not (self.seconds > 0 and math.isfinite(self.seconds)):
            raise ValueError(f"seconds is a number above 0, not {self.seconds!r}")


class Caller:
    """One client: its socket, its question, and the bytes that are still to come of the answer."""

    __slots__ = ("asked_at", "awaited", "left", "number", "sock")

    def __init__(self, number: int, left: int) -> None:
        self.number, self.left = number, left
        self.awaited = b""
        self.asked_at = 0.0
        self.sock: socket.socket

    def ask(self) -> None:
        """Send a question; it is short, and all before it are answered, so there is room for it."""
        question = f"héllo {self.number}".encode()
        self.awaited = answer(question)
        self.sock.sendall(question + b"\n")

    def hear(self) -> bool:
        """Take what has come; whether the answer is there.  `ValueError`: it is another answer; `EOFError`: the end."""
        got = self.sock.recv(CHUNK)
        if not got:
            raise EOFError("the service ended the connection")
        if not self.awaited or not self.awaited.startswith(got):
            raise ValueError("an answer to another question")
        self.awaited = self.awaited[len(got) :]
        return not self.awaited


class Callers:
    """All clients, in one thread; each asks once on its way in where all are to stay, so that it is known to be in."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.selector = selectors.DefaultSelector()
        silent = [Caller(-number, 0) for number in range(1, plan.silent + 1)]
        each = plan.rounds + plan.hold
        self.to_come = deque([*silent, *(Caller(number, each) for number in range(1, plan.clients + 1))])
        self.coming: set[Caller] = set()
        self.there: list[Caller] = []
        self.connected = self.answered = self.gone = 0
        self.failures: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.begun = self.arrived = time.perf_counter()
        self.each_address = plan.each_address or _ports() // 2

    def go_on(self, until: float) -> bool:
        """Do what there is to do until a time of `perf_counter`; whether all is done."""
        while (now := time.perf_counter()) < until and self.gone < self.plan.clients:
            while self.to_come and len(self.coming) < WINDOW:
                self.come(self.to_come.popleft())
            for key, events in self.selector.select(max(0.0, until - now)):
                self.step(key.data, events)
        return self.gone >= self.plan.clients

    def come(self, caller: Caller) -> None:
        """Begin to connect, without waiting."""
        self.coming.add(caller)
        caller.asked_at = time.perf_counter()
        try:
            caller.sock = socket.socket()
            caller.sock.setblocking(False)
            if part := max(0, caller.number - 1) // self.each_address:
                if sys.platform == "linux":
                    caller.sock.setsockopt(socket.IPPROTO_IP, _NO_PORT_YET, 1)
                caller.sock.bind((f"127.0.0.{1 + part}", 0))
            self.selector.register(caller.sock, EVENT_WRITE, caller)
            failed = caller.sock.connect_ex(self.plan.address)
            if failed not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                raise OSError(failed, os.strerror(failed))  # noqa: TRY301  the same end as where it is told later
        except OSError as error:
            self.drop(caller, error)

    def step(self, caller: Caller, events: int) -> None:
        """Go on with one client that can."""
        if caller.sock.fileno() == -1:  # it was lost when another one of the same select() went on
            return
        try:
            if events & EVENT_WRITE:
                self.enter(caller)
            elif caller.hear():
                self.heard(caller)
        except (OSError, EOFError, ValueError) as error:
            self.drop(caller, error)

    def enter(self, caller: Caller) -> None:
        """It is connected, or knows why not."""
        if failed := caller.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(failed, os.strerror(failed))
        self.selector.modify(caller.sock, EVENT_READ, caller)
        self.connected += 1
        if caller.number > 0:
            caller.ask()
        else:
            self.coming.discard(caller)

    def heard(self, caller: Caller) -> None:
        """It has its answer: the next question, or the end of its visit."""
        arriving = caller in self.coming
        self.coming.discard(caller)
        if not (arriving and self.plan.hold):
            self.latencies.append(time.perf_counter() - caller.asked_at)
        caller.left -= 1
        if arriving and self.plan.hold:
            self.there.append(caller)
            self.all_ask_when_all_are_there()
        elif caller.left:
            caller.asked_at = time.perf_counter()
            caller.ask()
        else:
            self.finish(caller)

    def all_ask_when_all_are_there(self) -> None:
        """Where all stay: the last one has come in, or been lost on the way."""
        if self.there:  # else they have been asking for a while, or nobody has come
            self.arrived = time.perf_counter()
        if not self.plan.hold or len(self.there) + self.gone < self.plan.clients:
            return
        there, self.there = self.there, []
        for caller in there:
            caller.asked_at = time.perf_counter()
            try:
                caller.ask()
            except OSError as error:
                self.drop(caller, error)

    def finish(self, caller: Caller) -> None:
        """It has all its answers; where it does not stay, it goes."""
        self.answered += 1
        self.gone += 1
        if not self.plan.hold:
            self.close(caller)

    def drop(self, caller: Caller, error: Exception) -> None:
        """It has no connection, or not this service's."""
        self.failures[type(error).__name__ if type(error) is not OSError else str(error)] += 1
        self.close(caller)
        done = caller.number > 0 and caller.left == 0  # it stayed, had all its answers, and was then cut
        self.gone += caller.number > 0 and not done
        self.coming.discard(caller)
        if caller in self.there:
            self.there.remove(caller)
        if not done:
            self.all_ask_when_all_are_there()

    def close(self, caller: Caller) -> None:
        """Close its socket, if it has one."""
        if hasattr(caller, "sock"):
            if caller.sock in self.selector.get_map():
                self.selector.unregister(caller.sock)
            caller.sock.close()

    def seen(self, first: int = 0) -> dict[str, Any]:
        """What has been seen so far, with the latencies from the `first` on."""
        now = time.perf_counter()
        arriving = self.arrived - self.begun if self.plan.hold else 0.0
        return {
            "connected": self.connected,
            "answered": self.answered,
            "arriving": arriving,
            "asking": now - self.begun - arriving,
            "failures": dict(self.failures),
            "latencies": [round(latency, 7) for latency in self.latencies[first:]],
        }


def _ports() -> int:
    """Ports that the system gives to the clients of one address, see ip(7); many where it need not be one address."""
    try:
        lowest, highest = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
        return int(highest) - int(lowest) + 1
    except OSError:
        return 2**20

r"""One service, written six ways: a line in, its length and itself in upper case out.

    from labsupport import services

    with services.ALL["selectors"].running() as service:
        with socket.create_connection(service.address) as client:
            client.sendall("héllo\n".encode())
            print(client.recv(100).decode())        # 6 HÉLLO

protocol        what the service says, without a socket; the six share it
one_at_a_time   one client after the other
a_thread_each   a thread for each client
a_pool          a pool of threads: `concurrent.futures`
standard        a thread for each client: `socketserver`
selecting       all clients in one thread: `selectors`
coroutines      a coroutine for each client: `asyncio`
running         a service in a thread of its own, for lessons and tests
script          a service as a program: ``python -m labsupport.services.selecting --port 0``
program         such a program, started from here
costs           what a process costs: its threads and its memory
crowd           many clients (`callers`) in a process of their own (`clients`); how many may be held here (`limits`)
child           what both processes have in common: they end with this one
rooms           a chat room, written twice: everybody waits for the slowest, or nobody for anybody
gathering       the members of a room, and how long they wait for what one of them says

Each of the six is a file to be read, and has one function, ``serve(listener, stop, grace)``: it serves until the socket
`stop` can be read; then it lets nobody new in, gives those who are there `grace` seconds to finish, and cuts the rest.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from .program import Program
from .running import Running, Serve

__all__ = ["ALL", "Program", "Running", "Serve", "Service"]


@dataclass(frozen=True)
class Service:
    """One of the six.

    - `name`: how a picture or a table calls it; `file`: its module in this package.
    - `at_once`: with how many clients it talks at the same time; the next one waits.  None: with all.
    """

    name: str
    file: str
    at_once: int | None = None

    @property
    def module(self) -> ModuleType:
        """The module, imported when it is first asked for."""
        return import_module(f"{__name__}.{self.file}")

    @property
    def serve(self) -> Serve:
        """``serve(listener, stop, grace)``."""
        found: Any = self.module
        return found.serve  # type: ignore[no-any-return]  # the six modules have it

    @property
    def source(self) -> str:
        """The text of its file."""
        return inspect.getsource(self.module)

    def running(self, *, grace: float = 2.0) -> Running:
        """It, in a thread of its own, on a free port of 127.0.0.1."""
        return Running(self.serve, grace=grace)

    def program(self, *, grace: float = 2.0) -> Program:
        """It, in a process of its own, on a free port of 127.0.0.1."""
        return Program(f"{__name__}.{self.file}", grace=grace)


#: The six, by name, the simplest first.
ALL: Final = {
    service.name: service
    for service in (
        Service("one at a time", "one_at_a_time", at_once=1),
        Service("a thread each", "a_thread_each"),
        Service("a pool", "a_pool", at_once=16),
        Service("socketserver", "standard"),
        Service("selectors", "selecting"),
        Service("asyncio", "coroutines"),
    )
}

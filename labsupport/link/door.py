"""A link's listener: it lets clients in and remembers their connections."""

from __future__ import annotations

import errno
import socket
from typing import Any, Final

from labsupport.tape.events import Address
from labsupport.tape.lives import Plain

from .pending import Wait
from .plan import Plan
from .stream import Connection
from .targets import failure, family_of

__all__ = ["StreamDoor"]

#: Connections that may wait for the link.
BACKLOG: Final = 1024
#: Seconds without letting anybody in, when the process has no descriptor left.
PAUSE: Final = 0.1


class StreamDoor:
    """Where clients of a stream link connect."""

    def __init__(self, plan: Plan) -> None:
        family = family_of(plan.target)
        self.plan = plan
        self._sock: Any = Plain(family, socket.SOCK_STREAM)
        try:
            self._sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
            self._sock.listen(BACKLOG)
        except OSError:
            self._sock.close()
            raise
        self._sock.setblocking(False)
        self.address: Address = self._sock.getsockname()[:2]
        self._connections: dict[int, Connection] = {}
        self._number = 0

    def open(self) -> None:
        """Let clients in."""
        if self._sock.fileno() != -1:
            self.plan.carrier.loop.add_reader(self._sock, self._come_in)

    def _come_in(self) -> None:
        while self._sock.fileno() != -1:  # faults may be assigned to a link that another thread closes
            try:
                # accept() would make a watched socket of it
                descriptor, address = self._sock._accept()  # noqa: SLF001  the part of accept() that is the system's
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._pause(error)
                    return
                continue  # this client has left again
            self._welcome(Plain(fileno=descriptor), address[:2])

    def _pause(self, error: OSError) -> None:
        self.plan.error = failure(self.plan.target, error)
        self.plan.carrier.loop.remove_reader(self._sock)
        self.plan.carrier.loop.call_later(PAUSE, self.open)

    def _welcome(self, client: Any, address: Address) -> None:
        number, self._number = self._number, self._number + 1
        try:
            self._connections[number] = Connection(self.plan, number, client, address, self._gone)
        except OSError as error:  # no descriptor is left for the target
            client.close()
            self._pause(error)
            return
        if not self._connections[number].open:
            self._gone(self._connections[number])

    def _gone(self, connection: Connection) -> None:
        self._connections.pop(connection.route.number, None)

    def swap(self, way: str, faults: tuple[Any, ...]) -> None:
        """From now on these faults; what has come already meets the old ones."""
        self._come_in()
        for connection in list(self._connections.values()):
            connection.read_all(way)
        self.plan.faults[way] = faults
        for connection in list(self._connections.values()):
            connection.swap(way)

    def waited_for(self) -> list[Wait]:
        """What the link waits for."""
        return [(self._sock, False), *(sock for one in self._connections.values() for sock in one.waited_for())]

    @property
    def dropped(self) -> int:
        """What the kernel threw away: of a stream nothing."""
        return 0

    @property
    def clients(self) -> int:
        """How many are connected now."""
        return len(self._connections)

    def close(self) -> None:
        """Close everything.  Twice does no harm."""
        if self._sock.fileno() == -1:
            return
        self.plan.carrier.loop.remove_reader(self._sock)
        self._sock.close()
        for connection in list(self._connections.values()):
            connection.end()

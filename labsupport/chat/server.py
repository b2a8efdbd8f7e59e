"""The chat server: a listener, a room, and who is on the way in.

`serve(listener, stop, grace)` has the form of the services (`labsupport.services`), so what runs those runs it too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Final

from labsupport.services.running import QUEUE

from .connection import CHUNK, Connection
from .journal import Journal
from .limits import Limits
from .login import Accounts
from .room import Counts, Room
from .session import Session, State

__all__ = ["Server"]

#: So many are accepted before those who are here have their turn.
_AT_ONCE: Final = 32


class Server:
    """A chat server; one serves once.

    - `accounts`: who may come in.  `context`: its certificate and key (`authority.server_context("localhost")`).
    - `limits`: those of the specification, unless a test or an experiment wants others.
    - `log(line)`: is called with each line of the log, and must not wait: nobody hears anything meanwhile.
    """

    def __init__(
        self,
        accounts: Accounts,
        context: ssl.SSLContext,
        limits: Limits | None = None,
        log: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.limits = limits or Limits()
        self.accounts, self.context = accounts, context
        self.buffer = bytearray(CHUNK)
        self._journal = Journal(log)
        self.room = Room(self.limits, self._journal.note)
        self._here: dict[Connection, None] = {}
        self._alone = asyncio.Event()

    @property
    def counts(self) -> Counts:
        """What it has seen so far."""
        return self.room.counts

    def serve(self, listener: socket.socket, stop: socket.socket, grace: float | None = None) -> None:
        """Serve until `stop` can be read; then tell everybody, and end within `grace` seconds (else `linger`)."""
        asyncio.run(self.serving(listener, stop, grace))

    async def serving(self, listener: socket.socket, stop: socket.socket, grace: float | None = None) -> None:
        """The same, to be awaited where an event loop runs already."""
        loop = asyncio.get_running_loop()
        host, port = listener.getsockname()[:2]
        self.note(f"listening on {host} port {port}")
        server = await loop.create_server(lambda: Connection(self), sock=listener, backlog=_AT_ONCE)
        listener.listen(QUEUE)  # asyncio has made the queue as short as what it accepts at a time
        stop.setblocking(False)
        await loop.sock_recv(stop, 1)
        with contextlib.suppress(NotImplementedError):  # on Windows
            loop.remove_reader(listener)
        for _ in range(4):  # who has been accepted gets its transport; close() would forget it
            await asyncio.sleep(0)
        server.close()
        await self._end(self.limits.linger if grace is None else min(grace, self.limits.linger))
        self._journal.flush()
        self.note(f"stopped; {self.counts}")

    async def _end(self, patience: float) -> None:
        """Everybody gets what waits, and is told; who has not closed after so many seconds is cut off."""
        self.room.close()
        for connection in list(self._here):
            connection.let_go("stopping")
        if not await self._emptied(patience):
            for connection in list(self._here):
                connection.break_off()
            await self._emptied(None)

    async def _emptied(self, patience: float | None) -> bool:
        """Wait until nobody is here, at most so many seconds; whether nobody is."""
        if self._here:
            self._alone.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._alone.wait(), patience)
        return not self._here

    # --- a connection calls these ---

    def note(self, text: str) -> None:
        """Write a line of the log."""
        self._journal.note(text)

    def session(self, label: str, wake: Callable[[], None]) -> Session:
        """A session for a new connection."""
        return Session(self.room, self.accounts, asyncio.get_running_loop().time(), label=label, wake=wake)

    def arrived(self, connection: Connection) -> None:
        """Somebody is at the door; where there are too many, one goes: who is over, else who has waited longest."""
        self._here[connection] = None
        door = [one for one in self._here if one.session.state is not State.IN]
        door.sort(key=lambda one: not one.session.over)
        for one in door[: max(0, len(door) - self.limits.door)]:
            one.make_room("busy")

    def departed(self, connection: Connection) -> None:
        """Somebody has gone."""
        self._here.pop(connection, None)
        if not self._here:
            self._alone.set()

"""A chat room, written twice: what one member says, line by line, all others hear.

`in_turn` sends a line to one member after the other, and waits for each; one who does not read stops the room.
`with_queues` puts it into a queue of each member, which a task of that member's own empties; whose queue is full is
let go.  Otherwise the two are one program, so that a measurement of both shows what that one thing does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from asyncio import StreamReader, StreamWriter
from typing import Final

from labsupport.services.coroutines import serving

__all__ = ["MOST", "in_turn", "with_queues"]

#: So many lines may wait for one member, and so many bytes may a line have.
MOST: Final = 100
LONGEST: Final = 65_536
#: Bytes for which the kernel is to have room, for each member: few, so that a lesson need not fill megabytes first.
ROOM: Final = 4096


def in_turn(listener: socket.socket, stop: socket.socket, grace: float = 2.0) -> None:
    """A room in which everybody waits for the slowest, until `stop` can be read; then all have `grace` seconds."""
    asyncio.run(_open(listener, stop, grace, Member))


def with_queues(listener: socket.socket, stop: socket.socket, grace: float = 2.0) -> None:
    """A room in which nobody waits for anybody, until `stop` can be read; then all have `grace` seconds."""
    asyncio.run(_open(listener, stop, grace, MemberWithQueue))


class Member:
    """One who is told each line at once."""

    def __init__(self, writer: StreamWriter) -> None:
        self.writer = writer
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)

    async def tell(self, line: bytes) -> None:
        """Have this member hear a line."""
        self.writer.write(line)
        with contextlib.suppress(OSError):  # it is gone
            await self.writer.drain()  # whoever says something waits here for one who does not read

    async def leave(self) -> None:
        """It has gone."""
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class MemberWithQueue(Member):
    """One for whom lines wait, `MOST` of them at most."""

    def __init__(self, writer: StreamWriter) -> None:
        super().__init__(writer)
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(MOST)
        self.sending = asyncio.create_task(self._send())

    async def tell(self, line: bytes) -> None:
        """Put a line into its queue; who does not read in time is let go."""
        try:
            self.waiting.put_nowait(line)
        except asyncio.QueueFull:
            self.writer.transport.abort()

    async def leave(self) -> None:
        """It has gone."""
        self.sending.cancel()
        await super().leave()

    async def _send(self) -> None:
        while True:
            await super().tell(await self.waiting.get())


async def _open(listener: socket.socket, stop: socket.socket, grace: float, kind: type[Member]) -> None:
    members: list[Member] = []

    async def attend(reader: StreamReader, writer: StreamWriter) -> None:
        members.append(member := kind(writer))
        await _pass_on(reader, member, members)

    await serving(listener, stop, grace, attend, LONGEST)


async def _pass_on(reader: StreamReader, member: Member, members: list[Member]) -> None:
    """Tell the others what one member says, until it goes."""
    with contextlib.suppress(OSError, ValueError):  # it broke off; a line without an end
        while line := await reader.readline():
            for other in list(members):
                if other is not member:
                    await other.tell(line)
    members.remove(member)
    await member.leave()

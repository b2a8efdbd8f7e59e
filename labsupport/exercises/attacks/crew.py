"""The attackers, all in one process and one event loop: ``python -m labsupport.exercises.attacks.crew``.

Orders: ``("attack", address, waves, speech)``, then ``("go",)`` when it is over.  It says some ten times a second
what it has done: ``("did", {...})``; and ``("gone", {...})`` when all its connections are closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from labsupport.services.limits import raise_files
from labsupport.tape.linger import RESETS
from labsupport.tape.watched import uninstall

from .client import context_for
from .good import understood
from .helpers import orders, say
from .insider import misbehave
from .moves import Attacker, Wave, unpacked
from .speech import Speech
from .target import checked

__all__ = ["Crew", "main"]

#: Attackers on their way in at the same time: fewer than a listener's queue has places for, see listen(2).
_DOORS: Final = 64
#: Attackers from inside at the same time.
_INSIDERS: Final = 64
#: Seconds between two reports, and those that an attacker waits for what it hopes for.
_EVERY: Final = 0.1
_HOPES: Final = 1.0
#: Where they come from on Linux, where all of 127.0.0.0/8 is this machine: a server can tell them from a good client.
_SOURCE: Final = "127.0.0.2"
_ERRORS: Final = (OSError, ssl.SSLError, asyncio.IncompleteReadError)


class Crew:
    """One attack: its connections, and what has come of them (`did`)."""

    def __init__(self, address: tuple[str, int], speech: Speech) -> None:
        self.address = checked(address)
        self.source = _SOURCE if sys.platform == "linux" and address[0].startswith("127.") else ""
        self._speech, tls = speech, speech.tls
        self._over = threading.Event()
        self.did: Counter[str] = Counter(connections=0, refused=0, bytes=0, thrown_out=0, found=0)
        self._context = context_for(tls) if tls else None
        self._host = tls.host if tls else None
        self._doors = asyncio.Semaphore(_DOORS)
        self._all: set[asyncio.Task[None]] = set()

    async def send(self, wave: Wave) -> None:
        """The attackers of a wave, one after the other."""
        await asyncio.sleep(wave.after)
        for _ in range(wave.count):
            self._start(self._attack(wave.attacker))
            await asyncio.sleep(wave.every)

    def begin(self, waves: tuple[Wave, ...]) -> None:
        """All waves at once."""
        for wave in waves:
            self._start(self.send(wave))

    async def go(self) -> None:
        """Leave, all of them, at once."""
        self._over.set()
        while self._all:
            for task in list(self._all):
                task.cancel()
            await asyncio.wait(list(self._all))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._all.add(task)
        task.add_done_callback(self._all.discard)

    async def _attack(self, attacker: Attacker) -> None:
        with contextlib.suppress(*_ERRORS):
            if attacker.inside:
                await self._from_inside(attacker)
            else:
                await self._from_outside(attacker)

    async def _from_outside(self, attacker: Attacker) -> None:
        async with self._doors:
            try:
                sock = await self._connected(attacker)
            except OSError:
                self.did["refused"] += 1
                return
        self.did["connections"] += 1
        await self._converse(sock, attacker)

    async def _from_inside(self, attacker: Attacker) -> None:
        """A login is a blocking function, so this one is done by a thread."""
        self.did["connections"] += 1
        loop = asyncio.get_running_loop()

        def sent(count: int) -> None:
            loop.call_soon_threadsafe(self._sent, count)

        work = functools.partial(misbehave, self.address, self._speech, attacker, self.source, self._over, sent)
        self.did["thrown_out"] += await loop.run_in_executor(None, work)

    def _sent(self, count: int) -> None:
        self.did["bytes"] += count

    async def _connected(self, attacker: Attacker) -> socket.socket:
        sock = socket.socket(socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET)
        try:
            sock.setblocking(False)
            if not attacker.reads:  # before the connection: a window that was offered cannot be taken back
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            if self.source:
                sock.bind((self.source, 0))
            await asyncio.get_running_loop().sock_connect(sock, self.address)
        except BaseException:
            sock.close()
            raise
        return sock

    async def _converse(self, sock: socket.socket, attacker: Attacker) -> None:
        under: dict[str, Any] = {}
        if self._context and attacker.covered:
            under = {"ssl": self._context, "server_hostname": self._host, "ssl_handshake_timeout": 3600}
        try:
            reader, writer = await asyncio.open_connection(sock=sock, **under)
        except BaseException:
            sock.close()
            raise
        ears = asyncio.create_task(self._hear(reader, attacker))
        try:
            await self._talk(writer, attacker)
            await self._linger(attacker, ears)
        finally:
            ears.cancel()
            if attacker.ends == "resets":
                sock_of(writer).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
            writer.transport.abort()  # what is unsent is not waited for

    async def _talk(self, writer: asyncio.StreamWriter, attacker: Attacker) -> None:
        writer.transport.set_write_buffer_limits(0)  # drain() waits until all is sent
        if not attacker.reads:
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # every transport of a stream has it
        for what in attacker.says:
            for _ in range(what.times):
                writer.write(what.data)
                await writer.drain()
                self._sent(len(what.data))
                await asyncio.sleep(what.every)

    async def _linger(self, attacker: Attacker, ears: asyncio.Task[None]) -> None:
        if attacker.hopes:
            await asyncio.wait([ears], timeout=_HOPES)
        if attacker.ends != "stays":
            return
        if not attacker.reads:
            await asyncio.Event().wait()  # until it is told to go
        await asyncio.wait([ears])
        self.did["thrown_out"] += 1

    async def _hear(self, reader: asyncio.StreamReader, attacker: Attacker) -> None:
        """Take what comes until the end, or until it is what was hoped for."""
        last = b""
        with contextlib.suppress(*_ERRORS):
            while attacker.reads and (data := await reader.read(65536)):
                last += data
                if attacker.hopes and attacker.hopes in last:
                    self.did["found"] += 1
                    return
                last = last[-len(attacker.hopes) :] if attacker.hopes else b""


def sock_of(writer: asyncio.StreamWriter) -> Any:
    """The socket under a stream."""
    return writer.get_extra_info("socket")


async def _obey() -> None:
    coming = orders()
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_INSIDERS))
    crew: Crew | None = None
    told: dict[str, int] = {}
    while True:
        while not coming.empty():
            match coming.get():
                case ("attack", address, waves, words):
                    crew = Crew(address, understood(words))
                    crew.begin(unpacked(waves))
                case _ if crew is not None:
                    await crew.go()
                    say("gone", dict(crew.did))
                    crew = None
        if crew is not None and told != (told := dict(crew.did)):
            say("did", told)
        await asyncio.sleep(_EVERY / 2)


def main() -> None:
    """Attack as ordered."""
    uninstall()  # nobody looks at the tape of this process
    raise_files()
    asyncio.run(_obey())


if __name__ == "__main__":
    main()

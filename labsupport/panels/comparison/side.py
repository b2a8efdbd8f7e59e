"""One of two connections that are measured side by side: real sockets, the other end in a thread of its own."""

from __future__ import annotations

import contextlib
import queue
import socket
import statistics
import threading
from collections.abc import Callable
from typing import Any, Final

from labsupport.options import Setting
from labsupport.panels.parts.experiment import LIMIT
from labsupport.tape.events import Event, clock, tick
from labsupport.tape.record import TAPE
from labsupport.tape.selection import belonging
from labsupport.tape.watched import Plain, endpoint_of

from .changes import DEFAULT, Change
from .traffic import ANSWERED, Exchange, Traffic

__all__ = ["PATIENCE", "SPAN", "Side"]

#: Seconds of a trial, if an exchange takes less: what lasts too short is ruled by who runs on which processor.
SPAN: Final = 0.03
#: Seconds before a trial in which nothing is measured, so that the kernel can answer whoever clicks.
PAUSE: Final = 0.02
#: Seconds that a call of the client may take.
PATIENCE: Final = 3.0

_LOCALHOST: Final = "127.0.0.1"


class Side:
    """A connection with this `change` that carries this `traffic`.

    - `times`: the seconds of each trial, first those of a warm-up; `exchanges`: what came of each after the warm-up.
    - `setting`: what the system made of the change; `drawn`: the events of the exchanges for the ladder.

    What is measured is not watched: thousands of calls would push everything else off the tape.
    """

    def __init__(self, change: Change, traffic: Traffic) -> None:
        self.change = change
        self.traffic = traffic
        self.exchanges: list[Exchange] = []
        self.times: list[float] = []
        self.setting: Setting | None = None
        self.drawn: list[Event] = []
        self._stopped = threading.Event()
        self._client: Any = None
        self._here: set[Any] = set()
        self._accepted: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._reports: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()

    # --- the thread of the end that answers ---

    def serve(self) -> None:
        """Read and answer what comes over one connection after the other, until there is no more."""
        while (sock := self._accepted.get()) is not None:
            self._reports.put(self._answer(sock))

    def _answer(self, sock: Any) -> tuple[int, str]:
        """Until the client has finished: how many bytes arrived, and the error's name where one came instead."""
        arrived, size = 0, self.traffic.size
        try:
            with sock:
                while data := self._take(sock, size - arrived % size):
                    arrived += len(data)
                    if arrived % size == 0 and not self.traffic.closes:
                        sock.sendall(b"!")
        except OSError as error:
            return arrived, type(error).__name__
        return arrived, ""

    def _take(self, sock: Any, most: int) -> Any:
        if self.traffic.pause and self._stopped.wait(self.traffic.pause):
            return b""
        self.change.repeat("recv", sock)
        return sock.recv(min(most, self.traffic.piece))

    # --- the thread that asks ---

    def draw(self) -> None:
        """Some exchanges for the ladder, on sockets that are watched."""
        begin, client = tick(), self._open(socket.socket)
        endpoint_of(client).label = f"client, {self.change.option if self.change.end else DEFAULT}"
        for _ in range(self.traffic.drawn):
            self._exchange(client)
        if not self.traffic.closes:
            client.close()
            self._report()
        self.drawn = belonging(TAPE.events(), {endpoint_of(client)}, begin)

    def trial(self) -> float:
        """As many exchanges as `SPAN` has room for, and at least one; how long the middle one took, in seconds."""
        self._stopped.wait(PAUSE)
        begun = clock()
        made: list[Exchange] = []
        while not made or (clock() - begun < SPAN and not self._stopped.is_set()):
            made.append(self._unwatched())
        self.exchanges += made if self.times else ()  # the first trial is a warm-up
        self.times.append(statistics.median(one.took for one in made))
        return self.times[-1]

    def _unwatched(self) -> Exchange:
        client = self._client = self._client or self._open(Plain)
        if self.traffic.closes:
            self._client = None
        return self._exchange(client)

    def end(self) -> None:
        """Close what is open, and let the other thread end."""
        self._accepted.put(None)
        for sock in list(self._here):
            sock.close()

    def stop(self) -> None:
        """End soon: wake whoever waits for this connection."""
        self._stopped.set()
        for sock in list(self._here):
            with contextlib.suppress(OSError):  # it has ended by itself
                Plain.shutdown(sock, socket.SHUT_RDWR)

    def _open(self, make: Callable[[], Any]) -> Any:
        with make() as listener:
            listener.bind((_LOCALHOST, 0))
            self._change("listener", listener)
            listener.listen()
            client = make()
            self._here = {client}
            client.settimeout(PATIENCE)
            self._change("client", client)
            client.connect(listener.getsockname())
            # accept() of a plain one would make a watched socket of it
            accepted = Plain(fileno=listener._accept()[0]) if make is Plain else listener.accept()[0]  # noqa: SLF001
        self._here |= {accepted}
        accepted.settimeout(LIMIT)
        self._accepted.put(accepted)
        self._change("answering", accepted)
        if self._stopped.is_set():  # before there was anybody to be woken
            self.stop()
        return client

    def _change(self, end: str, sock: Any) -> None:
        self.setting = self.change.make(end, sock) or self.setting

    def _exchange(self, client: Any) -> Exchange:
        begun = clock()
        self._send(client)
        took = clock() - begun
        arrived, error = self.traffic.size, ""
        if self.traffic.closes:
            client.close()
            took = clock() - begun
            arrived, error = self._report()
        elif not client.recv(1):
            raise ConnectionError("the other end has gone")
        total = clock() - begun
        return Exchange(total if self.traffic.timed == ANSWERED else took, total, arrived, error)

    def _send(self, client: Any) -> None:
        self.change.repeat("writes", client)
        self.traffic.send(client)
        self.change.repeat("writes", client, value=False)

    def _report(self) -> tuple[int, str]:
        return self._reports.get(timeout=LIMIT)

"""What the tests of the tape share: the events of one test, and programs that run beside it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import labsupport  # noqa: F401  installs
from labsupport.tape.events import Call, Event, Note, tick
from labsupport.tape.excerpt import Excerpt
from labsupport.tape.record import TAPE
from labsupport.tape.watched import Plain

__all__ = ["Story", "arrived", "beside", "connected", "listening"]


class Story:
    """What has been written on the tape since the test began."""

    def __init__(self) -> None:
        self._begin = tick()

    @property
    def events(self) -> list[Event]:
        return TAPE.events(self._begin)

    @property
    def excerpt(self) -> Excerpt:
        return Excerpt(self.events)

    def calls(self, role: str | None = None, op: str | None = None) -> list[Call]:
        return self.excerpt.calls(role, op)

    def notes(self) -> list[Note]:
        return [event for event in self.events if isinstance(event, Note)]

    @property
    def last(self) -> Call:
        return self.calls()[-1]


@contextlib.contextmanager
def beside(*functions: Callable[[], object]) -> Iterator[Sequence[threading.Thread]]:
    """Run functions in threads; on the way out wait for them, and raise what the first of them raised."""
    errors: list[BaseException] = []

    def run(function: Callable[[], object]) -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,), daemon=True) for function in functions]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), f"still running: {thread}"
    if errors:
        raise errors[0]


def listening(host: str = "127.0.0.1", **options: Any) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family, **options)
    listener.settimeout(10)
    return listener


@contextlib.contextmanager
def connected() -> Iterator[tuple[socket.socket, socket.socket, socket.socket]]:
    """A listener and the two ends of a connection to it: (listener, client, server)."""
    with listening() as listener, socket.create_connection(listener.getsockname(), timeout=10) as client:
        server, _ = listener.accept()
        server.settimeout(10)
        with server:
            yield listener, client, server


def arrived(sock: socket.socket, length: int = 1) -> None:
    """Wait until so many bytes lie in the receiver's kernel."""
    size = 0
    while size < length:
        size = len(Plain.recv(sock, length, socket.MSG_PEEK))  # not on the tape

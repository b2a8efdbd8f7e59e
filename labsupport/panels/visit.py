"""One client's visit to a server that does wrong: real sockets, in two threads, bounded in time."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from typing import Final

from labsupport import kernel
from labsupport.tape.ending import start_unseen, wait_unseen
from labsupport.tape.events import Call, Event, clock, tick
from labsupport.tape.record import TAPE
from labsupport.tape.selection import belonging
from labsupport.tape.watched import Plain, endpoint_of

from .endings import ending_of
from .misdeeds import LIMIT, Misdeed, Scene
from .outcomes import short

__all__ = ["Found", "Visit"]

#: Seconds that the one recv() afterwards may take.
_ONCE_MORE: Final = 1.0


@dataclass(frozen=True)
class Found:
    """What came of a visit.

    - `ending`: a name of `ENDINGS`; `error`: what was raised, or None; `answer`: what the client returned.
    - `call`: the call in which it ended; `waited`, `took`: seconds in that call, and in all.
    - `state`: what the kernel said of the client's socket then, "" where it does not tell.
    - `once_more`: what another recv() gave or raised, "" if there was none.
    """

    ending: str
    error: OSError | None
    answer: bytes
    call: str
    waited: float
    took: float
    state: str
    once_more: str


class Visit:
    """A client with this `timeout` meets a misdeed; `found` is what came of it, None as long as it is not known."""

    def __init__(self, misdeed: Misdeed, timeout: float) -> None:
        self.misdeed = misdeed
        self.scene = Scene(timeout)
        self.found: Found | None = None
        self.begin = tick()
        self._sock: socket.socket | None = None
        self._threads = [
            threading.Thread(target=work, name=f"panel {name}", daemon=True)
            for work, name in ((self._serve, "server"), (self._visit, "client"))
        ]

    @property
    def running(self) -> bool:
        """Whether its threads live."""
        return any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Begin; nothing of the threads themselves is on the tape."""
        for thread in self._threads:
            start_unseen(thread)

    def stop(self) -> None:
        """End soon, whatever is going on."""
        self.scene.end()
        sock = self._sock
        if sock is not None:
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
        return belonging(TAPE.events(), set(self.scene.ends), self.begin)

    # --- the server's thread ---

    def _serve(self) -> None:
        try:
            self.misdeed.server(self.scene)
        except OSError:
            pass  # the client has gone first
        finally:
            self.scene.ready.set()

    # --- the client's thread ---

    def _visit(self) -> None:
        try:
            if self.scene.ready.wait(LIMIT):
                if self.scene.told is not None:
                    self.scene.told.wait(LIMIT)
                with socket.socket() as self._sock:
                    self.scene.ends.append(endpoint_of(self._sock))
                    self._sock.settimeout(self.scene.timeout)
                    self.found = self._meet(self._sock)
        finally:
            self.scene.end()

    def _meet(self, sock: socket.socket) -> Found:
        begun, answer, caught = clock(), b"", None
        try:
            answer = self.misdeed.client(sock, self.scene.address)
        except OSError as error:
            caught = error.with_traceback(None)  # which would hold the socket
        took = clock() - begun
        state = kernel.snapshot(sock).state or ""
        calls = self._calls()
        connected = any(call.op == "connect" and call.error is None for call in calls)
        ending = ending_of(caught, answer, connected=connected)
        last = calls[-1] if calls else None
        op = self.misdeed.call if last is None or (caught and last.error is None) else last.op
        waited = took if last is None or last.ended is None or op != last.op else last.ended - last.started
        if ending == "patience" or self.scene.told is not None:
            self.scene.gave_up.set()
        once_more = _once_more(sock) if connected and self.misdeed.once_more else ""
        return Found(ending, caught, answer, op, waited, took, state, once_more)

    def _calls(self) -> list[Call]:
        mine = self._sock and endpoint_of(self._sock)
        events = [event for event in TAPE.events() if isinstance(event, Call) and event.endpoint is mine]
        return [call for call in events if call.op != "settimeout"]


def _once_more(sock: socket.socket) -> str:
    try:
        sock.settimeout(_ONCE_MORE)
        return short(sock.recv(100))
    except OSError as error:
        return type(error).__name__

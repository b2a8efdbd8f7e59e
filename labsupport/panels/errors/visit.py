"""One client's visit to a server that does wrong: real sockets, in two threads, bounded in time."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final

from labsupport import kernel
from labsupport.panels.parts.endings import ending_of
from labsupport.panels.parts.experiment import LIMIT, Experiment
from labsupport.panels.parts.outcomes import short
from labsupport.tape.events import Call, Endpoint, clock
from labsupport.tape.record import TAPE
from labsupport.tape.watched import endpoint_of

from .misdeeds import Misdeed, Scene

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


class Visit(Experiment):
    """A client with this `timeout` meets a misdeed; `found` is what came of it, None as long as it is not known."""

    def __init__(self, misdeed: Misdeed, timeout: float) -> None:
        super().__init__(server=self._serve, client=self._visit)
        self.misdeed = misdeed
        self.scene = Scene(timeout, self.ends)
        self.found: Found | None = None

    def stop(self) -> None:
        """End soon, whatever is going on."""
        super().stop()
        self.scene.end()

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
                with socket.socket() as sock:
                    self.sockets = (sock,)
                    self.ends.append(endpoint_of(sock))
                    sock.settimeout(self.scene.timeout)
                    self.found = self._meet(sock)
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
        calls = _calls(endpoint_of(sock))
        connected = any(call.op == "connect" and call.error is None for call in calls)
        ending = ending_of(caught, answer, connected=connected)
        last = calls[-1] if calls else None
        op = self.misdeed.call if last is None or (caught and last.error is None) else last.op
        waited = took if last is None or last.ended is None or op != last.op else last.ended - last.started
        if ending == "patience" or self.scene.told is not None:
            self.scene.gave_up.set()
        once_more = _once_more(sock) if connected and self.misdeed.once_more else ""
        return Found(ending, caught, answer, op, waited, took, state, once_more)


def _calls(mine: Endpoint) -> list[Call]:
    events = [event for event in TAPE.events() if isinstance(event, Call) and event.endpoint is mine]
    return [call for call in events if call.op != "settimeout"]


def _once_more(sock: socket.socket) -> str:
    try:
        sock.settimeout(_ONCE_MORE)
        return short(sock.recv(100))
    except OSError as error:
        return type(error).__name__

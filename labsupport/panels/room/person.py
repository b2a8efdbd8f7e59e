"""Somebody in the panel of the chat: a client with two threads, one that hears and one that speaks."""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from labsupport import chat
from labsupport.chat.client import Client, Gone
from labsupport.chat.messages import Error, FromServer
from labsupport.chat.refusal import Refusal
from labsupport.panels.parts.experiment import Experiment
from labsupport.tape.events import Address, clock
from labsupport.tape.watched import endpoint_of

from .frames_seen import Wire

__all__ = ["PATIENCE", "Heard", "Person", "Place", "kept"]

#: Seconds until somebody must be in, and those for the server's `bye`.
PATIENCE: Final = 3.0
_PARTING: Final = 2.0
#: Seconds after which who hears looks whether it is to end.
_GLANCE: Final = 0.5
#: What is kept of what was heard.
_KEPT: Final = 60

#: What a person has heard: a message of the server, or a sentence about what became of this client.
Heard = FromServer | str


@dataclass(frozen=True)
class Place:
    """Where a chat is: its `address`, the `key` of a name (KeyError: it has none), and a `context` that trusts it.

    `host`: what its certificate is for.
    """

    address: Address
    key: Callable[[str], bytes]
    context: Callable[[], ssl.SSLContext]
    host: str = "localhost"


class Stranger(Client):
    """A client that shows its socket before it logs in, and that also sends what a client must not send."""

    def __init__(self, made: Callable[[socket.socket], object], *given: Any, **more: Any) -> None:
        self._made = made
        super().__init__(*given, **more)

    def _log_in(self, deadline: float) -> None:
        self._made(self._sock)
        super()._log_in(deadline)

    def send(self, data: bytes) -> None:
        """Send these bytes under TLS, whatever they are.

        Raises:
            Gone: the connection is over.
        """
        with self._lock:
            self._channel.send(data)
        self._send()


class Person(Experiment):
    """Somebody called `name`, who comes in at this `place`, and stays until `stop()` or until the server lets go.

    - `heard`: what came, oldest first; `members`: who is in, as far as it knows; `here`: it is in.
    - `wire`: the frames, as they were before they were encrypted.
    """

    def __init__(self, name: str, place: Place) -> None:
        super().__init__(hears=self._hear, speaks=self._speak)
        self.name, self._place = name, place
        self.heard: deque[Heard] = deque(maxlen=_KEPT)
        self.wire = Wire()
        self._client: Stranger | None = None
        self._asked: queue.SimpleQueue[str | bytes | None] = queue.SimpleQueue()

    @property
    def here(self) -> bool:
        """Whether it can say something."""
        return self._client is not None and self.running and not self.stopped.is_set()

    @property
    def members(self) -> list[str]:
        """Who is in, in order."""
        return sorted(self._client.members) if self._client is not None and self.running else []

    def say(self, what: str | bytes) -> bool:
        """Have a line said, or some bytes sent as they are; False where it is not in."""
        if not self.here:
            return False
        self._asked.put(what)
        return True

    def stop(self) -> None:
        """Say bye, and end soon."""
        super().stop()
        self._asked.put(None)

    # --- the thread that hears ---

    def _hear(self) -> None:
        try:
            client = self._connected()
            try:
                self._listen(client)
            finally:
                client.cut()
        except Gone as gone:
            self.heard.append(_over(gone))
        except KeyError:
            self.heard.append("There is no account of this name, so there is no key to log in with.")
        except OSError as error:
            self.heard.append(f"It could not come in: {type(error).__name__}: {error}.")
        finally:
            self._asked.put(None)

    def _connected(self) -> Stranger:
        place = self._place
        context = self.wire.tapped(place.context())
        key = place.key(self.name)
        client = Stranger(self._found, place.address, self.name, key, context, host=place.host, timeout=PATIENCE)
        self._client = client
        self.heard.append("You are in.")
        return client

    def _found(self, sock: socket.socket) -> None:
        end = endpoint_of(sock)
        end.label = chat.shown(self.name)
        self.ends.append(end)

    def _listen(self, client: Stranger) -> None:
        until = None
        while until is None or clock() < until:
            if (message := client.hear(_GLANCE)) is not None:
                self.heard.append(message)
            if self.stopped.is_set() and until is None:
                until = clock() + _PARTING

    # --- the thread that speaks ---

    def _speak(self) -> None:
        while (what := self._asked.get()) is not None:
            client = self._client
            assert client is not None  # only who is in is asked
            try:
                client.say(what) if isinstance(what, str) else client.send(what)
            except Refusal as refusal:
                self.heard.append(f"Your own client does not send it: {refusal.text} ({refusal.code}).")
            except Gone:
                return  # who hears says so
        if self._client is not None:
            with contextlib.suppress(Gone):  # it is over already
                self._client.leave()


def _over(gone: Gone) -> str:
    if gone.code == "bye":
        return "You have left."
    if gone.code == "lost":
        return f"The connection is over: {gone.text}."
    return f"The server has let go of you: {gone.text} ({gone.code})."


def kept(error: Error) -> str:
    """What an error of the server means that does not end the connection."""
    return f"The server refuses it: {error.text} ({error.code}). The connection is kept."

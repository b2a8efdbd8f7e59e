"""A client for programs: it logs in, says lines, and hears what happens."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from .channel import Channel
from .client_session import PATIENCE, ClientSession
from .messages import Bye, Error, FromServer, Joined, Left, Said
from .refusal import Refusal
from .session import State

__all__ = ["Client", "Gone"]

_CHUNK: Final = 16_384
#: Seconds for the server's `bye`.
_PARTING: Final = 5.0
#: Seconds after which a wait looks whether Ctrl-C was pressed: on Windows nothing wakes it.
_GLANCE: Final = 0.5 if sys.platform == "win32" else 3600.0


class Gone(Exception):  # noqa: N818  the end of every conversation, mostly no fault
    """The connection is over: `code` is "bye", "lost", or an error's code; `text` is a sentence for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class Client:
    """Somebody in the room; use it in a `with`, or call its `close()`.

        with Client(address, "Ana", key, authority.client_context()) as ana:
            ana.say("नमस्ते")
            print(ana.hear())

    - `context`: verifies the server, whose certificate is for `host`.  `timeout`: seconds until it must be in.
    - `name`; `members`: the names of those who are in, as far as has been heard.

    One thread hears; any thread may `say`.  Signs of life are sent while somebody hears.  Names and texts are as they
    came: before you print them, `shown` makes them harmless.

    Raises:
        OSError: nobody is there; ssl.SSLCertVerificationError: it is not the server that was meant.
        Gone: the server let it not in.
    """

    def __init__(
        self,
        address: tuple[str, int],
        name: str,
        key: bytes,
        context: ssl.SSLContext,
        *,
        host: str = "localhost",
        timeout: float = PATIENCE,
    ) -> None:
        self._channel = Channel(context, host)
        self._session = ClientSession(name, key, time.monotonic())
        self._heard: deque[FromServer] = deque()
        self._gone: Gone | None = None
        # The first lets one thread after the other touch TLS and the session, the second has the records leave in
        # the order in which they were made, the third lets one thread hear at a time.
        self._lock, self._sending, self._hearing = threading.Lock(), threading.Lock(), threading.RLock()
        self._sock = socket.create_connection(address, timeout)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._sock, selectors.EVENT_READ)
        try:
            self._log_in(time.monotonic() + timeout)
        except BaseException:
            self.cut()
            raise

    def _log_in(self, deadline: float) -> None:
        self._flush()
        while not self._session.listed:
            if self._gone:
                raise self._gone
            if not self._wait(deadline):
                raise TimeoutError("the server has not let it in in time")

    @property
    def name(self) -> str:
        """Who it is."""
        return self._session.name

    @property
    def members(self) -> set[str]:
        """Who is in, as far as has been heard."""
        return set(self._session.members)

    def say(self, text: str) -> None:
        """Say a line; it waits as long as the server's rate asks for.

        Raises:
            Refusal: `bad-text`: this cannot be said.
            Gone: the connection is over.
        """
        with self._lock:
            pause = self._session.wait(time.monotonic())
        time.sleep(pause)
        with self._lock:
            if self._gone or self._session.state is not State.IN:
                raise self._gone or Gone("lost", "the connection is over")
            self._session.say(text, time.monotonic())
        self._send()

    def leave(self) -> None:
        """Say bye; who hears is told when the server has said it too."""
        with self._lock:
            self._session.leave(time.monotonic())
        self._send()

    def hear(self, timeout: float | None = None) -> FromServer | None:
        """The next `Said`, `Joined`, `Left` or `Error`; None if none comes for so many seconds.

        Raises:
            Gone: the connection is over, and all has been heard.
        """
        deadline = time.monotonic() + (3e8 if timeout is None else timeout)
        with self._hearing:
            while not self._heard:
                if self._gone:
                    raise self._gone
                if not self._wait(deadline):
                    return None
            return self._heard.popleft()

    def __iter__(self) -> Iterator[FromServer]:
        """What is heard, until it is over."""
        with contextlib.suppress(Gone):
            while True:
                if (message := self.hear()) is not None:
                    yield message

    def _wait(self, deadline: float) -> bool:
        """Wait for bytes and take them, or for a sign of life to be due; False if the deadline came."""
        now = time.monotonic()
        with self._lock:
            until = min(deadline, self._session.deadline, now + _GLANCE)
        if self._selector.select(max(0.0, until - now)):
            self._receive()
        elif time.monotonic() >= deadline:
            return False
        else:
            self._tend()
        return True

    def _receive(self) -> None:
        try:
            data = self._sock.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self._over("lost", "the connection has ended without a word")
            return
        try:
            with self._lock:
                self._listen(data)
        except Refusal as refusal:
            self._over(refusal.code, f"the server breaks the rules: {refusal.text}")
        except ssl.SSLError as error:
            self._over("lost", f"TLS failed: {error.reason}")
            if not self._channel.secure:
                self._flush()  # the server is told why
                raise
        self._flush()

    def _listen(self, data: bytes) -> None:
        for message in self._session.receive(self._channel.receive(data), time.monotonic()):
            match message:
                case Bye() | Error() if message is self._session.ended:
                    code, text = (message.code, message.text) if isinstance(message, Error) else ("bye", "bye")
                    self._over(code, text)
                case Joined() | Said() | Left() | Error():
                    self._heard.append(message)

    def _tend(self) -> None:
        try:
            with self._lock:
                self._session.due(time.monotonic())
        except Refusal as refusal:
            self._over("lost", refusal.text)
        self._flush()

    def _over(self, code: str, text: str) -> None:
        self._gone = self._gone or Gone(code, text)

    def _send(self) -> None:
        """Send what waits.

        Raises:
            Gone: the connection is over.
        """
        self._flush()
        if self._gone:
            raise self._gone

    def _flush(self) -> None:
        with self._sending:
            with self._lock:
                if self._channel.secure and (frames := self._session.take()):
                    self._channel.send(frames)
                records = self._channel.take()
            try:
                if records:
                    self._sock.sendall(records)
            except OSError:
                pass  # what the server said last may still be there to be heard, and then the end

    def close(self) -> None:
        """Say bye, hear what is still said, and close.  Twice does no harm."""
        with contextlib.suppress(Gone, OSError):
            self.leave()
            with self._hearing:
                until = time.monotonic() + _PARTING
                while self.hear(max(0.0, until - time.monotonic())) is not None:
                    pass
        self.cut()

    def cut(self) -> None:
        """Close without a word."""
        self._over("lost", "this client has closed")
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # wakes who hears
        with self._hearing:
            self._selector.close()
            self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

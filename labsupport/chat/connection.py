"""One connection of the server: a transport of asyncio, the TLS on it, and the session that it carries."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Final, Protocol

from .channel import Channel
from .limits import Limits
from .refusal import Refusal
from .session import Session

__all__ = ["CHUNK", "Connection", "House"]

#: Bytes that are read from one client before it is the next one's turn.
CHUNK: Final = 16_384


class House(Protocol):
    """What a connection asks of its server."""

    limits: Limits
    context: ssl.SSLContext
    buffer: bytearray

    def note(self, text: str) -> None:
        """Write a line of the log."""

    def session(self, label: str, wake: Callable[[], None]) -> Session:
        """A session for a new connection."""

    def arrived(self, connection: Connection) -> None:
        """The connection is here."""

    def departed(self, connection: Connection) -> None:
        """The connection has ended."""


class Connection(asyncio.BufferedProtocol):
    """Carries bytes between a transport and a session, and calls the session when something is due."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._loop = asyncio.get_running_loop()
        self._channel = Channel(house.context)
        self._paused = self._woken = False

    # --- asyncio calls these ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It has been accepted; the handshake has not begun."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=CHUNK)
        with contextlib.suppress(OSError):  # gone already
            sock: socket.socket = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._house.limits.queue)
            # asyncio does so only where the socket knows its protocol: what accept() gives may not.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = (transport.get_extra_info("peername") or ("somebody who has left", 0))[:2]
        self._label = f"{host} port {port}"
        self.session = self._house.session(self._label, self._wake)
        self._timer = self._loop.call_at(self.session.deadline, self._due)
        self._house.arrived(self)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002  asyncio's signature
        """One buffer serves all: what comes into it is taken out at once."""
        return self._house.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came."""
        if self.session.over:
            return  # not even decrypted
        try:
            text = self._channel.receive(memoryview(self._house.buffer)[:nbytes])
        except ssl.SSLError as error:
            self._house.note(f"{self._label}: TLS failed: {error.reason or 'the peer broke off'}")
            self._part()
            return
        self.session.receive(text, self._loop.time())
        if self._channel.ended:
            self._part()
        else:
            self._flush()

    def eof_received(self) -> None:
        """The client sends no more: so it has closed."""
        self._part()

    def pause_writing(self) -> None:
        """The network takes no more for now."""
        self._paused = True

    def resume_writing(self) -> None:
        """It does again."""
        self._paused = False
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        """It is over."""
        self._timer.cancel()
        self.session.lost(self._loop.time())
        self._house.departed(self)

    # --- what the session wants ---

    def _wake(self) -> None:
        """All that waits after this turn of the loop goes in one piece."""
        if not self._woken:
            self._woken = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._woken = False
        if self.session.cut or (self.session.over and not self._channel.secure):
            self._transport.abort()
        if self._transport.is_closing():
            return
        while self._channel.secure and not self._paused and (frames := self.session.take(CHUNK)):
            self._channel.send(frames)
            self._transport.write(self._channel.take())
        if self.session.over and not self.session.waiting:
            self._channel.close()
        self._transport.write(self._channel.take())
        self._set_timer()

    def _part(self) -> None:
        """The client has gone, or is not to be understood: say the last word of TLS, and close."""
        self.session.lost(self._loop.time())
        self._channel.close()
        self._transport.write(self._channel.take())
        self._transport.close()
        self._set_timer()

    def _set_timer(self) -> None:
        """A deadline that has moved away is looked at when the old one comes."""
        if self.session.deadline < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(self.session.deadline, self._due)

    def _due(self) -> None:
        self.session.due(self._loop.time())
        if self.session.cut:
            self._transport.abort()
        else:
            self._timer = self._loop.call_at(self.session.deadline, self._due)
            self._flush()

    # --- what the server wants ---

    def let_go(self, code: str) -> None:
        """End it for this reason; the client is told, and has `linger` seconds to close."""
        self.session.refuse(Refusal(code), self._loop.time())
        self._flush()

    def make_room(self, code: str) -> None:
        """End it now; the client is told if it can be told at once."""
        self.let_go(code)
        self._transport.close() if self._transport.get_write_buffer_size() == 0 else self._transport.abort()

    def break_off(self) -> None:
        """End it now, whatever waits."""
        self._transport.abort()

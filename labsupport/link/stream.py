"""One connection through a link: two sockets, and a way between them in each direction."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Callable
from typing import Any, Final

from labsupport.tape.events import Address
from labsupport.tape.linger import RESETS
from labsupport.tape.lives import Plain
from labsupport.tape.passages import Route
from labsupport.tape.record import TAPE

from .pending import Wait
from .plan import Plan
from .targets import failure, family_of
from .way import Way

__all__ = ["Connection"]

#: Seconds that a target may take to complete the handshake.
CONNECTING: Final = 5.0


class Connection:
    """A client's connection to the link, and the link's to the target."""

    def __init__(
        self, plan: Plan, number: int, client: Any, address: Address, gone: Callable[[Connection], None]
    ) -> None:
        self.plan = plan
        self.loop = plan.carrier.loop
        self.client = client
        self.target: Any = Plain(family_of(plan.target), socket.SOCK_STREAM)
        self.ways: list[Way] = []
        self._gone = gone
        self.route = Route(plan.owner.name, number, address, client.getsockname()[:2], plan.target, stream=True)
        TAPE.append(self.route)
        self._patience = self.loop.call_later(CONNECTING, self._failed, TimeoutError())
        try:
            self._connect()
        except BaseException:
            self._let_go()
            raise

    @property
    def open(self) -> bool:
        """Whether it still holds its sockets."""
        return self.route.open

    # --- the beginning ---

    def _connect(self) -> None:
        for sock in (self.client, self.target):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = self.target.connect_ex(self.plan.target)
        if code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            self.loop.add_writer(self.target, self._look)
            self._look()  # on loopback it is done by now
        else:
            self._connected(code)

    def _look(self) -> None:
        """Has the target completed the handshake, or refused it?"""
        code = self.target.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        try:
            self.target.getpeername()
        except OSError:
            if not code:
                return
        self.loop.remove_writer(self.target)
        self._connected(code)

    def _connected(self, code: int) -> None:
        if code:
            self._failed(OSError(code, os.strerror(code)))
            return
        self._patience.cancel()
        self.route.local = self.target.getsockname()[:2]
        for name, source, sink in (("up", self.client, self.target), ("down", self.target, self.client)):
            self.ways.append(Way(self, name, source, sink))
        for way in self.ways:
            way.begin()

    def _failed(self, error: OSError) -> None:
        self._patience.cancel()
        self.route.error = self.plan.error = failure(self.plan.target, error)
        self.end()

    def read_all(self, way: str) -> None:
        """Take all that has come this way already."""
        if self.open and not self.ways:
            self._look()
        for one in self.ways:
            if one.name == way:
                one.read_all()

    def swap(self, way: str) -> None:
        """The faults of this way are new."""
        for one in self.ways:
            if one.name == way:
                one.swap()

    def waited_for(self) -> list[Wait]:
        """What it waits for."""
        if not self.ways:
            return [(self.target, True)]
        return [(way.source, False) for way in self.ways if way.reading]

    # --- the end ---

    def ended(self) -> None:
        """One way has come to its end; when both have, nothing is left to do."""
        if all(way.over for way in self.ways):
            self.end()

    def end(self) -> None:
        """Close both sockets: each peer reads b''."""
        for sock in (self.client, self.target):
            with contextlib.suppress(OSError):  # it was never connected, or the peer has reset it
                sock.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):  # what nobody takes would make a RST of the close
                sock.recv_into(self.plan.carrier.view)
        self._let_go()

    def reset(self) -> None:
        """Close both sockets with a RST."""
        for sock in (self.client, self.target):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
        self._let_go()

    def _let_go(self) -> None:
        if not self.open:
            return
        self._patience.cancel()
        for sock in (self.client, self.target):
            self.loop.remove_reader(sock)
            self.loop.remove_writer(sock)
            sock.close()
        self.route.finish()
        for way in self.ways:
            way.forget()
        self._gone(self)

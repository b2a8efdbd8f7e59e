"""An echo of lines with limits that can be switched on, one by one: what the panel of attacks lets strangers at.

`THREADS` threads serve one client each, from its first byte to its last; who comes later waits in a queue.  Each
question costs `COST` seconds of something that all share, as a database would.  So a server as people write them first
can be brought to a halt without burning a core or filling the memory of the machine that it runs on.

``python -m labsupport.panels.attacks.limited`` runs it as a program, until its input ends; see `besieged`.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import selectors
import socket
import ssl
import sys
import threading
import time
from collections import Counter, deque
from typing import Any, Final

from labsupport.services.child import when_input_ends
from labsupport.services.limits import raise_files
from labsupport.services.running import QUEUE
from labsupport.tape.ending import start_unseen, wait_unseen
from labsupport.tape.events import clock
from labsupport.tape.watched import uninstall

from .server_limits import Limits

__all__ = ["COST", "HOST", "THREADS", "Server", "main"]

THREADS: Final = 20
COST: Final = 0.004
#: What the certificate is for.
HOST: Final = "localhost"

_CHUNK: Final = 65_536
_A_DAY: Final = 86_400.0  # seconds; join() takes no infinity


class Refused(Exception):  # noqa: N818  no error of the server: this client is let go of
    """A client has gone beyond a limit."""


class Server:
    """One server with these `limits`; `context`: with its certificate, where there is TLS; `threads`: that serve."""

    def __init__(self, limits: Limits, context: ssl.SSLContext | None = None, threads: int = THREADS) -> None:
        self._limits, self._context, self._threads = limits, context, threads
        self._waiting: queue.SimpleQueue[tuple[Any, str] | None] = queue.SimpleQueue()
        self._here: Counter[str] = Counter()
        self._lock, self._shared = threading.Lock(), threading.Lock()

    def serve(self, listener: socket.socket, stop: socket.socket, grace: float = 0.0) -> None:  # noqa: ARG002  a service's form
        """Serve until `stop` can be read; then let nobody new in, and return when those who are in have gone."""
        threads = [threading.Thread(target=self._work, name="a server's", daemon=True) for _ in range(self._threads)]
        for thread in threads:
            start_unseen(thread)
        with selectors.DefaultSelector() as selector:
            for each in (listener, stop):
                selector.register(each, selectors.EVENT_READ)
            while not any(key.fileobj is stop for key, _ in selector.select()):
                self._let_in(listener)
        listener.close()
        for _ in threads:
            self._waiting.put(None)
        for thread in threads:
            wait_unseen(thread, clock() + _A_DAY)

    # --- who comes in ---

    def _let_in(self, listener: socket.socket) -> None:
        try:
            connection, (host, *_) = listener.accept()
        except OSError:  # it has gone again, or no descriptor is free
            time.sleep(0.01)
            return
        if not self._admitted(host):
            connection.close()
            return
        if self._limits.tls == "accept":  # as a listener that speaks TLS does it: meanwhile nobody is accepted
            self._enter(connection, host)
        else:
            self._waiting.put((connection, host))

    def _enter(self, connection: Any, host: str) -> None:
        try:
            self._waiting.put((self._covered(connection), host))
        except OSError:
            self._left(connection, host)

    def _admitted(self, host: str) -> bool:
        limits = self._limits
        with self._lock:
            full = limits.at_once is not None and self._here.total() >= limits.at_once
            if full or (limits.of_one is not None and self._here[host] >= limits.of_one):
                return False
            self._here[host] += 1
            return True

    def _left(self, connection: Any, host: str) -> None:
        connection.close()
        with self._lock:
            self._here[host] -= 1

    def _covered(self, connection: Any) -> Any:
        """The connection under TLS, after the handshake."""
        assert self._context is not None
        return self._context.wrap_socket(connection, server_side=True)

    # --- who is in ---

    def _work(self) -> None:
        while (one := self._waiting.get()) is not None:
            connection, host = one
            try:
                with contextlib.suppress(OSError, Refused):
                    self._converse(connection)
            finally:
                self._left(connection, host)

    def _converse(self, connection: Any) -> None:
        limits = self._limits
        connection.settimeout(limits.deadline)
        with self._covered(connection) if limits.tls == "thread" else connection as sock:
            client = Client(sock, limits)
            while (question := client.question()) is not None:
                with self._shared:
                    time.sleep(COST)
                client.answer(question)


class Client:
    """One client: what it has sent, and when."""

    def __init__(self, sock: Any, limits: Limits) -> None:
        self._sock, self._limits = sock, limits
        self._pending = bytearray()
        self._searched = 0
        self._asked: deque[float] = deque(maxlen=limits.rate)

    def question(self) -> bytes | None:
        """Its next line; None when it has finished.

        Raises:
            Refused, TimeoutError: it goes beyond a limit.
        """
        ends = time.monotonic() + (self._limits.deadline or 0)
        while (end := self._pending.find(b"\n", self._searched)) < 0:
            self._searched = len(self._pending)
            self._short_enough(self._searched)
            if self._limits.whole:
                self._sock.settimeout(max(0.001, ends - time.monotonic()))
            data = self._sock.recv(_CHUNK)
            if not data:
                return None
            self._count(data.count(b"\n"))
            self._pending += data
            if self._limits.whole and time.monotonic() > ends:
                raise TimeoutError
        self._short_enough(end)
        line = bytes(self._pending[: end + 1])
        del self._pending[: end + 1]
        self._searched = 0
        return line

    def _short_enough(self, size: int) -> None:
        if self._limits.longest is not None and size > self._limits.longest:
            raise Refused

    def _count(self, questions: int) -> None:
        """Before any work is done for them."""
        if self._limits.rate is None:
            return
        now = time.monotonic()
        for _ in range(min(questions, self._limits.rate + 1)):
            if len(self._asked) == self._limits.rate and now - self._asked[0] < 1:
                raise Refused
            self._asked.append(now)

    def answer(self, question: bytes) -> None:
        """Send it back."""
        self._sock.settimeout(self._limits.deadline)
        self._sock.sendall(question)


# --- as a program -------------------------------------------------------------------------------


def main() -> None:
    """Say on the first line of the output where it is and whom to trust, as JSON; serve until the input ends."""
    limits = Limits(**json.loads(sys.argv[1]))
    uninstall()  # nobody looks at the tape of this process
    raise_files()
    when_input_ends(lambda: os._exit(0))
    pem, context = "", None
    if limits.tls:
        from labsupport.tls import Authority

        authority = Authority()  # made here, so that no key leaves this process
        pem, context = authority.pem, authority.server_context(HOST)
    stop, stopper = socket.socketpair()
    with stop, stopper, socket.create_server(("127.0.0.1", 0), backlog=QUEUE) as listener:
        print(json.dumps({"address": listener.getsockname(), "pem": pem}), flush=True)
        Server(limits, context).serve(listener, stop)


if __name__ == "__main__":
    main()

"""A server that holds: limits, deadlines, a maximum, a rate, a login by challenge; a thread for each, of a few."""

from __future__ import annotations

import contextlib
import hmac
import secrets
import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

#: So many connections at once, and so many from one address.
MOST, EACH = 60, 10
#: Bytes of a question; seconds for the handshake and the login, for a whole question, and for taking an answer.
MAXIMUM, DEADLINE = 4096, 0.5
#: Questions of one client within a second.
RATE = 100
#: Wrong logins of one address, after which it is not listened to.
WRONG = 5


class RefusedError(Exception):
    """This client is let go of."""


class Server:
    def __init__(
        self,
        *,
        framed: bool = False,
        context: ssl.SSLContext | None = None,
        key: bytes = b"",
    ) -> None:
        self.framed, self.context, self.key = framed, context, key
        self.here: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.lock = threading.Lock()

    def __call__(self, listener: Any) -> None:
        while True:
            try:
                connection, (host, *_) = listener.accept()
            except OSError:  # gone again, or no descriptor is free
                time.sleep(0.01)
                continue
            if not self.admitted(host):
                connection.close()
                continue
            threading.Thread(target=self.converse, args=(connection, host), daemon=True).start()

    def admitted(self, host: str) -> bool:
        with self.lock:
            if self.here.total() >= MOST or self.here[host] >= EACH or self.wrong[host] >= WRONG:
                return False
            self.here[host] += 1
            return True

    def converse(self, connection: Any, host: str) -> None:
        try:
            with contextlib.suppress(OSError, RefusedError), contextlib.closing(self.covered(connection)) as sock:
                client = Client(sock)
                if self.key:
                    self.log_in(client, host)
                while True:
                    self.answer(client)
        finally:
            with self.lock:
                self.here[host] -= 1

    def covered(self, connection: Any) -> Any:
        connection.settimeout(DEADLINE)
        if self.context is None:
            return connection
        try:
            return self.context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            raise

    def log_in(self, client: Client, host: str) -> None:
        challenge = secrets.token_bytes(16)
        client.say(b"challenge %s\n" % challenge.hex().encode())
        name, _, proof = client.line().partition(b" ")
        if not hmac.compare_digest(proof, hmac.digest(self.key, challenge + name, "sha256").hex().encode()):
            self.wrong[host] += 1
            client.say(b"no\n")
            raise RefusedError
        client.say(b"welcome\n")

    def answer(self, client: Client) -> None:
        question = client.frame() if self.framed else client.line()
        client.count()
        try:
            text = question.decode()
        except UnicodeDecodeError:
            raise RefusedError from None
        if not text.isprintable():
            print(f"refused {text!r}")
            raise RefusedError
        client.say(len(question).to_bytes(4, "big") + question if self.framed else question + b"\n")


class Client:
    """One client: what it has sent, and when it asked."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.pending = b""
        self.asked: deque[float] = deque(maxlen=RATE)

    def count(self) -> None:
        now = time.monotonic()
        if len(self.asked) == RATE and now - self.asked[0] < 1:
            raise RefusedError
        self.asked.append(now)

    def say(self, data: bytes) -> None:
        self.sock.settimeout(DEADLINE)
        self.sock.sendall(data)

    def line(self) -> bytes:
        self.until(lambda: b"\n" in self.pending)
        line, _, self.pending = self.pending.partition(b"\n")
        return line

    def frame(self) -> bytes:
        self.until(lambda: len(self.pending) >= 4)
        size = int.from_bytes(self.pending[:4], "big")
        if size > MAXIMUM:
            raise RefusedError
        self.until(lambda: len(self.pending) >= 4 + size)
        body, self.pending = self.pending[4 : 4 + size], self.pending[4 + size :]
        return body

    def until(self, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not there():
            left = deadline - time.monotonic()
            if left <= 0 or len(self.pending) > MAXIMUM + 4:
                raise RefusedError
            self.sock.settimeout(left)
            data = self.sock.recv(4096)
            if not data:
                raise RefusedError
            self.pending += data

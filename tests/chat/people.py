"""People for the tests of the real server: one who sends what it likes, frame by frame."""

from __future__ import annotations

import json
import socket
import ssl
import struct
from types import TracebackType
from typing import Any, Protocol, Self

from labsupport.chat.login import Accounts, proof

__all__ = ["Stranger", "drop_members"]

PATIENCE = 60.0


class Service(Protocol):
    """What a stranger must know of a service."""

    address: tuple[str, int]
    accounts: Accounts


class Stranger:
    """A TLS connection, and frames on it, made without the code that is tested."""

    def __init__(self, service: Service, context: ssl.SSLContext) -> None:
        self._service = service
        raw = socket.create_connection(service.address, PATIENCE)
        self.sock = context.wrap_socket(raw, server_hostname="localhost")
        self.challenge = self.proof = ""

    def send(self, *messages: dict[str, Any] | bytes) -> None:
        """Send messages, or bodies, in one piece."""
        bodies = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in messages]
        self.sock.sendall(b"".join(struct.pack("!I", len(body)) + body for body in bodies))

    def hear(self) -> dict[str, Any] | None:
        """The next message, or None at the end."""
        head = self._exactly(4)
        if head is None:
            return None
        body = self._exactly(struct.unpack("!I", head)[0])
        assert body is not None
        found: dict[str, Any] = json.loads(body)
        return found

    def until(self, kind: str) -> dict[str, Any]:
        """The next message of this type."""
        while (message := self.hear()) is not None:
            if message["type"] == kind:
                return message
        raise AssertionError(f"no {kind} came, and then the end")

    def rest(self) -> list[dict[str, Any]]:
        """All that still comes."""
        return list(iter(self.hear, None))

    def _exactly(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            try:
                piece = self.sock.recv(count - len(data))
            except ConnectionError:
                piece = b""
            if not piece:
                assert not data, "the connection ended in the middle of a frame"
                return None
            data += piece
        return data

    def greet(self) -> Self:
        """Say hello; the challenge is kept."""
        self.send({"type": "hello", "versions": [1]})
        self.challenge = self.until("challenge")["challenge"]
        return self

    def log_in(self, name: str) -> Self:
        """Come in."""
        self.greet()
        self.proof = proof(self._service.accounts.key(name), self.challenge, name)
        self.send({"type": "login", "name": name, "proof": self.proof})
        while self.until("members")["more"]:
            pass
        return self

    def say(self, text: str) -> None:
        """Say a line."""
        self.send({"type": "say", "text": text})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()


def drop_members(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without who came and who left."""
    return [message for message in messages if message["type"] not in ("joined", "left")]

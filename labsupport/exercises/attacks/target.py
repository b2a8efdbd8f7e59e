"""What an attack may know of the server that it is for: where it is, how clients speak, and one recorded login."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .client import PATIENCE, connected, log_in
from .speech import Speech

__all__ = ["Target", "checked"]


def checked(address: Any) -> tuple[str, int]:
    """`address`, when it is one of this machine's loopback.

    Raises:
        TypeError: it is no `(host, port)`.
        ValueError: it is another machine's, or one that other machines can reach.
    """
    match address:
        case (str(host), int(port)) if not isinstance(port, bool):
            pass
        case _:
            raise TypeError(f"an address is (host, port), such as ('127.0.0.1', 50007), and not {address!r}")
    if host == "localhost":
        host = "127.0.0.1"
    with contextlib.suppress(ValueError):  # a name
        if ipaddress.ip_address(host).is_loopback:
            return host, port
    raise ValueError(
        f"attacks stay on this machine: {host!r} is not its loopback. "
        "Start your server on 127.0.0.1 (or ::1), and give that address"
    )


@dataclass(frozen=True)
class Target:
    """Where an attack goes.

    - `speech`: how clients of the server speak; `address`: where it is.
    - `folder`: an empty folder, in which an attack may leave its mark; it is removed afterwards.
    """

    speech: Speech
    address: tuple[str, int]
    folder: Path

    def recorded_login(self) -> bytes:
        """Log in as the speech's insider does (without one, as the good client); the bytes sent, a question included.

        Raises:
            OSError: the server did not let it in, or did not answer.
        """
        with connected(self.address, self.speech.tls) as sock:
            recorder = _Recorder(sock)
            sock.settimeout(PATIENCE)
            log_in(replace(self.speech, credentials=self.speech.insider or self.speech.credentials), recorder)
            recorder.sendall(self.speech.question)
            sock.recv(1)  # it was let in, as far as an answer shows it
            return bytes(recorder.sent)


class _Recorder:
    """A socket that keeps what is sent through it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.sent = bytearray()

    def sendall(self, data: bytes) -> None:
        self.sent += data
        self._sock.sendall(data)

    def send(self, data: bytes) -> int:
        count = self._sock.send(data)
        self.sent += data[:count]
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

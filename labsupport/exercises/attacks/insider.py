"""An attacker that has been let in: it logs in as anybody does, and then asks too much, or never reads."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Final

from .client import connected, log_in
from .moves import Attacker
from .speech import Speech

__all__ = ["misbehave"]

#: Seconds after which it looks whether it is over.
_LOOK: Final = 0.05
_NOT_YET: Final = (TimeoutError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def misbehave(
    address: tuple[str, int],
    speech: Speech,
    attacker: Attacker,
    source: str,
    over: threading.Event,
    sent: Callable[[int], object],
) -> bool:
    """Log in, then say what `attacker` says, until `over`; whether the server has let go of it before.

    A login waits for answers, so this is a thread's work; `sent(count)` is called for each piece that went out.

    Raises:
        OSError: it was not let in, or its connection broke.
    """
    keeps = None if attacker.reads else 4096
    with connected(address, speech.tls, source=source, keeps=keeps) as sock:
        log_in(speech, sock)
        sock.settimeout(_LOOK)
        for what in attacker.says:
            for _ in range(what.times):
                left = memoryview(what.data)
                while left and not over.is_set():
                    left = left[_went(sock, left, sent) :]
                    if attacker.reads and _ended(sock):
                        return True
                over.wait(what.every)
        while not over.wait(_LOOK):
            if attacker.reads and _ended(sock):
                return True
    return False


def _went(sock: socket.socket, data: memoryview, sent: Callable[[int], object]) -> int:
    """How much of `data` there was room for."""
    try:
        count = sock.send(data)
    except _NOT_YET:
        return 0
    sent(count)
    return count


def _ended(sock: socket.socket) -> bool:
    """Take what has come; whether that was the end."""
    sock.settimeout(0.001)
    try:
        return not sock.recv(65_536)
    except _NOT_YET:
        return False
    finally:
        sock.settimeout(_LOOK)

"""Clients that fall silent in the middle of the TLS handshake."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .attack import Attack
from .client import context_for
from .moves import Attacker, Say, Wave
from .speech import Speech
from .target import Target

__all__ = ["StalledHandshake"]


@dataclass(frozen=True)
class StalledHandshake(Attack):
    """`clients` send the first half of a ClientHello (RFC 9846 section 4.2.2) and nothing more."""

    clients: int = 5

    does: ClassVar[str] = "{clients} stopped in the middle of the TLS handshake"
    cure: ClassVar[str] = (
        "Accept the plain socket, set a timeout, and do the handshake in the worker: "
        "a TLS listener does it inside accept(), where everybody waits for it."
    )
    grows: ClassVar[tuple[str, ...]] = ("clients",)

    def skipped(self, speech: Speech) -> str:
        """It needs TLS."""
        return "" if speech.tls else "There is no handshake: the speech is not over TLS."

    def waves(self, target: Target) -> Iterator[Wave]:
        """All at once."""
        assert target.speech.tls is not None  # else it is skipped
        taken, made = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context_for(target.speech.tls).wrap_bio(taken, made, server_hostname=target.speech.tls.host)
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            hello = made.read()
        yield Wave(Attacker((Say(hello[: len(hello) // 2]),), covered=False), self.clients)

"""What the scripts of several checks do: let a client in as often as it comes, and stand between it and its server."""

from __future__ import annotations

import select
import ssl
import threading
from typing import Final

from labsupport.exercises import peers
from labsupport.exercises.engine import Stage
from labsupport.exercises.peers import Peer
from labsupport.exercises.peers.tls import attempts, shakes_hands
from labsupport.tape.watched import endpoint_of

from .papers import HOST, client_side, issued, server_side

__all__ = ["BANK", "MIDDLE", "Relay", "comes", "label", "visitor", "word"]

BANK: Final = "the bank"
MIDDLE: Final = "the one in the middle"


def label(peer: Peer) -> Peer:
    """Write who it is above its line in the ladder."""
    endpoint_of(peer.sock).label = peer.name
    return peer


def comes(stage: Stage) -> bool:
    """Whether another client comes, before the learner's code has come to its end."""
    listener = stage.listen()
    return stage.until(lambda: bool(select.select([listener], [], [], 0)[0]))


def visitor(stage: Stage, context: ssl.SSLContext, name: str = BANK) -> tuple[Peer, bytes] | None:
    """The first client that says something in TLS, and what it says.  None: the learner's code has gone without.

    One that only looks at the certificate and goes is let go; the next one is awaited.
    """
    while comes(stage):
        peer = label(stage.accept(name))
        if attempts(peer, context) and (said := word(peer)):
            return peer, said
        peer.leaves()
    return None


def word(peer: Peer) -> bytes:
    """What it says next, in one piece; b"" is the end."""
    peer.awaits = "a word"
    said = peer._recv(1024)  # noqa: SLF001  a turn of its own
    peer.awaits = ""
    return said


class Relay:
    """The real server behind the one in the middle, in a thread of its own.

    `passes_on(said)` is what the one in the middle does: it says the same to the server, and gets the answer.
    """

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listener = peers.listen()
        self._thread = threading.Thread(target=self._serve, name=BANK, daemon=True)

    def _serve(self) -> None:
        bank = label(peers.accept(self._listener, BANK))
        if attempts(bank, server_side(issued())) and word(bank):
            bank.says(self._answer)
        bank.leaves()

    def passes_on(self, said: bytes) -> bytes:
        """Connect to the server as any client would, and talk."""
        self._thread.start()
        middle = peers.connect(endpoint_of(self._listener).local or ("", 0), MIDDLE)
        shakes_hands(middle, client_side(), HOST)
        middle.says(said)
        answer = word(middle)
        middle.leaves()
        self._thread.join(peers.PATIENCE)
        self._listener.close()
        return answer

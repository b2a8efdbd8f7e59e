"""A client that sends and reads nothing, until there is room for no more: on its way there, and on the way back."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Stage
from labsupport.exercises.peers import Peer, Unmet
from labsupport.tape.watched import Plain

__all__ = ["sent_until_full"]

_BLOCK: Final = 16_384
#: Seconds in which a program that goes on to read has read something.
_REST: Final = 0.25


def sent_until_full(stage: Stage, peer: Peer, data: bytes) -> int:
    """Send of `data` what there is room for; how many bytes these were.  `Unmet` if there was room for all."""
    patience = peer.sock.gettimeout()
    Plain.settimeout(peer.sock, 0)
    sent, full = 0, False
    while sent < len(data):
        try:
            sent += peer.sock.send(data[sent : sent + _BLOCK])
            full = False
        except BlockingIOError:
            if full:
                break
            stage.rest(_REST)  # now the learner's program has read what it wants to
            full = True
        except OSError as error:
            raise Unmet(peer.name, "a connection that stays", f"{type(error).__name__} in its send()") from None
        stage.steps += 1
    Plain.settimeout(peer.sock, patience)
    if sent == len(data):
        raise Unmet(peer.name, "a send() that waits, for it reads no answer", f"room for all of {sent} bytes")
    return sent

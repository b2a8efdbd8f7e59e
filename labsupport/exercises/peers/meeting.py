"""How a peer and the learner's program meet: who connects, who listens, and who refuses.  All on 127.0.0.1."""

from __future__ import annotations

import socket
from typing import Final

from labsupport.tape.watched import Plain, endpoint_of

from .stream import PATIENCE, Peer, Unmet, patient

__all__ = ["accept", "connect", "listen", "reserve"]

_LOCALHOST: Final = "127.0.0.1"


def connect(address: tuple[str, int], name: str, patience: float = PATIENCE, keeps: int | None = None) -> Peer:
    """A client of the learner's server.  `Unmet` if nobody listens there.

    `keeps`: SO_RCVBUF of its socket, what its kernel keeps of what it does not read; None: as the system has it.
    """
    sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    endpoint_of(sock).label = name
    if keeps is not None:  # before the connection: a window that was offered cannot be taken back
        Plain.setsockopt(sock, socket.SOL_SOCKET, socket.SO_RCVBUF, keeps)
    peer = Peer(sock, name)
    peer.awaits = "a connection"
    patient(sock, patience)
    try:
        sock.connect(address)
    except OSError as error:
        sock.close()
        raise Unmet(name, "a connection", "no answer" if isinstance(error, TimeoutError) else "refused") from None
    peer.awaits = ""
    return peer


def listen() -> socket.socket:
    """A listener on a free port of 127.0.0.1."""
    return socket.create_server((_LOCALHOST, 0))


def reserve() -> socket.socket:
    """A socket that has a port of 127.0.0.1 and does not listen: whoever connects is refused, until it listens."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.bind((_LOCALHOST, 0))
    return sock


def accept(listener: socket.socket, name: str = "the server", patience: float = PATIENCE) -> Peer:
    """A server's end of the connection with the learner's client.  `Unmet` if none comes."""
    Plain.settimeout(listener, patience)
    try:
        sock, _ = listener.accept()
    except OSError:
        raise Unmet(name, "a connection", "none") from None
    patient(sock, patience)
    return Peer(sock, name)

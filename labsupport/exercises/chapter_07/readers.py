"""Clients that read late, or not at all, where there is little room on the way to them."""

from __future__ import annotations

import socket
from typing import Final

from labsupport.exercises.conformance.filling import sent_until_full
from labsupport.exercises.engine import Stage
from labsupport.exercises.peers import Peer
from labsupport.tape.watched import Plain

__all__ = ["MOST", "fills", "numbers", "stands_at", "with_little_room"]

#: More than the kernel's buffers hold here, and a sensible program's.  Who took this much from a client that reads
#: nothing keeps it in memory.
MOST: Final = 524_288
#: Buffers in the kernel, in bytes: on the way to the learner's program large enough for it to read much at once; on
#: the way back, as is what the client keeps, so small that a send() takes a part of that.
_THERE: Final = 32_768
_BACK: Final = 4096
_KEEPS: Final = 16_384


def with_little_room(stage: Stage, name: str) -> Peer:
    """A client of the learner's server; the kernel keeps little of what it does not read."""
    for option, size in ((socket.SO_RCVBUF, _THERE), (socket.SO_SNDBUF, _BACK)):
        Plain.setsockopt(stage.listen(), socket.SOL_SOCKET, option, size)  # which the accepted sockets inherit
    peer = stage.client(name, keeps=_KEEPS)
    Plain.setsockopt(peer.sock, socket.SOL_SOCKET, socket.SO_SNDBUF, _THERE)
    return peer


def numbers(size: int) -> bytes:
    """So many bytes, a number in every eight: what is missing, or comes twice, shows."""
    return b"".join(_line(number) for number in range(size // 8 + 1))[:size]


def stands_at(offset: int, data: bytes) -> bool:
    """Whether the first of these bytes are those of the numbers at `offset`."""
    number, start = divmod(offset, 8)
    return (_line(number) + _line(number + 1))[start:].startswith(data[:8])


def _line(number: int) -> bytes:
    return b"%07d\n" % number


def fills(stage: Stage, peer: Peer) -> bytes:
    """Say numbers and read nothing, until there is room for no more: what was sent.  `Unmet` if room never ends."""
    data = numbers(MOST)
    return data[: sent_until_full(stage, peer, data)]

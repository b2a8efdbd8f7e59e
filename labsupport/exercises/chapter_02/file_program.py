"""The protocol of a file on a socket: the starter, whole answers, and what the check sends."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

from labsupport.exercises.peers import shown

__all__ = ["CHANGED", "ENORMOUS", "FILE", "OLD", "RECV", "SECOND", "SEND", "STARTER", "Held", "framed", "written"]

_HEAD: Final = '''\
import hashlib
import os
import struct
from types import SimpleNamespace


def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        chunk = sock.recv(n - len(data))
        if not chunk:
            raise EOFError(f"the peer finished after {len(data)} of {n} bytes")
        data += chunk
    return data


def send_file(sock, path):
    """Send the length in 8 bytes, big-endian ('!Q'), the file, and its SHA-256 (32 bytes)."""
    '''
_MIDDLE: Final = '''


def recv_file(sock, path):
    """Put one file at path when it is whole and right; else leave all as it was, and raise."""
    '''
_TAIL: Final = """


file_transfer = SimpleNamespace(send_file=send_file, recv_file=recv_file)
"""
#: The bodies of a right answer.
SEND: Final = """\
digest = hashlib.sha256()
with open(path, "rb") as file:
    sock.sendall(struct.pack("!Q", os.path.getsize(path)))
    while chunk := file.read(65536):
        digest.update(chunk)
        sock.sendall(chunk)
sock.sendall(digest.digest())
"""
RECV: Final = """\
(left,) = struct.unpack("!Q", recv_exactly(sock, 8))
digest = hashlib.sha256()
part = path + ".part"
try:
    with open(part, "wb") as file:
        while left:
            chunk = recv_exactly(sock, min(left, 65536))
            digest.update(chunk)
            file.write(chunk)
            left -= len(chunk)
    if recv_exactly(sock, 32) != digest.digest():
        raise ValueError("the file was changed on its way")
    os.replace(part, path)
except BaseException:
    os.remove(part)
    raise
"""

#: The file that is sent, and as it arrives when two bytes were changed; what is at its path before.
FILE: Final = b"\x89PNG\r\n\x1a\n" + b"Kisumu, the lake at dawn, 12 March"
CHANGED: Final = FILE.replace(b"March", b"marsh")
OLD: Final = b"the old file"
SECOND: Final = b"another file"
#: A length that is announced and never meant: more than any machine can address.
ENORMOUS: Final = 2**62


@dataclass(frozen=True)
class Held:
    """What is in a file; None where there is no file."""

    data: bytes | None

    def __repr__(self) -> str:
        return "no file" if self.data is None else f"a file that holds {shown(self.data)}"


def framed(data: bytes) -> bytes:
    """A file as it goes over the socket."""
    return struct.pack("!Q", len(data)) + data + hashlib.sha256(data).digest()


def written(send: str = SEND, recv: str = RECV) -> str:
    """A whole answer: both functions, each with its body."""
    send, recv = (body.strip().replace("\n", "\n    ") for body in (send, recv))
    return _HEAD + send + _MIDDLE + recv + _TAIL


STARTER: Final = written(send="raise NotImplementedError", recv="raise NotImplementedError")

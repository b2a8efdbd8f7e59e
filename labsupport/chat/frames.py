r"""Frames: four bytes of length, big-endian, and so many bytes.  No socket: bytes in, bodies out.

>>> frames = Frames(4096)
>>> list(frames.receive(b"\0\0\0\2{"))
[]
>>> list(frames.receive(b"}\0\0\0\2{}"))
[b'{}', b'{}']
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from .refusal import Refusal

__all__ = ["Frames", "framed"]

_LENGTH: Final = struct.Struct("!I")


class Frames:
    """Takes a stream apart.  It keeps at most one frame that is not complete, and what it was given last."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._data = bytearray()

    def receive(self, data: bytes) -> Iterator[bytes]:
        """The bodies that `data` completes, each when it is asked for.

        A caller that stops asking loses nothing: what is left comes first the next time.

        Raises:
            Refusal: `bad-frame`, as soon as a wrong length is there; the frames before it have been given.  From then
                on nobody knows where a frame begins, so it is raised each time.
        """
        self._data += data
        while len(self._data) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._data)
            if not 1 <= length <= self._maximum:
                del self._data[_LENGTH.size :]
                raise Refusal("bad-frame", f"a frame has from 1 to {self._maximum} bytes, not {length}")
            end = _LENGTH.size + length
            if len(self._data) < end:
                return
            body = bytes(self._data[_LENGTH.size : end])
            del self._data[:end]
            yield body

    def __len__(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._data)


def framed(body: bytes, maximum: int = 4096) -> bytes:
    """The frame with this body.

    Raises:
        ValueError: the body is empty, or longer than `maximum`.
    """
    if not 1 <= len(body) <= maximum:
        raise ValueError(f"a frame has from 1 to {maximum} bytes, not {len(body)}")
    return _LENGTH.pack(len(body)) + body

"""The headers of TLS records among the bytes that go one way: all of TLS that a link understands."""

from __future__ import annotations

from labsupport.tape.passages import Passage
from labsupport.tape.records import HEAD, believable, keep_head, opens
from labsupport.tape.tls import RECORD_HEADER

__all__ = ["Headers"]


class Headers:
    """Follows the records of one way, however the kernels cut them.

    TLS may begin with any read, behind a STARTTLS, and end where what follows is no record.
    """

    def __init__(self) -> None:
        self._next: int | None = None  # where the next record begins, None while there is no TLS
        self._head = bytearray()  # what has come of its head

    def hear(self, passage: Passage, data: bytes | memoryview, at: int) -> None:
        """`data` has come, behind `at` bytes of this way; what of it are heads belongs to `passage`."""
        if self._next is None and opens(data):
            self._next = at
        while self._next is not None:
            place = self._next + len(self._head) - at
            if place >= len(data):
                return
            self._head += data[place : place + HEAD - len(self._head)]
            if len(self._head) < RECORD_HEADER or not self._whole(passage, self._next):
                return

    def _whole(self, passage: Passage, at: int) -> bool:
        """Whether the head that begins at `at` is there; then the next one is waited for."""
        length = believable(self._head)
        if length is None:
            self._next = None
        elif len(self._head) < min(HEAD, RECORD_HEADER + length):
            return False
        else:
            keep_head(passage, at, self._head[: RECORD_HEADER + length])
            self._next = at + RECORD_HEADER + length
        self._head.clear()
        return True

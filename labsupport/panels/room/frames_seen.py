"""The frames of one client of the chat, both ways, in clear."""

from __future__ import annotations

import ssl
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Literal

from labsupport.chat.frames import Frames
from labsupport.chat.refusal import Refusal

__all__ = ["Seen", "Wire"]

#: Frames that are kept, and bytes of each.
_KEPT: Final = 40
_BYTES: Final = 400
#: What is taken to be a frame, however wrong it is.
_MOST: Final = 2**20


@dataclass(frozen=True)
class Seen:
    """A frame: which way it went, its first bytes, its length in all; `whole` is false for what is no frame."""

    way: Literal["sent", "received"]
    data: bytes
    length: int
    whole: bool = True


class Wire:
    """Takes apart what a client's TLS is given, and what it gives: `frames`, oldest first, bounded."""

    def __init__(self) -> None:
        self.frames: deque[Seen] = deque(maxlen=_KEPT)
        self._streams = {way: Frames(_MOST) for way in ("sent", "received")}

    def tapped(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """The same context, whose TLS without a socket also tells this."""
        note = self._note

        class Told(ssl.SSLObject):
            """What `wrap_bio` gives, which tells."""

            def read(self, *given: Any) -> Any:
                data = super().read(*given)
                note("received", data)
                return data

            def write(self, data: Any) -> int:
                note("sent", bytes(data))
                return super().write(data)

        context.sslobject_class = Told
        return context

    def _note(self, way: Literal["sent", "received"], data: bytes) -> None:
        try:
            for body in self._streams[way].receive(data):
                frame = len(body).to_bytes(4, "big") + body
                self.frames.append(Seen(way, frame[:_BYTES], len(frame)))
        except Refusal:  # a length of 0, or absurd: from here on nobody knows where a frame begins
            self.frames.append(Seen(way, data[:_BYTES], len(data), whole=False))

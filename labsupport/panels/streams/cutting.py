"""One line on its way to one reader, through a network that cuts where it is told."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labsupport.faults import Fault, Piece, Place
from labsupport.link import Link
from labsupport.panels.parts.experiment import LIMIT, Experiment
from labsupport.tape.events import Call, clock
from labsupport.tape.record import TAPE
from labsupport.tape.streams import RECEIVING
from labsupport.tape.watched import endpoint_of

from .readers import Came, Reader

__all__ = ["LONGEST", "Cuts", "Trial", "cut", "parse"]

#: Bytes that are sent at most, so that the picture can be looked at.
LONGEST: Final = 80
#: A reader that has been in one call for so many seconds, when all has come, is said to wait.
STILL: Final = 0.5

_LOCALHOST: Final = "127.0.0.1"


def parse(sizes: str) -> tuple[int, ...]:
    """The sizes that somebody has typed, "3, 1" or "3 1"; ValueError, with a sentence, for anything else."""
    words = sizes.replace(",", " ").split()
    if not words:
        raise ValueError("Type the sizes of the pieces, such as 4, or 3, 1, 5. The last goes on to the end.")
    for word in words:
        if not (word.isascii() and word.isdigit()) or not int(word):
            raise ValueError(f"{word!r} is no size: a piece has 1 byte or more. Type whole numbers, such as 3, 1, 5.")
    return tuple(min(int(word), LONGEST) for word in words)


def cut(data: bytes, sizes: Sequence[int]) -> list[bytes]:
    """`data` in pieces of these sizes; the last size goes on to the end."""
    pieces: list[bytes] = []
    while data:
        size = sizes[min(len(pieces), len(sizes) - 1)]
        pieces.append(data[:size])
        data = data[size:]
    return pieces


@dataclass(frozen=True)
class Cuts(Fault):
    """A stream arrives in pieces of these `sizes`, each when the receiver has taken the last, and a `pause` later."""

    sizes: tuple[int, ...]
    pause: float = 0

    not_for_datagrams = "a datagram arrives whole or not at all, so there is nothing to cut"

    def meet(self, piece: Piece, place: Place) -> Iterator[Piece]:
        """Piece by piece.  What is sent here is short, so it comes at once and begins at the first size."""
        if not piece.data:
            yield piece
            return
        place.note(piece, "sliced")
        rest: Piece | None = piece
        for number, part in enumerate(cut(piece.data, self.sizes)):
            assert rest is not None
            head, rest = rest.cut(len(part))
            assert head is not None
            head.gap = 0.02
            head.due += number * self.pause
            yield head
        if rest is not None and rest.end:
            yield rest


class Trial(Experiment):
    """A reader that is sent `data`, by real sockets and a real link.

    `came` is what it got, or None as long as it is not known.
    """

    def __init__(self, reader: Reader, data: bytes, cuts: Cuts) -> None:
        super().__init__(reader=self._serve, sender=self._send)
        self.reader = reader
        self.came: Came | None = None
        self._data = data
        self._cuts = cuts
        self._line: bytes | None = None
        self._trouble = ""
        self._address: tuple[str, int] | None = None
        self._listens, self._returned = threading.Event(), threading.Event()

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """What each recv has given the reader so far: read from the tape."""
        return tuple(call.data for call in self._calls() if call.op in RECEIVING and call.data)

    def _calls(self) -> list[Call]:
        mine = self.ends[0] if self.ends else None
        return [event for event in TAPE.events() if isinstance(event, Call) and event.endpoint is mine]

    # --- the reader's side ---

    def _serve(self) -> None:
        try:
            with socket.create_server((_LOCALHOST, 0)) as listener:
                listener.settimeout(LIMIT)
                self._address = listener.getsockname()
                self._listens.set()
                connection, _ = listener.accept()
                self.ends.append(endpoint_of(connection))
                with connection:
                    connection.settimeout(LIMIT)
                    self._line = self.reader.read(connection)
        except (OSError, EOFError) as error:
            self._trouble = type(error).__name__
        finally:
            self._listens.set()
            self._returned.set()

    # --- the sender's side ---

    def _send(self) -> None:
        with contextlib.suppress(OSError):
            if self._listens.wait(LIMIT) and self._address:
                with (
                    Link(self._address, up=[self._cuts]) as link,
                    socket.create_connection(link.address, timeout=LIMIT) as client,
                ):
                    self._ends_known(client)
                    client.sendall(self._data)
                    returned = self._settled()
                    self.came = Came(self.pieces, self._line if returned else None, self._trouble if returned else "")
        if self.came is None:
            self.came = Came(self.pieces, None, self._trouble or "no connection")

    def _ends_known(self, client: socket.socket) -> None:
        """The reader's end comes first on the list, so wait until it is there."""
        until = clock() + LIMIT
        while not self.ends and not self._returned.wait(0.001) and clock() < until:
            pass
        self.ends.append(endpoint_of(client))

    def _settled(self) -> bool:
        """Wait until the reader has returned, or has all and goes on waiting; whether it has returned."""
        until = clock() + LIMIT
        while not self._returned.wait(0.01) and not self.stopped.is_set() and clock() < until:
            if self.ends[0].received >= len(self._data) and self._waits():
                break
        return self._returned.is_set()

    def _waits(self) -> bool:
        """Whether a call of the reader's has been open for long."""
        last = next((call for call in reversed(self._calls()) if call.open), None)
        return last is not None and clock() - last.started > STILL

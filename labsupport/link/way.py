"""One direction of a connection through a link."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from labsupport import kernel
from labsupport.faults import Dice, Piece
from labsupport.tape.events import clock, tick

from .receiver import Receiver
from .tap import Arrival, Tap
from .track import Track

if TYPE_CHECKING:
    from .stream import Connection

__all__ = ["HELD", "READ", "Way"]

#: Of each way so many bytes may be on their way; until some have been handed on the link reads no more.
HELD: Final = 1_048_576
#: Bytes read at once where there are faults.
READ: Final = 65_536
#: Seconds after which a slice asks again whether the receiver has taken the last: at first, and at most.
ASK: Final = (0.0005, 0.01)


class Way:
    """One direction of a connection: what its source sends goes to its sink."""

    def __init__(self, connection: Connection, name: str, source: Any, sink: Any) -> None:
        self.over = False  # its end has been handed on
        self._connection = connection
        self.name = name
        self.source = source
        self._sink = sink
        self._loop = connection.loop
        self._view = connection.plan.carrier.view
        route, plan = connection.route, connection.plan
        self._tap = Tap(route, name, plan.overheard[name])
        self._track = Track(plan, self._dice, self._deliver, self._turn, stream=True)
        self._out: deque[Piece] = deque()
        self.reading = False
        self._blocked = False  # its sink takes no more for now
        self._finished = False  # its source will send no more
        self._silent: Piece | None = None  # the end that silenced it
        self._handed = 0
        self._handed_at = 0.0
        self._ask = ASK[0]
        near, far = (route.local, route.target) if name == "up" else (route.door, route.client)
        self._receiver = Receiver(far, near)

    def _dice(self, place: int) -> Dice:
        return Dice(self._connection.plan.seed, self._connection.route.number, self.name, place)

    def begin(self) -> None:
        """Let it flow."""
        self.swap()
        self._read_on()

    def swap(self) -> None:
        """The link's faults are new: what comes from now on meets these."""
        if not self._connection.open or self._silent is not None:
            return
        faults = self._connection.plan.faults[self.name]
        self._connection.route.meet(self.name, faults)
        if faults or not self._track.clear:
            self._track.swap(faults)
            self._track.put(self._piece(b"", self._tap.opened()))

    def _piece(self, data: bytes, origin: Arrival, end: str = "") -> Piece:
        piece = Piece(data, origin.passage.offset, clock(), end=end)
        piece.decisions = origin.passage.decisions
        piece.origin = origin
        return piece

    # --- from the source ---

    def _read_on(self) -> None:
        """Read, or do not: as much is held as may be."""
        wanted = self._connection.open and not self._finished and self._tap.held < HELD
        if wanted and self._track.clear and self._out:
            wanted = False
        if wanted != self.reading:
            self.reading = wanted
            if wanted:
                self._loop.add_reader(self.source, self._readable)
            elif self._connection.open:
                self._loop.remove_reader(self.source)

    def read_all(self) -> None:
        """Take all that has come already: it belongs under the faults of this moment."""
        left = kernel.unread(self.source) or 0
        while left > 0 and self.reading:
            left -= max(1, self._readable())

    def _readable(self) -> int:
        """Read once; how much came."""
        clear = self._track.clear and not self._out and self._silent is None
        view = self._view if clear else self._view[:READ]
        try:
            length: int = self.source.recv_into(view)
        except BlockingIOError:
            return 0
        except OSError:
            self._came_to_end("reset")
            return 0
        if not length:
            self._came_to_end("eof")
        elif clear:
            self._pass(view[:length])
        else:
            self._meet(bytes(view[:length]))
        return length

    def _pass(self, data: memoryview) -> None:
        """Hand on at once what no fault concerns."""
        passage = self._tap.passing(data)
        when = tick(), clock()
        try:
            sent = self._sink.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            passage.finish()
            self._connection.reset()
            return
        self._handed += sent
        self._handed_at = when[1]
        if sent:
            self._tap.passed(passage, when, self._handed)
        if sent < len(data):
            rest = self._piece(bytes(data[sent:]), Arrival(self._tap, passage, len(data) - sent))
            rest.at = self._handed
            rest.origin.hold()
            self._out.append(rest)
            self._flush()

    def _meet(self, data: bytes) -> None:
        origin = self._tap.came(data)
        if self._silent is not None:
            origin.hold()
            self._swallow(self._piece(data, origin))
        else:
            self._track.put(self._piece(data, origin))
        self._read_on()

    def _came_to_end(self, end: str) -> None:
        self._finished = True
        self._read_on()
        piece = self._piece(b"", self._tap.ended() if end == "eof" else self._tap.opened(), end)
        if self._silent is not None:
            piece.origin.hold()
            self._swallow(piece)
        else:
            self._track.put(piece)

    # --- to the sink ---

    def _turn(self, piece: Piece) -> float:
        """When a slice may go, as far as is known now."""
        now = clock()
        taken = self._receiver.has_taken(piece.at, self._handed_at) if self._handed >= piece.at else False
        if taken is None:
            return self._handed_at + (piece.gap or 0.0) if self._handed else now
        if taken:
            self._ask = ASK[0]
            return now
        self._ask = min(ASK[1], 2 * self._ask)
        return now + self._ask

    def _deliver(self, piece: Piece) -> None:
        """It has come through the faults."""
        if self._silent is not None:
            self._swallow(piece)
        elif self._connection.open and (piece.data or piece.end):
            self._out.append(piece)
            if not self._blocked:
                self._flush()
        else:
            piece.origin.release()

    def _swallow(self, piece: Piece) -> None:
        assert self._silent is not None
        if self._silent.decisions and not any(one.effect == "silenced" for one in piece.decisions):
            piece.decisions.append(self._silent.decisions[-1]._replace(at=piece.at))
        piece.origin.release()
        self._read_on()

    def _flush(self) -> None:
        """Hand on as much as the sink takes."""
        while self._out and self._connection.open:
            piece = self._out[0]
            if self._silent is not None:
                self._swallow(self._out.popleft())
                continue
            if piece.data and not self._send(piece):
                self._blocked = self._connection.open
                break
            self._out.popleft()
            if piece.end:
                self._hand_on_end(piece)
            piece.origin.release()
        if self._blocked:
            self._loop.add_writer(self._sink, self._writable)
        self._read_on()

    def _writable(self) -> None:
        self._blocked = False
        self._loop.remove_writer(self._sink)
        self._flush()
        self._track.move()

    def _send(self, piece: Piece) -> bool:
        """Whether all of it was taken."""
        when = tick(), clock()
        try:
            sent = self._sink.send(piece.data)
        except BlockingIOError:
            return False
        except OSError:
            self._connection.reset()
            return False
        taken, piece.data = piece.data[:sent], piece.data[sent:]
        piece.origin.delivered(when, piece.at, piece.at + sent, taken if piece.changed else None)
        piece.at += sent
        self._handed += sent
        self._handed_at = when[1]
        return piece.data == b""

    def _hand_on_end(self, piece: Piece) -> None:
        if piece.end == "silenced":
            self._silent = piece
        elif piece.end == "eof":
            piece.origin.delivered((tick(), clock()), piece.at, piece.at)
            with contextlib.suppress(OSError):  # the peer has gone
                self._sink.shutdown(socket.SHUT_WR)
            self.over = True
            self._connection.ended()
        elif piece.end == "closed":
            self._connection.end()
        else:
            self._connection.reset()

    def forget(self) -> None:
        """The connection is over: what is still on its way never arrives."""
        self.over = True
        for piece in self._out:
            piece.origin.release()
        self._out.clear()
        self._track.close()

"""The other side, played by a check: one end of a real connection that keeps its word, or breaks it.

A `Peer` talks like the script of a play: ``ana.says(b"hi")``, ``ana.hears(b"hi")``, ``ana.resets()``.  A line that does
not come true raises `Unmet`, which says who expected what and what came instead: it ends the script, and becomes the
"expected" and "came back" of a verdict.  Nothing waits longer than the peer's patience.

All sockets are on 127.0.0.1 and watched, so that a verdict's ladder shows both sides.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Final

from labsupport.tape.events import Call, Endpoint, clock
from labsupport.tape.linger import RESETS
from labsupport.tape.record import TAPE
from labsupport.tape.streams import RECEIVING
from labsupport.tape.watched import Plain, endpoint_of, live

__all__ = ["END_OF_THE_WAIT", "PATIENCE", "Peer", "Unmet", "patient", "shown"]

#: What a peer awaits that is silent, or says nothing of use: the learner's code is to give up by itself.
END_OF_THE_WAIT: Final = "the end of the wait"
#: Seconds that a peer waits for anything.
PATIENCE: Final = 1.5
#: A learner's timeout up to so many seconds is outlasted by a pause.
_SHORT: Final = 1.1
#: One up to so many seconds is made as short as that: who waits for it would wait too long.
_LONG: Final = 5.0
_SOON: Final = 0.05


def shown(data: bytes, most: int = 40) -> str:
    """Bytes as a learner reads them: all of them, or the beginning and how many there are."""
    return repr(data) if len(data) <= most else f"{data[:most]!r}… ({len(data)} bytes)"


class Unmet(Exception):  # noqa: N818  not an error of ours: what a script found out
    """What a peer was to get did not come: `who`, `expected` and `got`, each to be read in a sentence."""

    def __init__(self, who: str, expected: str, got: str) -> None:
        super().__init__(f"{who} was to get {expected} and got {got}")
        self.who, self.expected, self.got = who, expected, got


class Peer:
    """One end of a connection.

    - `name`: who it is, in sentences and, for a client, above its line in the ladder.
    - `sent`, `heard`: the bytes so far; `awaits`: what it waits for now, to be read after "gets", or "".
    - `steps`: how many lines of its script have come true.
    - `learner_left`, `rest`: whether the learner's program is gone, and a wait until it is at rest; a check sets them.
    """

    def __init__(self, sock: socket.socket, name: str) -> None:
        self.sock = sock
        self.name = name
        self.sent = b""
        self.heard = b""
        self.awaits = ""
        self.steps = 0
        self.learner_left: Callable[[], bool] = lambda: False
        self.rest: Callable[[], None] = lambda: None
        self._learners: Endpoint | None = None

    def says(self, data: bytes) -> None:
        """Send all of `data`.  An error is no news here: the next `hears` meets it."""
        self.sent += data
        with contextlib.suppress(OSError):
            self.sock.sendall(data)

    def hears(self, expected: bytes) -> None:
        """Take as many bytes as `expected` has, in however many pieces.  `Unmet` if they are others, or fewer."""
        got = self._take(len(expected), f"{shown(expected)}")
        if got != expected:
            raise self._unmet(shown(got))
        self._done()

    def hears_the_end(self) -> None:
        """The learner's side finishes: recv() gives b''.  `Unmet` if anything else comes, or nothing."""
        self.awaits = "the end (recv() gives b'')"
        got = self._recv(4096)
        if got:
            raise self._unmet(f"{shown(got)} more")
        self._done()

    def is_hung_up(self) -> None:
        """The learner's side ends the connection, by a close or a reset, whatever it says first.  Else `Unmet`."""
        self.awaits = "the end of the connection"
        try:
            while data := self.sock.recv(4096):
                self.heard += data
        except TimeoutError:
            raise self._unmet("none") from None
        except OSError:
            pass  # a reset is an end too
        self._done()

    def shortens_the_timeout(self) -> None:
        """Where the learner's side has a timeout of some seconds, it is over soon, from its next call on."""
        sock = self._others_socket()
        limit = Plain.gettimeout(sock) if sock is not None else None
        if sock is not None and limit and _SOON < limit <= _LONG:
            with contextlib.suppress(OSError):  # closed meanwhile
                Plain.settimeout(sock, _SOON)

    def pauses(self) -> None:
        """Where the learner's side has a short timeout, say nothing until it is over; else go on at once."""
        other = self._other()
        sock = self._others_socket()
        limit = Plain.gettimeout(sock) if sock is not None else None
        if limit and limit <= _SHORT:
            nap = threading.Event()
            until = clock() + limit + 0.5
            while clock() < until and not self.learner_left() and not self._has_lost_patience(other):
                nap.wait(0.002)
            self.rest()

    def says_in_pieces(self, pieces: Iterable[bytes]) -> None:
        """Send each piece only when the reader has taken all before it and is back for more, so that none can join."""
        for piece in pieces:
            if not self.learner_left():
                self.says(piece)
            self.awaits = f"its {shown(piece)} read"
            if not self._until(self._all_was_taken):
                raise self._unmet("no recv() that took it")
            self._done()
            self.rest()

    def says_at_once(self, *messages: bytes) -> None:
        """Send several messages in one call: a reader gets the second one with the first (pipelining)."""
        self.says(b"".join(messages))

    def says_part_of(self, message: bytes, size: int) -> None:
        """Send the first `size` bytes of `message` and no more; what comes next says how it was cut short."""
        if not 0 <= size < len(message):
            raise ValueError(f"a part of {len(message)} bytes has fewer than that, and not {size}")
        self.says(message[:size])

    def drips(self, data: bytes, every: float = 0.05) -> int:
        """Send a byte each `every` seconds until all are gone or the learner's program is; how many were sent.

        Each byte comes well within a timeout that counts from each call, and `data` is long enough to outlast a
        deadline.
        """
        nap = threading.Event()
        for number in range(len(data)):
            if self.learner_left():
                return number
            self.says(data[number : number + 1])
            self.steps += 1
            nap.wait(every)
        return len(data)

    def is_left(self, why: str = END_OF_THE_WAIT) -> None:
        """Say nothing until the learner's program has come to an end.  `Unmet` if it still waits when patience ends."""
        self.awaits = why
        if not self._until(self.learner_left):
            raise self._unmet("none: your code was still waiting")
        self._done()

    def size_asked(self) -> int:
        """How many bytes the learner's last recv() on this connection asked for at most; 1024 where it did not say."""
        other = self._other()
        for event in reversed(TAPE.events()) if other is not None else ():
            if isinstance(event, Call) and event.endpoint is other and event.op in RECEIVING:
                asked = event.asked[0] if event.asked else None
                return asked if isinstance(asked, int) and 0 < asked <= 65_536 else 1024
        return 1024

    def finishes(self) -> None:
        """Finish sending (a FIN goes out), and go on listening."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def leaves(self) -> None:
        """Close, in the usual way."""
        with contextlib.suppress(OSError):
            self.sock.close()

    def resets(self) -> None:
        """Close with a RST: the other side's recv() raises ConnectionResetError."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
        self.leaves()

    def _take(self, size: int, expected: str) -> bytes:
        self.awaits = expected
        got = b""
        while len(got) < size:
            chunk = self._recv(size - len(got), got)
            if not chunk:
                raise self._unmet(_only(got) + "the end (b'')")
            got += chunk
        return got

    def _recv(self, size: int, before: bytes = b"") -> bytes:
        try:
            got = self.sock.recv(size)
        except TimeoutError:
            raise self._unmet(_only(before) + "nothing more" if before else "nothing") from None
        except ConnectionError:
            raise self._unmet(_only(before) + "a reset") from None
        except OSError as error:
            raise self._unmet(_only(before) + (error.strerror or type(error).__name__)) from None
        self.heard += got
        return got

    def _done(self) -> None:
        self.awaits = ""
        self.steps += 1

    def _unmet(self, got: str) -> Unmet:
        return Unmet(self.name, self.awaits, got)

    def _until(self, true: Callable[[], bool]) -> bool:
        nap = threading.Event()  # for the eye of `settle`, a thread in an Event's wait() has nothing to do
        deadline = clock() + PATIENCE
        while not true():
            if clock() >= deadline or self.learner_left():
                return true()
            nap.wait(0.0005)
        return True

    def _other(self) -> Endpoint | None:
        """The learner's end of this connection."""
        if self._learners is None:
            mine = endpoint_of(self.sock)
            written = (event.endpoint for event in reversed(TAPE.events()) if isinstance(event, Call))
            ends = itertools.chain((end for _, end in live()), written)  # it may be closed already
            self._learners = next((end for end in ends if end.local == mine.peer and end.peer == mine.local), None)
        return self._learners

    def _others_socket(self) -> socket.socket | None:
        other = self._other()
        return next((sock for sock, end in live() if end is other), None)

    def _has_lost_patience(self, other: Endpoint | None) -> bool:
        late = [event for event in TAPE.events() if isinstance(event, Call) and event.endpoint is other and event.error]
        return any(event.error is not None and event.error.type is TimeoutError for event in late)

    def _all_was_taken(self) -> bool:
        other = self._other()
        return other is not None and other.received >= endpoint_of(self.sock).sent


def _only(got: bytes) -> str:
    return f"only {shown(got)}, then " if got else ""


def patient(sock: socket.socket, patience: float) -> None:
    """Wait so long for anything, and send what is said at once; unseen, for it is no part of the story."""
    Plain.settimeout(sock, patience)
    # Else a second small send waits for the ACK of the first, which may be delayed by 40 ms (Nagle).
    Plain.setsockopt(sock, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

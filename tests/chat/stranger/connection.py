"""One client as the server sees it: its state, its buffers, its limits."""

import enum
import selectors
import ssl
from dataclasses import dataclass, field

BURST, RATE = 20, 10.0
LOGIN, IDLE, LINGER = 4.0, 90.0, 2.0
QUEUE = 65536
CHUNK = 16384  # as large as a TLS record may be


class State(enum.Enum):
    """Where a connection is; `HANDSHAKE` and `GONE` are before and after what the specification names."""

    HANDSHAKE = enum.auto()
    GREETING = enum.auto()
    LOGIN = enum.auto()
    IN = enum.auto()
    OVER = enum.auto()
    GONE = enum.auto()


WAITING = frozenset({State.HANDSHAKE, State.GREETING, State.LOGIN})
ALLOWED: dict[State, frozenset[str]] = {
    State.GREETING: frozenset({"hello"}),
    State.LOGIN: frozenset({"login"}),
    State.IN: frozenset({"say", "ping", "bye"}),
}


@dataclass(eq=False)
class Connection:
    """From the TCP connection to its end; `failure` is why nothing more can be sent on it."""

    sock: ssl.SSLSocket
    since: float
    deadline: float
    state: State = State.HANDSHAKE
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    events: int = selectors.EVENT_READ
    failure: str = ""
    name: str = ""
    challenge: bytes = b""
    tokens: float = BURST
    counted: float = 0.0

    def enter(self, name: str, now: float) -> None:
        """From here on it is in."""
        self.state, self.name = State.IN, name
        self.counted, self.deadline = now, now + IDLE

    def spend(self, now: float) -> bool:
        """Whether there was a token."""
        self.tokens = min(BURST, self.tokens + (now - self.counted) * RATE)
        self.counted = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def fail(self, why: str) -> None:
        """The first reason is the one that counts."""
        self.failure = self.failure or why

    def queue(self, frame: bytes) -> None:
        """Waits for the network; fails if too much waits already."""
        if len(self.outgoing) + len(frame) > QUEUE:
            self.flush()
        if self.failure:
            return
        if len(self.outgoing) + len(frame) > QUEUE:
            self.failure = "too-slow"
        else:
            self.outgoing += frame

    def flush(self) -> None:
        """Gives the network what it takes."""
        try:
            while self.outgoing and not self.failure:
                # A send that is tried again must begin with the same bytes: the queue only grows at its end.
                del self.outgoing[: self.sock.send(self.outgoing[:CHUNK])]
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError:
            self.failure = "lost"

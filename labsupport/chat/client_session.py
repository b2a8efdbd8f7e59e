"""One connection as the client sees it: bytes in, messages and bytes out.  No socket; whoever calls tells the time.

The states are those of the specification, seen from the other side:

    GREETING   hello is sent; challenge comes   → LOGIN
    LOGIN      login is sent; welcome comes     → IN
    IN         what happens in the room         → OVER by bye, or by an error that closes
    OVER       nothing
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NoReturn

from .frames import Frames
from .limits import Bucket
from .login import proof
from .messages import (
    Bye,
    Challenge,
    Error,
    FromClient,
    FromServer,
    Hello,
    Joined,
    Left,
    Login,
    Members,
    Ping,
    Pong,
    Said,
    Say,
    Welcome,
    encode,
    from_server,
)
from .refusal import CODES, KEPT, Refusal
from .session import State
from .words import check_text, shown

__all__ = ["EXPECTED", "PACE", "PATIENCE", "PING", "SILENCE", "ClientSession"]

#: What a server may send in each state; of those of `IN`, `members` comes first.
EXPECTED: Final[dict[State, frozenset[type[FromServer]]]] = {
    State.GREETING: frozenset({Challenge, Error}),
    State.LOGIN: frozenset({Welcome, Error}),
    State.IN: frozenset({Members, Joined, Said, Left, Pong, Bye, Error}),
    State.OVER: frozenset(),
}
#: Seconds without a message after which a server is gone, before `welcome`.
PATIENCE: Final = 15.0
#: Seconds of silence after which a client sends a sign of life; and after which the server is gone, once it is in.
PING: Final = 30.0
SILENCE: Final = 75.0
#: Messages at once and messages a second that are safe.
PACE: Final = (10, 8.0)


class ClientSession:
    """The client's side of one connection.

    Whoever carries the bytes sends what `take` gives and calls `receive` with what came, and `due` when `deadline`
    has come.

    - `state`; `members`: the names of those who are in, all of them once `listed` is true.
    - `ended`: the message that ended it (`Bye`, `Error`), or None.
    """

    def __init__(self, name: str, key: bytes, now: float, *, frame: int = 4096) -> None:
        self.state = State.GREETING
        self.name = name
        self.members: set[str] = set()
        self.listed = False
        self.ended: Bye | Error | None = None
        self._key = key
        self._frames = Frames(frame)
        self._outgoing = bytearray()
        self._pace = Bucket(*PACE, now)
        self._sent = self._heard = now
        self._asked: float | None = None  # when the first sign of life was sent that is not answered
        self._last = 0  # number of the last line
        self._send(Hello((1,)))

    def receive(self, data: bytes, now: float) -> Iterator[FromServer]:
        """The messages that `data` completes; once it is in, those of an unknown type are left out.

        Raises:
            Refusal: the server breaks the rules, and is to be left.
        """
        try:
            for body in self._frames.receive(data):
                self._heard, self._asked = now, None
                message = from_server(body)
                self._check(message)
                if message is not None:
                    self._act(message)
                    yield message
                if self.state is State.OVER:
                    return
        except Refusal:
            self.state = State.OVER
            raise

    def _check(self, message: FromServer | None) -> None:
        if message is None:
            if self.state is not State.IN:
                raise Refusal("not-now", f"the server sent an unknown type at {self.state.value!r}")
            return
        kind = type(message).__name__.lower()
        if type(message) not in EXPECTED[self.state]:
            raise Refusal("not-now", f"the server sent {kind} at {self.state.value!r}")
        if self.state is State.IN and not self.listed and not isinstance(message, Members | Error):
            raise Refusal("not-now", f"the server sent {kind} before it had said who is in")

    def _act(self, message: FromServer) -> None:
        match message:
            case Challenge(version, challenge):
                self._log_in(version, challenge)
            case Welcome(name):
                self._come_in(name)
            case Members(names, more):
                self.members.update(names)
                self.listed = not more
            case Joined(name):
                self.members.add(name)
            case Left(name):
                self.members.discard(name)
            case Said(number):
                self._count(number)
            case Bye():
                self._end(message)
            case Error(code) if self.state is not State.IN or code in CODES.keys() - KEPT:
                self._end(message)

    def _log_in(self, version: int, challenge: str) -> None:
        if version != 1:
            raise Refusal("no-version", f"the server chose version {version}, which was not offered")
        self.state = State.LOGIN
        self._send(Login(self.name, proof(self._key, challenge, self.name)))

    def _come_in(self, name: str) -> None:
        if name != self.name:
            raise Refusal("bad-message", f"the server welcomed {shown(name, 64)} in place of {self.name}")
        self.state = State.IN

    def _count(self, number: int) -> None:
        if self._last and number != self._last + 1:
            raise Refusal("bad-message", f"line {number} came after line {self._last}")
        self._last = number

    def _end(self, message: Bye | Error) -> None:
        self.state, self.ended = State.OVER, message

    def say(self, text: str, now: float) -> None:
        """Have a line sent.

        Raises:
            Refusal: `bad-text`; `not-now`, if the client is not in.
        """
        self._only_in()
        self._send(Say(check_text(text)), now)

    def leave(self, now: float) -> None:
        """Say bye, if the client is in; the server's `bye` is the end."""
        if self.state is State.IN:
            self._send(Bye(), now)

    def _only_in(self) -> None:
        if self.state is not State.IN:
            raise Refusal("not-now", f"{self.name} is not in")

    def wait(self, now: float) -> float:
        """Seconds to wait before the next message, so that it does not come too fast; 0: none."""
        return self._pace.wait(now)

    @property
    def deadline(self) -> float:
        """When `due` is to be called, unless something is sent or comes before."""
        if self.state is not State.IN:
            return self._heard + PATIENCE
        if self._asked is None:
            return min(self._sent, self._heard) + PING
        return min(self._sent + PING, self._asked + SILENCE - PING)

    def due(self, now: float) -> None:
        """Send a sign of life, if it is time.

        Raises:
            Refusal: `idle`: nothing has come for too long.
        """
        if now < self.deadline or self.state is State.OVER:
            return
        if self.state is not State.IN:
            self._give_up(PATIENCE)
        if self._asked is None:
            self._asked = now  # and not since it was heard: perhaps nobody listened meanwhile
        elif now >= self._asked + SILENCE - PING:
            self._give_up(SILENCE)
        self._send(Ping(), now)

    def _give_up(self, seconds: float) -> NoReturn:
        self.state = State.OVER
        raise Refusal("idle", f"nothing has come from the server for {seconds:g} s")

    def _send(self, message: FromClient, now: float | None = None) -> None:
        if now is not None:
            self._sent = now
            self._pace.take(now)
        self._outgoing += encode(message)

    def take(self) -> bytes:
        """Bytes to send now; b"" if there are none."""
        taken = bytes(self._outgoing)
        self._outgoing.clear()
        return taken

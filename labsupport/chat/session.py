"""One connection as the server sees it: bytes in, bytes out, and what is due.  No socket; whoever calls tells the time.

The states and what each allows are the specification's:

    GREETING   hello            → LOGIN
    LOGIN      login            → IN
    IN         say, ping, bye   → OVER by bye
    OVER       nothing

A refusal ends in OVER from everywhere; but from IN, `bad-message` and `bad-text` lead back to IN.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

from .frames import Frames
from .limits import Bucket
from .login import Accounts
from .messages import (
    FROM_CLIENT,
    Bye,
    Challenge,
    Error,
    FromClient,
    FromServer,
    Hello,
    Login,
    Ping,
    Pong,
    Say,
    encode,
    from_client,
)
from .refusal import KEPT, Refusal
from .room import Room
from .words import check_name, check_text, shown

__all__ = ["ALLOWED", "VERSIONS", "Session", "State"]

#: The versions that this server speaks.
VERSIONS: Final = (1,)


class State(Enum):
    """How far a connection has come."""

    GREETING = "greeting"
    LOGIN = "login"
    IN = "in"
    OVER = "over"


#: What a client may send in each state.
ALLOWED: Final[dict[State, frozenset[type[FromClient]]]] = {
    State.GREETING: frozenset({Hello}),
    State.LOGIN: frozenset({Login}),
    State.IN: frozenset({Say, Ping, Bye}),
    State.OVER: frozenset(),
}


class Session:
    """The server's side of one connection.

    Whoever carries the bytes calls `receive` with what came, sends what `take` gives, calls `due` when `deadline` has
    come, and `lost` when the connection has ended.  Time is in seconds, of any clock that does not go back.

    - `state`; `name`: who it says it is, "" before it has said so; `why`: what ended it ("bye", "lost", a code).
    - `cut`: the connection is to be broken off, and nothing of what waits is sent.
    - `wake()`: called when there is something to send, or `cut` is set.
    """

    def __init__(
        self,
        room: Room,
        accounts: Accounts,
        now: float,
        *,
        challenge: bytes | None = None,
        label: str = "a client",
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.state = State.GREETING
        self.name = self.why = ""
        self.cut = False
        self._room, self._accounts, self._limits, self._label, self._wake = room, accounts, room.limits, label, wake
        self._challenge = (challenge or secrets.token_bytes(32)).hex()
        self._frames = Frames(self._limits.frame)
        self._tokens = Bucket(self._limits.burst, self._limits.rate, now)
        self._outgoing: deque[bytes] = deque()
        self.waiting = 0
        self._since = now  # of the state's deadline
        room.counts.connections += 1

    @property
    def over(self) -> bool:
        """Whether nothing of the client is heard any more."""
        return self.state is State.OVER

    # --- what comes ---

    def receive(self, data: bytes, now: float) -> None:
        """Bytes came."""
        bodies = self._frames.receive(data)
        try:
            while not self.over and (body := next(bodies, None)) is not None:
                self._take(body, now)
        except Refusal as refusal:
            self.refuse(refusal, now)

    def _take(self, body: bytes, now: float) -> None:
        try:
            if self.state is State.IN:
                self._spend(now)
            self._act(from_client(body), now)
        except Refusal as refusal:
            self.refuse(refusal, now)

    def _spend(self, now: float) -> None:
        self._since = now
        if not self._tokens.take(now):
            raise Refusal("too-fast", f"you send more than {self._limits.rate:g} messages a second")

    def _act(self, message: FromClient | None, now: float) -> None:
        """Do what a message asks for; an unknown one is ignored, once the client is in."""
        if message is not None and type(message) not in ALLOWED[self.state]:
            raise self._not_now(f"{type(message).__name__.lower()} is not for now")
        match message:
            case None if self.state is not State.IN:
                raise self._not_now("this type is not for now")
            case Hello(versions):
                self._greet(versions)
            case Login(name, proof):
                self._let_in(name, proof, now)
            case Say(text):
                self._room.say(self, check_text(text, self._limits.text))
            case Ping():
                self._answer(Pong())
            case Bye():
                self._answer(Bye())
                self._end("bye", now)

    def _not_now(self, what: str) -> Refusal:
        allowed = ", ".join(name for name, kind in FROM_CLIENT.items() if kind in ALLOWED[self.state])
        return Refusal("not-now", f"{what}: a client that is at {self.state.value!r} sends {allowed}")

    def _greet(self, versions: tuple[int, ...]) -> None:
        common = set(versions) & set(VERSIONS)
        if not common:
            raise Refusal("no-version", f"we have no version in common: this server speaks {VERSIONS[0]}")
        self.state = State.LOGIN
        self._answer(Challenge(max(common), self._challenge))

    def _let_in(self, name: str, proof: str, now: float) -> None:
        self.name = name  # for the log, also where it is refused
        check_name(name, self._limits.name)
        if not self._accounts.proved(name, self._challenge, proof):
            raise Refusal("login-refused")
        self.state, self._since = State.IN, now
        self._tokens = Bucket(self._limits.burst, self._limits.rate, now)
        try:
            self._room.enter(self)
        except Refusal:
            self.state = State.LOGIN
            raise

    # --- what ends it ---

    def refuse(self, refusal: Refusal, now: float) -> None:
        """Answer with an error; all but those in `KEPT` end the connection."""
        if self.over:
            return
        self._room.counts.refused[refusal.code] += 1
        self._room.note(f"{self._who()}: {refusal.code}")
        versions = VERSIONS if refusal.code == "no-version" else None
        self._answer(Error(refusal.code, refusal.text, versions))
        if self.state is not State.IN or refusal.code not in KEPT:
            self._end(refusal.code, now)

    def _end(self, why: str, now: float) -> None:
        if not self.over:
            self.state, self.why, self._since = State.OVER, why, now
            self._room.leave(self, why)

    def lost(self, now: float) -> None:
        """The connection has ended."""
        self._end("lost", now)
        self._forget()

    def _cut(self) -> None:
        self.cut = True
        self._forget()
        self._wake()

    def _forget(self) -> None:
        self._outgoing.clear()
        self.waiting = 0

    def _who(self) -> str:
        return f"{self._label}, {shown(self.name, 64)}" if self.name else self._label

    # --- time ---

    @property
    def deadline(self) -> float:
        """When `due` is to be called, unless something comes before."""
        patience = {State.IN: self._limits.idle, State.OVER: self._limits.linger}
        return self._since + patience.get(self.state, self._limits.login)

    def due(self, now: float) -> None:
        """Do what is due by now, if anything is."""
        if now < self.deadline:
            return
        if self.over:
            self._cut()
        else:
            self.refuse(Refusal("idle" if self.state is State.IN else "login-timeout"), now)

    # --- what goes ---

    def tell(self, frame: bytes) -> None:
        """Have a frame wait for this client; where too much waits, it is cut off."""
        if self.over:
            return
        if self.waiting + len(frame) > self._limits.queue:
            self._room.counts.refused["too-slow"] += 1
            self._end("too-slow", self._since)
            self._cut()
            return
        self._outgoing.append(frame)
        self.waiting += len(frame)
        self._wake()

    def _answer(self, message: FromServer) -> None:
        self.tell(encode(message))

    def take(self, most: int = 16_384) -> bytes:
        """Bytes to send now: whole frames, about `most` bytes of them; b"" if none wait."""
        taken: list[bytes] = []
        size = 0
        while self._outgoing and (not taken or size + len(self._outgoing[0]) <= most):
            taken.append(self._outgoing.popleft())
            size += len(taken[-1])
        self.waiting -= size
        return b"".join(taken)

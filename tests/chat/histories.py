"""Histories of a chat: what strangers may do, the real sessions and room, and a model that foretells the outcome.

A history is bytes, two for each act: what is done; and who does it, and where its bytes are cut.  So hypothesis makes
and shrinks histories quickly.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from labsupport.chat.frames import Frames
from labsupport.chat.limits import Limits
from labsupport.chat.login import Accounts, proof
from labsupport.chat.room import Room
from labsupport.chat.session import Session, State

#: Who comes on which of four connections: one name twice.
NAMES: Final = ("Ana", "Ana", "Zoë", "李雷")
LIMITS: Final = Limits(members=2, burst=6, rate=2.0)
ACCOUNTS: Final = Accounts(dict.fromkeys(NAMES))

Heard = tuple[Any, ...]


def frame(message: object) -> bytes:
    """A frame, made without the code that is tested."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">I", len(body)) + body


def heard(message: dict[str, Any]) -> Heard:
    """What the model foretells of a message: all but random bytes and sentences."""
    kind = message.pop("type")
    if varies := {"challenge": "challenge", "error": "text"}.get(kind):
        assert message.pop(varies)
    return (kind, *(tuple(value) if isinstance(value, list) else value for value in message.values()))


class Line:
    """One connection: its session, and all that came out of it."""

    def __init__(self, room: Room, now: float) -> None:
        self.session = Session(room, ACCOUNTS, now)
        self.heard: list[Heard] = []
        self.challenge = "00" * 32
        self._frames = Frames(4096)

    def read(self) -> None:
        """Take all that waits."""
        while data := self.session.take():
            for body in self._frames.receive(data):
                message = json.loads(body)
                self.challenge = message.get("challenge", self.challenge)
                self.heard.append(heard(message))

    def proof(self, name: str) -> str:
        """The right one."""
        return proof(ACCOUNTS.key(name), self.challenge, name)


@dataclass
class Told:
    """One connection as the model has it."""

    opened: float
    since: float
    state: str = "greeting"
    heard: list[Heard] = field(default_factory=list)
    tokens: float = 0.0
    at: float = 0.0
    name: str = ""


class Model:
    """What the specification says must happen, written a second time and as plainly as possible."""

    def __init__(self) -> None:
        self.room: dict[str, Told] = {}
        self.lines = 0

    def tell(self, what: Heard, but: Told | None = None) -> None:
        for member in self.room.values():
            if member is not but:
                member.heard.append(what)

    def over(self, told: Told, why: str) -> None:
        told.state = "over"
        if self.room.get(told.name) is told:
            del self.room[told.name]
            self.tell(("left", told.name, why))

    def error(self, told: Told, code: str) -> None:
        if told.state == "over":
            return
        told.heard.append(("error", code, (1,)) if code == "no-version" else ("error", code))
        if told.state != "in" or code not in ("bad-text", "bad-message"):
            self.over(told, code)

    def frame(self, told: Told, now: float) -> bool:
        """A whole frame came; whether it is looked at."""
        if told.state == "over":
            return False
        if told.state == "in":
            told.since = now
            told.tokens = min(LIMITS.burst, told.tokens + (now - told.at) * LIMITS.rate)
            told.at = now
            if told.tokens < 1:
                self.error(told, "too-fast")
                return False
            told.tokens -= 1
        return True

    def hello(self, told: Told, versions: list[int]) -> None:
        if told.state != "greeting":
            self.error(told, "not-now")
        elif 1 not in versions:
            self.error(told, "no-version")
        else:
            told.state = "login"
            told.heard.append(("challenge", 1))

    def login(self, told: Told, name: str, wrong: str, now: float) -> None:
        if told.state != "login":
            self.error(told, "not-now")
        elif wrong:
            self.error(told, wrong)
        elif name in self.room:
            self.error(told, "name-in-use")
        elif len(self.room) == LIMITS.members:
            self.error(told, "room-full")
        else:
            self.tell(("joined", name))
            told.state, told.since, told.name = "in", now, name
            told.tokens, told.at = LIMITS.burst, now
            self.room[name] = told
            told.heard += [("welcome", name), ("members", tuple(self.room), False)]

    def say(self, told: Told, text: str, wrong: str) -> None:
        if told.state != "in":
            self.error(told, "not-now")
        elif wrong:
            self.error(told, wrong)
        else:
            self.lines += 1
            self.tell(("said", self.lines, told.name, text))

    def ping(self, told: Told) -> None:
        if told.state == "in":
            told.heard.append(("pong",))
        else:
            self.error(told, "not-now")

    def bye(self, told: Told) -> None:
        if told.state == "in":
            told.heard.append(("bye",))
            self.over(told, "bye")
        else:
            self.error(told, "not-now")

    def due(self, told: Told, now: float) -> None:
        if told.state == "in" and now - told.since >= LIMITS.idle:
            self.error(told, "idle")
        elif told.state in ("greeting", "login") and now - told.opened >= LIMITS.login:
            self.error(told, "login-timeout")


class World:
    """The real chat and the model, to which the same is done."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.real, self.model = Room(LIMITS), Model()
        self.lines = [Line(self.real, self.now) for _ in NAMES]
        self.told = [Told(self.now, self.now) for _ in NAMES]
        self.overheard = "00" * 32

    def live(self, history: bytes) -> None:
        """Do all of it, and compare after each act."""
        for what, where in zip(history[::2], history[1::2], strict=False):
            self.cut = where // 4
            if self.told[where % 4].state == "over" and self.cut % 4:
                self.come(where % 4)  # else most would be over most of the time
            OFTEN[what % len(OFTEN)](self, where % 4)
            for line, told in zip(self.lines, self.told, strict=True):
                line.read()
                assert line.heard == told.heard
                line.heard.clear()
                told.heard.clear()
                assert line.session.state.value == told.state
                assert line.session.waiting == 0
        assert set(self.real.members) == set(self.model.room)

    def send(self, who: int, data: bytes) -> None:
        """Bytes come, in two pieces."""
        cut = self.cut % (len(data) + 1)
        for piece in (data[:cut], data[cut:]):
            self.lines[who].session.receive(piece, self.now)
        self.lines[who].read()

    def open(self, who: int) -> None:
        """Break off, and connect again."""
        self.lines[who].session.lost(self.now)
        self.model.over(self.told[who], "lost")
        self.lines[who], self.told[who] = Line(self.real, self.now), Told(self.now, self.now)

    def hello(self, who: int, versions: list[int]) -> None:
        self.send(who, frame({"type": "hello", "versions": versions}))
        if self.model.frame(self.told[who], self.now):
            self.model.hello(self.told[who], versions)

    def login(self, who: int, name: str, given: str, wrong: str) -> None:
        self.send(who, frame({"type": "login", "name": name, "proof": given}))
        if self.model.frame(self.told[who], self.now):
            self.model.login(self.told[who], name, wrong, self.now)

    def log_in(self, who: int) -> None:
        """A right login; whoever listens has its proof from now on."""
        right = self.lines[who].proof(NAMES[who])
        self.login(who, NAMES[who], right, "")
        self.overheard = right

    def come(self, who: int) -> None:
        """All that it takes to be in."""
        if self.told[who].state != "greeting":
            self.open(who)
        self.hello(who, [1])
        self.log_in(who)

    def say(self, who: int, text: str, wrong: str = "") -> None:
        self.send(who, frame({"type": "say", "text": text}))
        if self.model.frame(self.told[who], self.now):
            self.model.say(self.told[who], text, wrong)

    def flood(self, who: int) -> None:
        """More than the rate allows, in one piece."""
        self.send(who, frame({"type": "say", "text": "!"}) * 8)
        for _ in range(8):
            if self.model.frame(self.told[who], self.now):
                self.model.say(self.told[who], "!", "")

    def simple(self, who: int, kind: str) -> None:
        self.send(who, frame({"type": kind}))
        if self.model.frame(self.told[who], self.now):
            self.model.ping(self.told[who]) if kind == "ping" else self.model.bye(self.told[who])

    def wrong(self, who: int, body: object, code: str) -> None:
        self.send(who, frame(body))
        if self.model.frame(self.told[who], self.now):
            self.model.error(self.told[who], code)

    def unknown(self, who: int, message: dict[str, Any]) -> None:
        """A type that is not listed for a client."""
        self.send(who, frame(message))
        if self.model.frame(self.told[who], self.now) and self.told[who].state != "in":
            self.model.error(self.told[who], "not-now")

    def no_frame(self, who: int, length: int) -> None:
        self.send(who, struct.pack(">I", length))
        self.model.error(self.told[who], "bad-frame")

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for line, told in zip(self.lines, self.told, strict=True):
            was_over = line.session.state is State.OVER
            line.session.due(self.now)
            self.model.due(told, self.now)
            assert line.session.cut or not was_over or line.session.deadline > self.now

    def lose(self, who: int) -> None:
        self.lines[who].session.lost(self.now)
        self.model.over(self.told[who], "lost")


#: What may happen, the simplest first: to those hypothesis shrinks.
ACTS: Final[tuple[Callable[[World, int], None], ...]] = (
    World.come,
    lambda world, who: world.say(who, "<b>héllo</b> 你好"),
    lambda world, who: world.simple(who, "ping"),
    lambda world, who: world.simple(who, "bye"),
    lambda world, _: world.wait(1.0),
    lambda world, _: world.wait(50.0),
    World.open,
    World.lose,
    lambda world, who: world.hello(who, [1]),
    World.log_in,
    lambda world, who: world.unknown(who, {"type": "typing", "with": ["both", "hands"]}),
    lambda world, who: world.unknown(who, {"type": "said", "number": 1, "name": "Zoë", "text": "hé"}),
    lambda world, who: world.unknown(who, {"type": "error"}),
    World.flood,
    lambda world, who: world.hello(who, [7, 1]),
    lambda world, who: world.hello(who, [7]),
    lambda world, who: world.login(who, NAMES[who], world.overheard, "login-refused"),
    lambda world, who: world.login(who, NAMES[who], "00" * 32, "login-refused"),
    lambda world, who: world.login(who, "Eve", "00" * 32, "login-refused"),
    lambda world, who: world.login(who, "<b>Ana</b>", "00" * 32, "bad-name"),
    lambda world, who: world.login(who, "Ana\x1b[2J", "00" * 32, "bad-name"),
    lambda world, who: world.say(who, "a\x1b[2Jb", "bad-text"),
    lambda world, who: world.wrong(who, {"type": "say"}, "bad-message"),
    lambda world, who: world.wrong(who, {"type": "say", "text": ["hé"]}, "bad-message"),
    lambda world, who: world.wrong(who, {"type": 7}, "bad-message"),
    lambda world, who: world.wrong(who, {"type": "hello", "versions": [1.0]}, "bad-message"),
    lambda world, who: world.wrong(who, {"type": "login", "name": "", "proof": "F" * 64}, "bad-message"),
    lambda world, who: world.wrong(who, b'{"type":"say","text":"\xc3"}', "bad-json"),
    lambda world, who: world.no_frame(who, 4097),
    lambda world, who: world.no_frame(who, 0),
    lambda world, _: world.wait(11.0),
    lambda world, _: world.wait(91.0),
)

#: The same, so often that most histories have people in the room.
OFTEN: Final = (World.come,) * 12 + ACTS[1:3] * 4 + ACTS

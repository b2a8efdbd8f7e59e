"""What the server does with a message: the login, the room, the errors. It knows nothing of sockets and selectors.

Whatever happens is told to all before the next thing happens, so all hear it in one order. Who fails meanwhile stays
in the lists, and is put out afterwards by the caller (`Connection.failure`, `Room.leave`).
"""

import hmac
import secrets
import time
from collections.abc import Iterable, Iterator

import wire
from connection import ALLOWED, LINGER, Connection, State

MEMBERS = 256

SENTENCES = {
    "bad-frame": "A frame is 1 to 4096 bytes long.",
    "too-fast": "That was too much at once.",
    "bad-json": "A frame is one object in strict JSON.",
    "bad-message": "A field is missing, or not as described.",
    "not-now": "This message is not allowed now.",
    "no-version": "We have no version in common.",
    "bad-name": "This is not a name.",
    "login-refused": "The name or the proof is wrong.",
    "name-in-use": "Somebody with this name is in already.",
    "room-full": "The room is full.",
    "bad-text": "This is not a text for the room.",
    "login-timeout": "The login took too long.",
    "idle": "Nothing was heard for too long.",
    "busy": "Too many wait at the door.",
    "stopping": "The server stops.",
}


class Room:
    """Who is in, what was said, and who may come in."""

    def __init__(self, accounts: dict[str, bytes]) -> None:
        self._accounts = accounts
        self._members: dict[str, Connection] = {}
        self._number = 0
        self.stopping = False

    def hear(self, one: Connection, frame: bytes, now: float) -> None:
        """One whole frame from a client that is not over."""
        if one.state is State.IN and not one.spend(now):
            self.close(one, "too-fast")
            return
        try:
            message = wire.parse(frame)
        except wire.StrictJsonError:
            self.close(one, "bad-json")
            return
        kind = message.get("type")
        if not isinstance(kind, str):
            self._complain(one, "bad-message")
        elif kind in wire.FROM_CLIENT:
            self._hear_message(one, kind, message, now)
        elif one.state is not State.IN or kind in wire.FROM_SERVER:
            self.close(one, "not-now")

    def _hear_message(self, one: Connection, kind: str, message: wire.Message, now: float) -> None:
        if not wire.fits(message, wire.FROM_CLIENT[kind]):
            self._complain(one, "bad-message")
        elif kind not in ALLOWED[one.state]:
            self.close(one, "not-now")
        elif kind == "hello":
            self._hello(one, message["versions"])
        elif kind == "login":
            self._login(one, str(message["name"]), str(message["proof"]), now)
        elif kind == "say":
            self._say(one, str(message["text"]))
        elif kind == "ping":
            self._tell([one], {"type": "pong"})
        else:
            self._tell([one], {"type": "bye"})
            self.leave(one, "bye")

    def _hello(self, one: Connection, versions: object) -> None:
        if not isinstance(versions, list) or wire.VERSION not in versions:
            self.close(one, "no-version", versions=[wire.VERSION])
            return
        one.challenge = secrets.token_bytes(32)
        one.state = State.LOGIN
        self._tell([one], {"type": "challenge", "version": wire.VERSION, "challenge": one.challenge.hex()})

    def _login(self, one: Connection, name: str, proof: str, now: float) -> None:
        refusal = self._refusal(one, name, proof)
        if refusal:
            self.close(one, refusal)
            return
        one.enter(name, now)
        self._members[name] = one
        self._tell([one], {"type": "welcome", "name": name})
        for message in members_messages(list(self._members)):
            self._tell([one], message)
        self._tell(self._others(one), {"type": "joined", "name": name})

    def _refusal(self, one: Connection, name: str, proof: str) -> str:
        if not wire.is_name(name):
            return "bad-name"
        known = name in self._accounts
        key = self._accounts.get(name, bytes(32))  # the same work for a name that nobody has
        right = hmac.compare_digest(wire.proof(key, one.challenge, name), proof)
        if not (right and known):
            return "login-refused"
        if name in self._members:
            return "name-in-use"
        return "room-full" if len(self._members) >= MEMBERS else ""

    def _say(self, one: Connection, text: str) -> None:
        if not wire.is_text(text):
            self._complain(one, "bad-text")
            return
        self._number += 1
        said = {"type": "said", "number": self._number, "name": one.name, "text": text}
        self._tell(self._members.values(), said)

    def _others(self, one: Connection) -> Iterator[Connection]:
        return (other for other in self._members.values() if other is not one)

    def _tell(self, whom: Iterable[Connection], message: wire.Message) -> None:
        frame = wire.pack(message)
        for one in whom:
            if not one.failure:
                one.queue(frame)

    def _complain(self, one: Connection, code: str) -> None:
        """An error that a member survives."""
        if one.state is State.IN:
            self._tell([one], {"type": "error", "code": code, "text": SENTENCES[code]})
        else:
            self.close(one, code)

    def close(self, one: Connection, code: str, **more: object) -> None:
        """The last message; in the handshake there cannot be one."""
        if one.state is State.HANDSHAKE:
            one.failure = code
            return
        self._tell([one], {"type": "error", "code": code, "text": SENTENCES[code], **more})
        self.leave(one, code)

    def leave(self, one: Connection, why: str) -> None:
        """Nothing is heard from it any more; it has `LINGER` to take what waits for it, and to close."""
        was_in = one.state is State.IN
        if one.state is not State.OVER:
            one.state, one.deadline = State.OVER, time.monotonic() + LINGER
        if was_in:
            del self._members[one.name]
            if not self.stopping:
                self._tell(self._members.values(), {"type": "left", "name": one.name, "why": why})


def members_messages(names: list[str]) -> list[wire.Message]:
    """As few `members` as their frames can hold the names in."""
    spare = wire.FRAME_LIMIT - 64
    groups: list[list[str]] = [[]]
    size = 0
    for name in names:
        cost = len(name.encode("utf-8")) + 3
        if size + cost > spare:
            groups.append([])
            size = 0
        groups[-1].append(name)
        size += cost
    return [{"type": "members", "names": group, "more": group is not groups[-1]} for group in groups]

"""Strangers who speak the chat's protocol, and nothing of ours: what they say and hear is written from its page.

zoe = Stranger(peer)
zoe.sends(type="hello", versions=[1])
zoe.hears("challenge", version=1)       # Unmet, if another message comes, or none
"""

from __future__ import annotations

import hmac
import json
from typing import Any, Final

from labsupport.exercises.peers import Peer, Unmet

__all__ = ["KEYS", "Stranger", "framed", "prove"]

#: The keys of the accounts in the checks.
KEYS: Final = {name: bytes([number]) * 32 for number, name in enumerate(("Amara", "Bồ", "Zoë"), 1)}

_Message = dict[str, Any]


def framed(message: _Message) -> bytes:
    """A frame."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    return len(body).to_bytes(4, "big") + body


def prove(key: bytes, challenge: str, name: str) -> str:
    """The proof of a login."""
    return hmac.digest(key, b"loopback-chat 1 login:" + bytes.fromhex(challenge) + name.encode(), "sha256").hex()


class Stranger:
    """One end of a connection; `peer` carries the bytes, and has shaken hands."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._pending = b""

    def sends(self, **message: Any) -> None:
        """Send one message."""
        self.peer.says(framed(message))

    def next(self, expected: str) -> _Message:
        """The next message; `expected` is what somebody wants to read of it."""
        self.peer.awaits = expected
        size = int.from_bytes(self._exactly(4, expected), "big")
        if not 1 <= size <= 4096:
            raise Unmet(self.peer.name, expected, f"a frame that announces {size:,} bytes")
        body = self._exactly(size, expected)
        try:
            message = json.loads(body)
        except ValueError:
            message = None
        if not isinstance(message, dict) or "type" not in message:
            raise Unmet(self.peer.name, expected, f"a frame with {body[:40]!r}")
        self.peer.awaits = ""
        self.peer.steps += 1
        return message

    def hears(self, kind: str, **fields: Any) -> _Message:
        """The next message is of this type, and has these fields."""
        expected = told({"type": kind, **fields})
        message = self.next(expected)
        if message["type"] != kind or any(message.get(name) != value for name, value in fields.items()):
            raise Unmet(self.peer.name, expected, told(message))
        return message

    def hears_the_end(self) -> None:
        """The other side closes, in whatever way."""
        if self._pending:
            raise Unmet(self.peer.name, "the end of the connection", f"{self._pending[:40]!r}")
        self.peer.is_hung_up()

    def logs_in(self, name: str, key: bytes) -> None:
        """From hello to welcome; who is in is not looked at."""
        self.sends(type="hello", versions=[1])
        challenge = self.hears("challenge", version=1)["challenge"]
        self.sends(type="login", name=name, proof=prove(key, str(challenge), name))
        self.hears("welcome", name=name)
        while self.next("a members")["more"]:
            pass

    def _exactly(self, size: int, expected: str) -> bytes:
        while len(self._pending) < size:
            piece = self.peer._recv(4096)  # noqa: SLF001  a turn of its own
            if not piece:
                raise Unmet(self.peer.name, expected, "the end")
            self._pending += piece
        data, self._pending = self._pending[:size], self._pending[size:]
        return data


def told(message: _Message) -> str:
    """A message in a sentence, without what differs from run to run."""
    fields = {name: value for name, value in message.items() if name not in ("type", "challenge", "proof")}
    if message["type"] == "error":
        fields.pop("text", None)
    more = ", ".join(f"{name} {value!r}" for name, value in fields.items())
    return f"{message['type']} ({more})" if more else str(message["type"])

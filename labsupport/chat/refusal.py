"""The errors of the specification: what each is for, and whether the connection is kept."""

from __future__ import annotations

from typing import Final

__all__ = ["CODES", "KEPT", "Refusal"]

#: Each code, and the sentence that people are told where nothing more exact is known.
CODES: Final = {
    "bad-frame": "a frame has from 1 to 4096 bytes",
    "too-fast": "you send more than 10 messages a second",
    "bad-json": "a message is one JSON object in UTF-8",
    "bad-message": "a field of this message is missing, or not as described",
    "not-now": "this message is not for now",
    "no-version": "we have no version in common",
    "bad-name": "a name has letters, marks, digits, '-', '_' and '.', in form NFC, and at most 64 bytes",
    "login-refused": "no account with this name and this key",
    "name-in-use": "somebody with this name is in already",
    "room-full": "there is no room for one more",
    "bad-text": "a text has from 1 to 1000 bytes, and no control characters",
    "too-slow": "you read too slowly",
    "login-timeout": "you have not logged in in time",
    "idle": "nothing came from you for too long",
    "busy": "too many others want to come in",
    "stopping": "the server stops",
}

#: Those after which the connection is kept, once the client is in.
KEPT: Final = frozenset({"bad-message", "bad-text"})


class Refusal(Exception):  # noqa: N818  an answer of the protocol, no fault of the program
    """What a peer sent is against the specification: `code` is one of `CODES`, `text` a sentence for people."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code, text or CODES[code])
        self.code: str = code
        self.text: str = text or CODES[code]

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"

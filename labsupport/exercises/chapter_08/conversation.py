"""What a session of the chat needs besides its answers: frames and JSON in, messages out, and errors told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import fields

from labsupport.chat import Frames, Refusal, encode
from labsupport.chat.messages import FROM_SERVER, Error, FromClient, FromServer, from_client
from labsupport.chat.session import VERSIONS
from labsupport.exercises.engine.values import value_text

__all__ = ["BytesError", "Conversation", "MessagesError"]


class MessagesError(ValueError):
    """What `answer` returned is no list of a server's messages."""


class BytesError(ValueError):
    """A field of a message is bytes."""


class Conversation(ABC):
    """The server's side of one connection, without a socket: bytes in, bytes out.

    A subclass says what each message means (`answer`), and after which errors nothing is heard any more (`closes`).

    - `state`: the subclass's own, but that "over" is the end.
    """

    def __init__(self) -> None:
        self.state = ""
        self._frames = Frames(4096)

    @property
    def over(self) -> bool:
        """Whether the connection is to be closed."""
        return self.state == "over"

    def receive(self, data: bytes) -> bytes:
        """Bytes came; the bytes to send."""
        answers: list[FromServer] = []
        bodies = self._frames.receive(data)
        while not self.over:
            try:
                body = next(bodies, None)
                if body is None:
                    break
                answers += _sendable(self.answer(from_client(body)))
            except Refusal as refusal:
                answers.append(self._refused(refusal))
        return b"".join(map(encode, answers))

    def _refused(self, refusal: Refusal) -> Error:
        if self.closes(refusal.code):
            self.state = "over"
        return Error(refusal.code, refusal.text, VERSIONS if refusal.code == "no-version" else None)

    @abstractmethod
    def answer(self, message: FromClient | None) -> Iterable[FromServer]:
        """The messages to send back.  Raises `Refusal` for what is an error.

        `message` is None where its type is unknown.
        """

    @abstractmethod
    def closes(self, code: str) -> bool:
        """Whether an error of this code ends the connection."""


def _sendable(answer: object) -> list[FromServer]:
    """These, where they are messages that can be sent."""
    if not isinstance(answer, Iterable) or isinstance(answer, str | bytes):
        raise MessagesError(f"`answer` returned {value_text(answer)}")
    found = list(answer)
    for message in found:
        if type(message) not in FROM_SERVER.values():
            raise MessagesError(f"`answer` returned a list with {value_text(message)} in it")
        for each in fields(message):
            if isinstance(getattr(message, each.name), bytes):
                raise BytesError(f"`{each.name}` of {type(message).__name__} is bytes")
    return found

"""The messages: the table "Messages" of the specification, as classes.

A class is a message, its fields are the message's fields, and each field says how it is checked.  From these come
`from_client`, `from_server` and `encode`, and a test compares them with the specification's own table.

The session checks a client's names and texts besides, because they will be shown to others.  A client checks of what
comes from a server the kind alone (a string is a string): who shows it makes it harmless, and a client need not break
when a server of tomorrow allows more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeVar

from . import bodies
from .frames import framed
from .refusal import Refusal

__all__ = [
    "FROM_CLIENT", "FROM_SERVER", "Bye", "Challenge", "Error", "FromClient", "FromServer", "Hello", "Joined", "Left",
    "Login", "Members", "Message", "Ping", "Pong", "Said", "Say", "Welcome", "encode", "from_client", "from_server",
]  # fmt: skip

_HEX: Final = re.compile("[0-9a-f]{64}")


def _string(value: object) -> object:
    return value if isinstance(value, str) else None


def _hex(value: object) -> object:
    return value if isinstance(value, str) and _HEX.fullmatch(value) else None


def _number(value: object) -> object:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else None


def _flag(value: object) -> object:
    return value if isinstance(value, bool) else None


def _strings(value: object) -> object:
    return tuple(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


def _versions(value: object) -> object:
    if not isinstance(value, list) or not 1 <= len(value) <= 16:
        return None
    return tuple(value) if all(_number(item) and item < 65_536 for item in value) else None


def _is(check: Callable[[object], object], **default: Any) -> Any:
    """A field whose value comes through `check`: what the message holds then, or None where it is wrong."""
    return field(metadata={"check": check}, **default)


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a client: the versions that it speaks."""

    versions: tuple[int, ...] = _is(_versions)


@dataclass(frozen=True, slots=True)
class Challenge:
    """The version that is spoken, and 32 fresh random bytes in hex."""

    version: int = _is(_number)
    challenge: str = _is(_hex)


@dataclass(frozen=True, slots=True)
class Login:
    """Who it is, and the proof, in hex."""

    name: str = _is(_string)
    proof: str = _is(_hex)


@dataclass(frozen=True, slots=True)
class Welcome:
    """The client is in, under this name."""

    name: str = _is(_string)


@dataclass(frozen=True, slots=True)
class Members:
    """Some of those who are in; `more` of them follow."""

    names: tuple[str, ...] = _is(_strings)
    more: bool = _is(_flag)


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody came in."""

    name: str = _is(_string)


@dataclass(frozen=True, slots=True)
class Say:
    """A line for the room."""

    text: str = _is(_string)


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the room: its number, and who said it."""

    number: int = _is(_number)
    name: str = _is(_string)
    text: str = _is(_string)


@dataclass(frozen=True, slots=True)
class Ping:
    """A sign of life."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to it."""


@dataclass(frozen=True, slots=True)
class Bye:
    """The last message of a client that leaves, and the server's answer to it."""


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody is out, and why."""

    name: str = _is(_string)
    why: str = _is(_string)


@dataclass(frozen=True, slots=True)
class Error:
    """What was wrong: a code, and a sentence for people."""

    code: str = _is(_string)
    text: str = _is(_string)
    versions: tuple[int, ...] | None = _is(_versions, default=None)


FromClient = Hello | Login | Say | Ping | Bye
FromServer = Challenge | Welcome | Members | Joined | Said | Pong | Bye | Left | Error
Message = FromClient | FromServer
_Kind = TypeVar("_Kind")

#: The messages by their type.
FROM_CLIENT: Final[dict[str, type[FromClient]]] = {
    kind.__name__.lower(): kind for kind in (Hello, Login, Say, Ping, Bye)
}
FROM_SERVER: Final[dict[str, type[FromServer]]] = {
    kind.__name__.lower(): kind for kind in (Challenge, Welcome, Members, Joined, Said, Pong, Bye, Left, Error)
}


def from_client(body: bytes) -> FromClient | None:
    """The message that a client sent, or None for a type that is not listed.

    Raises:
        Refusal: `bad-json`, `bad-message`.
    """
    return _message(body, FROM_CLIENT)


def from_server(body: bytes) -> FromServer | None:
    """The message that a server sent, or None for a type that is not listed.

    Raises:
        Refusal: `bad-json`, `bad-message`.
    """
    return _message(body, FROM_SERVER)


def encode(message: Message) -> bytes:
    """The whole frame of a message."""
    values = {item.name: getattr(message, item.name) for item in fields(message)}
    there = {name: value for name, value in values.items() if value is not None}
    return framed(bodies.dumped({"type": type(message).__name__.lower(), **there}))


def _message(body: bytes, kinds: dict[str, type[_Kind]]) -> _Kind | None:
    found = bodies.loaded(body)
    name = found.get("type")
    if not isinstance(name, str):
        raise Refusal("bad-message", "a message has a type, which is a string")
    kind = kinds.get(name)
    return None if kind is None else _filled(kind, name, found)


def _filled(kind: type[_Kind], name: str, found: dict[str, Any]) -> _Kind:
    values = {}
    for item in fields(kind):  # type: ignore[arg-type]  # the kinds are dataclasses
        value = item.metadata["check"](found.get(item.name))
        if value is None and not (item.default is None and item.name not in found):
            raise Refusal("bad-message", f"{name} needs {item.name}, as the specification describes it")
        values[item.name] = value
    return kind(**values)

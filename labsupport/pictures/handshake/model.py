"""What a picture of a handshake tells, before it is drawn or written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from labsupport.tls.parts import Sender

from .messages import Path

__all__ = ["KEYS", "Message", "Shown", "Story", "Turn"]

#: What is written before the first message that is secret.
KEYS: Final = "from here on both ends have keys"


class Shown(NamedTuple):
    """A field that a picture shows: its name, what it says or "", and its place in the tree of its flight."""

    name: str
    value: str
    path: Path


@dataclass(frozen=True)
class Message:
    """One box.

    - `says`: what it is for; `fields`: those of its fields that are shown.
    - `secret`: an eavesdropper cannot read it.
    - `wrong`: what is wrong with it, or who refused it; "" for nothing.
    - `alert`: the name of the alert that it is; "" for any other message.
    - `paths`: where its parts stand in the tree of its flight.
    """

    name: str
    says: str
    secret: bool
    fields: tuple[Shown, ...] = ()
    wrong: str = ""
    alert: str = ""
    paths: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Turn:
    """A flight: its number from 1, who sent it, its messages."""

    number: int
    sender: Sender
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Story:
    """What a picture tells.

    - `title`: "TLS 1.3", or "TLS" where no version was chosen.
    - `keys`: (place of the turn, of the message) of the first one that is secret, or None.
    - `ending`: what was agreed, or who refused what; `failed`: which of the two.
    """

    title: str
    turns: tuple[Turn, ...]
    keys: tuple[int, int] | None
    ending: str
    failed: bool

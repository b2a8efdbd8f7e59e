"""The room: who is in, and what all of them hear, in one order.  No socket, no clock."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from .limits import Limits
from .messages import FromServer, Joined, Left, Members, Said, Welcome, encode
from .refusal import Refusal
from .words import shown

__all__ = ["Counts", "Member", "Room"]

#: Bytes of names, quotes and commas in one `members`, so that with the rest of it it stays below 4096.
_NAMES: Final = 4000


class Member(Protocol):
    """What a room asks of one who is in."""

    @property
    def name(self) -> str:
        """Its name."""

    def tell(self, frame: bytes) -> None:
        """Have a frame wait for it.  Where there is no room, it leaves the room, by `Room.leave`."""


@dataclass
class Counts:
    """What a server has seen: connections, how many were in at most, lines, and errors by their code."""

    connections: int = 0
    most: int = 0
    lines: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        errors = ", ".join(f"{number} {code}" for code, number in sorted(self.refused.items()))
        return (
            f"connections: {self.connections}; in at the same time at most: {self.most}; lines: {self.lines}; "
            f"errors: {errors or 'none'}"
        )


class Room:
    """Who is in, by name.

    - `members`: the members, in the order in which they came.
    - `counts`: what has happened so far; `note(text)`: called with what belongs into the log.
    """

    def __init__(self, limits: Limits | None = None, note: Callable[[str], None] = lambda _: None) -> None:
        self.limits = limits or Limits()
        self.members: dict[str, Member] = {}
        self.counts = Counts()
        self.note = note
        self._news: deque[FromServer] = deque()
        self._telling = False

    def enter(self, member: Member) -> None:
        """Let somebody in, and tell all.

        Raises:
            Refusal: `name-in-use`, `room-full`.
        """
        if member.name in self.members:
            raise Refusal("name-in-use")
        if len(self.members) >= self.limits.members:
            raise Refusal("room-full", f"{len(self.members)} are in, and no more may be")
        self._tell(Joined(member.name))
        self.members[member.name] = member
        self.counts.most = max(self.counts.most, len(self.members))
        self.note(f"{shown(member.name)} is in; in the room: {len(self.members)}")
        member.tell(encode(Welcome(member.name)))
        for message in listed(list(self.members)):
            member.tell(encode(message))

    def say(self, member: Member, text: str) -> None:
        """Number a line, and tell all."""
        self.counts.lines += 1
        self._tell(Said(self.counts.lines, member.name, text))

    def leave(self, member: Member, why: str) -> None:
        """Somebody is out: tell the others.  Who is not in leaves nothing."""
        if self.members.get(member.name) is member:
            del self.members[member.name]
            self.note(f"{shown(member.name)} is out ({why}); in the room: {len(self.members)}")
            self._tell(Left(member.name, why))

    def close(self) -> None:
        """Nobody hears anything of the room any more, not even that the others leave."""
        self.members.clear()

    def _tell(self, message: FromServer) -> None:
        """Tell everybody.  Who has no room leaves; that is told when all have heard this, so all hear one order."""
        self._news.append(message)
        if self._telling:
            return
        self._telling = True
        try:
            while self._news:
                frame = encode(self._news.popleft())
                for member in list(self.members.values()):
                    member.tell(frame)
        finally:
            self._telling = False


def listed(names: list[str]) -> Iterator[Members]:
    """The names in as many messages as it takes."""
    part: list[str] = []
    size = 0
    for name in names:
        taken = len(name.encode()) + 3
        if size + taken > _NAMES:
            yield Members(tuple(part), more=True)
            part, size = [], 0
        part.append(name)
        size += taken
    yield Members(tuple(part), more=False)

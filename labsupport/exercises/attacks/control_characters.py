"""A name that is no name: it clears a terminal, forges a line of a log, and is markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from .attack import Attack
from .moves import Attacker, Say, Wave
from .speech import Speech
from .target import Target

__all__ = ["ControlCharacters"]

#: ECMA-48: "erase in display", which a terminal obeys.
_CLEARS: Final = "\x1b[2J"


@dataclass(frozen=True)
class ControlCharacters(Attack):
    """`clients` send a name with control characters and markup in it."""

    clients: int = 20

    does: ClassVar[str] = "{clients} sent names with control characters"
    cure: ClassVar[str] = "Refuse a name that is not str.isprintable(), and write to a log with repr() or !r."
    grows: ClassVar[tuple[str, ...]] = ("clients",)

    def skipped(self, speech: Speech) -> str:
        """It needs a place for text."""
        return "" if speech.named else "There is no text in a question: the speech has no `named`."

    def waves(self, target: Target) -> Iterator[Wave]:
        """One after the other; a carriage return takes the cursor back to where a line of a log begins."""
        assert target.speech.named is not None  # else it is skipped
        say = Say(target.speech.named(f"Zoë{_CLEARS}\r<b onclick='x'>INFO Amara logged in".encode()))
        yield Wave(Attacker((say,)), self.clients, self.seconds / self.clients)

    def got(self, found: int, target: Target, printed: str) -> str:  # noqa: ARG002  the shape of the others
        """Whether the server's log has it as it came."""
        if _CLEARS not in printed:
            return ""
        return "A stranger's control characters stand in your server's output as they came: a terminal obeys them."

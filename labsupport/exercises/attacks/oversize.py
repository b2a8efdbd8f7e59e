"""A question that announces more than it may, or never ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .attack import Attack
from .moves import Attacker, Say, Wave
from .speech import Speech
from .target import Target

__all__ = ["Oversize"]

_PIECE = b"x" * 65_536


@dataclass(frozen=True)
class Oversize(Attack):
    """`clients` begin a question that is too large, and each sends `mebibytes` of it."""

    clients: int = 4
    mebibytes: int = 16

    does: ClassVar[str] = "{clients} sent questions that have no end"
    cure: ClassVar[str] = "Give a question a maximum, and hang up on whoever announces, or sends, more."
    grows: ClassVar[tuple[str, ...]] = ("clients", "mebibytes")

    def skipped(self, speech: Speech) -> str:
        """It needs the beginning of such a question."""
        return "" if speech.oversize else "The speech does not say what is too large: give it `oversize`."

    def waves(self, target: Target) -> Iterator[Wave]:
        """All at once; each sends as fast as the server takes it."""
        says = Say(target.speech.oversize), Say(_PIECE, times=self.mebibytes * 16)
        yield Wave(Attacker(says), self.clients)

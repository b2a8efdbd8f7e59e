"""Clients that ask and never read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from .attack import Attack
from .moves import Attacker, Say, Wave
from .target import Target

__all__ = ["NeverReads"]

#: Questions are sent so many bytes at a time.
_PIECE: Final = 65_536


@dataclass(frozen=True)
class NeverReads(Attack):
    """`clients` ask, `mebibytes` of questions each, and read no answer."""

    clients: int = 4
    mebibytes: int = 16

    does: ClassVar[str] = "{clients} asked much and read no answer"
    cure: ClassVar[str] = (
        "Read no further from a client that does not take its answers, and hang up on it after a deadline."
    )
    from_inside: ClassVar[bool] = True
    grows: ClassVar[tuple[str, ...]] = ("clients", "mebibytes")

    def waves(self, target: Target) -> Iterator[Wave]:
        """All at once; each sends as fast as the server takes it."""
        question = target.speech.question
        many = max(1, _PIECE // len(question))
        times = max(1, self.mebibytes * 2**20 // (many * len(question)))
        attacker = Attacker((Say(question * many, times),), reads=False, inside=bool(target.speech.login))
        yield Wave(attacker, self.clients)

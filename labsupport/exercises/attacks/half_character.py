"""Text that is not UTF-8."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .attack import Attack
from .moves import Attacker, Say, Wave
from .speech import Speech
from .target import Target

__all__ = ["HalfCharacter"]


@dataclass(frozen=True)
class HalfCharacter(Attack):
    """`clients` send a name that ends in the middle of a character, or bytes that no dice would call text."""

    clients: int = 20

    does: ClassVar[str] = "{clients} sent bytes that are not UTF-8"
    cure: ClassVar[str] = "decode() raises UnicodeDecodeError: it must end one question, and not the server."
    grows: ClassVar[tuple[str, ...]] = ("clients",)

    def skipped(self, speech: Speech) -> str:
        """It needs a place for text."""
        return "" if speech.named else "There is no text in a question: the speech has no `named`."

    def waves(self, target: Target) -> Iterator[Wave]:
        """Half a character first, then garbage, which is the same on every run."""
        assert target.speech.named is not None  # else it is skipped
        dice = random.Random(0)  # noqa: S311  it is to be the same on every run
        for number in range(self.clients):
            text = "你".encode()[:2] if number % 2 == 0 else b"\xff" + dice.randbytes(30).replace(b"\n", b"")
            say = Say(target.speech.named(text))
            yield Wave(Attacker((say,)), after=number * self.seconds / self.clients)

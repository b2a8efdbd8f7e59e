"""Many clients that are always about to ask."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .attack import MOST_SECONDS, Attack
from .moves import Attacker, Say, Wave
from .speech import Speech
from .target import Target

__all__ = ["Slowloris"]


@dataclass(frozen=True)
class Slowloris(Attack):
    """`clients` begin a question and send one byte more `every` so many seconds: each byte in time, never the last."""

    clients: int = 100
    every: float = 0.2

    does: ClassVar[str] = "{clients} sent a byte now and then, and never a whole question"
    cure: ClassVar[str] = "A timeout starts anew with each byte: give a whole question a deadline."
    grows: ClassVar[tuple[str, ...]] = ("clients",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.01 <= self.every <= MOST_SECONDS:
            raise ValueError(f"{self!r}: every is a number of seconds from 0.01 to {MOST_SECONDS:g}")

    def skipped(self, speech: Speech) -> str:
        """It needs the beginning of a question."""
        return "" if speech.begun else "The speech does not say how a question begins: give it `begun`."

    def waves(self, target: Target) -> Iterator[Wave]:
        """All within half of the time, then drop by drop; a thousand drops are the end, see `Speech.begun`."""
        drops = min(1000, math.ceil((self.seconds + MOST_SECONDS) / self.every))
        attacker = Attacker((Say(target.speech.begun), Say(b"x", drops, self.every)))
        yield Wave(attacker, self.clients, self.seconds / 2 / self.clients)

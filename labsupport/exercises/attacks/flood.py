"""One client that asks without end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from .attack import Attack
from .moves import Attacker, Say, Wave
from .target import Target

__all__ = ["Flood"]

#: Questions go out so many times a second, each time some of them.
_TIMES: Final = 50


@dataclass(frozen=True)
class Flood(Attack):
    """`clients` ask good questions, `rate` a second each, and read the answers."""

    clients: int = 1
    rate: int = 10_000

    does: ClassVar[str] = "{clients} asked {rate:,} questions a second each"
    cure: ClassVar[str] = "Limit what one client may ask in a second; let it wait, or hang up on it."
    from_inside: ClassVar[bool] = True
    grows: ClassVar[tuple[str, ...]] = ("clients", "rate")

    def waves(self, target: Target) -> Iterator[Wave]:
        """The questions of a fiftieth of a second at a time."""
        question, times = target.speech.question, max(1, round(self.seconds * _TIMES))
        say = Say(question * max(1, self.rate // _TIMES), times, 1 / _TIMES)
        yield Wave(Attacker((say,), inside=bool(target.speech.login)), self.clients)

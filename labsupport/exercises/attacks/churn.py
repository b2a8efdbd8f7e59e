"""Clients that come and go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .attack import Attack
from .moves import Attacker, Wave
from .target import Target

__all__ = ["Churn"]


@dataclass(frozen=True)
class Churn(Attack):
    """`rate` clients a second connect and are gone: half of them close, half of them reset."""

    rate: int = 200

    does: ClassVar[str] = "{rate} clients a second connected and were gone at once"
    cure: ClassVar[str] = "An accept() or a recv() that raises ends one conversation, never the server."
    grows: ClassVar[tuple[str, ...]] = ("rate",)

    def waves(self, target: Target) -> Iterator[Wave]:  # noqa: ARG002  they need nothing of it
        """The two kinds in turn."""
        count = max(1, round(self.rate * self.seconds / 2))
        yield Wave(Attacker(ends="closes", covered=False), count, 2 / self.rate)
        yield Wave(Attacker(ends="resets", covered=False), count, 2 / self.rate)

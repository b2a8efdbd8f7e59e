"""Clients that connect and say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .attack import Attack
from .moves import Attacker, Wave
from .target import Target

__all__ = ["Idle"]


@dataclass(frozen=True)
class Idle(Attack):
    """`clients` connect, say nothing, and stay."""

    clients: int = 100

    does: ClassVar[str] = "{clients} connected and said nothing"
    cure: ClassVar[str] = (
        "Serve clients beside each other, give each a deadline for its first question, and limit how many may be there."
    )
    grows: ClassVar[tuple[str, ...]] = ("clients",)

    def waves(self, target: Target) -> Iterator[Wave]:  # noqa: ARG002  they need nothing of it
        """All within half of the time, straight on TCP: under TLS they say nothing either."""
        yield Wave(Attacker(covered=False), self.clients, self.seconds / 2 / self.clients)

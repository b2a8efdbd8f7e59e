"""What attackers do, as plain data: so that it can be announced before it is done, and done by another process."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any, Literal

__all__ = ["Attacker", "Ends", "Say", "Wave", "bytes_in", "connections_in", "packed", "unpacked"]

#: What an attacker does when it has said all: it hangs on until the server lets go, or ends the connection itself.
Ends = Literal["stays", "closes", "resets"]


@dataclass(frozen=True)
class Say:
    """Send `data`, so many `times`; `every` so many seconds, or with 0 as fast as there is room for it."""

    data: bytes
    times: int = 1
    every: float = 0.0


@dataclass(frozen=True)
class Attacker:
    """One hostile connection.

    - `says`: what it sends, in order.
    - `reads`: it takes what the server sends.
    - `ends`: "stays", "closes" or "resets", when it has said all.
    - `covered`: under TLS, where the good client speaks so; else straight on TCP.
    - `inside`: it logs in first, as the speech's insider; then it always speaks as the good client does.
    - `hopes`: bytes that show that it got what it came for; it waits a second for them before it ends.
    """

    says: tuple[Say, ...] = ()
    reads: bool = True
    ends: Ends = "stays"
    covered: bool = True
    hopes: bytes = b""
    inside: bool = False


@dataclass(frozen=True)
class Wave:
    """`count` attackers alike, the first `after` so many seconds, then one `every` so many, or with 0 all at once."""

    attacker: Attacker
    count: int = 1
    every: float = 0.0
    after: float = 0.0


def connections_in(waves: tuple[Wave, ...]) -> int:
    """How many connections these are."""
    return sum(wave.count for wave in waves)


def bytes_in(waves: tuple[Wave, ...]) -> int:
    """How many bytes they send at most."""
    return sum(wave.count * len(say.data) * say.times for wave in waves for say in wave.attacker.says)


def packed(waves: tuple[Wave, ...]) -> tuple[Any, ...]:
    """Tuples, numbers, strings and bytes: what `ast.literal_eval` reads back on the other side of a pipe."""
    return tuple(astuple(wave) for wave in waves)


def unpacked(waves: tuple[Any, ...]) -> tuple[Wave, ...]:
    """What `packed` was given."""
    return tuple(Wave(Attacker(tuple(Say(*say) for say in says), *others), *when) for (says, *others), *when in waves)

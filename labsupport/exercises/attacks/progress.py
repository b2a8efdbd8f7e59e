"""How far an attack has come, for whoever shows it while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .attack import Attack
from .felt import Felt
from .held import Held
from .judging import Did

__all__ = ["Phase", "Progress"]

Phase = Literal["quiet", "attack", "later"]


@dataclass(frozen=True)
class Progress:
    """How far an attack has come.

    - `attack`; `phase`: "quiet", "attack" or "later"; `seconds`: since the phase began.
    - `quiet`, `felt`: the good client's visits in quiet, and under attack so far.
    - `held`, `worst`: what the server holds now, and the most that it held.
    - `did`: what the attackers have done so far.
    """

    attack: Attack
    phase: Phase
    seconds: float
    quiet: Felt
    felt: Felt
    held: Held
    worst: Held
    did: Did

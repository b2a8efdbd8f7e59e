"""What all connections of a link have in common."""

from __future__ import annotations

from labsupport.faults import Fault
from labsupport.tape.events import Address
from labsupport.tape.programs import Owner

from .loop import Carrier
from .tap import Overheard

__all__ = ["Plan"]


class Plan:
    """What a link is to do, for all who come through it: where to, by which faults, and what was overheard."""

    def __init__(self, owner: Owner, carrier: Carrier, target: Address, seed: int) -> None:
        self.owner = owner  # whose faults may raise; no thread and no socket is its own
        self.carrier = carrier
        self.target = target
        self.seed = seed
        self.faults: dict[str, tuple[Fault, ...]] = {"up": (), "down": ()}
        self.overheard = {"up": Overheard(), "down": Overheard()}
        self.error = ""

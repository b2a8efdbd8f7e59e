"""Nothing gets through any more, and nobody is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .ending import Ending

__all__ = ["Blackhole"]


@dataclass(frozen=True)
class Blackhole(Ending):
    """When `after` bytes (of datagrams: datagrams) have gone this way, nothing more does: silence.

    The sender is not told, and the link's own kernel still acknowledges what it sends.  A stream that was silenced
    stays so, for there is a hole in it; closing the link closes it.
    """

    effect: ClassVar[str] = "silenced"

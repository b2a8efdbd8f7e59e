"""Both ends get a RST."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .ending import Ending

__all__ = ["Reset"]


@dataclass(frozen=True)
class Reset(Ending):
    """When `after` bytes have gone this way, the connection ends with a RST at both ends (ConnectionResetError).

    With `after=0` that may be so soon that connect() itself raises it; assigned to a link that is in use, it pulls
    the plug.
    """

    effect: ClassVar[str] = "reset"
    not_for_datagrams: ClassVar[str] = "UDP has no connection that could be reset: use Blackhole"

"""The connection is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .ending import Ending

__all__ = ["Limit"]


@dataclass(frozen=True)
class Limit(Ending):
    """When `after` bytes have gone this way, the connection is closed at both ends: b'', with no error."""

    effect: ClassVar[str] = "closed"
    not_for_datagrams: ClassVar[str] = "UDP has no connection that could be closed: use Blackhole"

"""How many clients a panel may have: fewer where others share the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from labsupport.services.limits import on_a_hub

__all__ = ["MOST", "most"]

#: Clients at most; and where others share the machine.
MOST: Final = 200
_ON_A_HUB: Final = 50


def most(environment: Mapping[str, str] = os.environ) -> int:
    """So many clients may come, the slow ones among them."""
    return _ON_A_HUB if on_a_hub(environment) else MOST

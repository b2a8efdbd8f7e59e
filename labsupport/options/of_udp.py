"""The options of IPPROTO_UDP.  `socket` names none of them: they are Linux's, by their number."""

from __future__ import annotations

from functools import partial
from typing import Final

from .kinds import BOOL, BYTES
from .option import Level, Option

__all__ = ["ROWS"]

_row = partial(Option, Level.IPPROTO_UDP)

_HEADER: Final = "Linux: linux/udp.h"

ROWS: Final = (
    _row("UDP_CORK", 1, BOOL, "Linux -", "join what is sent into one datagram, until it is cleared"),
    _row("UDP_SEGMENT", 103, BYTES, "Linux -", "cut what is sent into datagrams of this size; 0: off", page=_HEADER),
    _row("UDP_GRO", 104, BOOL, "Linux -", "receive several datagrams of one size at once", page=_HEADER),
)

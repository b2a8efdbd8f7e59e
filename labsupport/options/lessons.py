"""The experiments that the table points to: the chapter, and the heading of the step (a test compares them)."""

from __future__ import annotations

from typing import Final

REUSE: Final = "06: A server starts again"
NAGLE: Final = "06: Two small writes"
BUFFERS: Final = "06: A peer that never reads"
DEAD_PEER: Final = "06: Who gives up?"
KEEPALIVE: Final = "06: A cable is cut"
RESET: Final = "06: The other cure from the web"
MADE_OF_IT: Final = "06: What the system makes of it"
SHARING: Final = "06: SO_REUSEPORT, and the stale server"
FINE: Final = "06: Cork, quick ACK, segment size, pacing"
DUAL_STACK: Final = "06: IPv6 and IPv4 on one socket"
GROUPS: Final = "06: Broadcast and multicast"
INHERITED: Final = "06: What an accepted socket inherits"
NONBLOCKING: Final = "07: Three doors at once"

"""The experiments that the table points to: the chapter, and what is tried there."""

from __future__ import annotations

from typing import Final

REUSE: Final = "06: TIME-WAIT, and who closes first"
NAGLE: Final = "06: Nagle with delayed ACK"
BUFFERS: Final = "06: buffers and backpressure"
DEAD_PEER: Final = "06: TCP_USER_TIMEOUT against a zero window"
KEEPALIVE: Final = "06: keepalive, with and without data in flight"
RESET: Final = "06: a reset, by SO_LINGER and by unread data"
MADE_OF_IT: Final = "06: what the system makes of a value"
SHARING: Final = "06: SO_REUSEPORT, and the stale server"
FINE: Final = "06: cork, quick ACK, segment size, pacing"
DUAL_STACK: Final = "06: IPv6 and IPv4 on one socket"
GROUPS: Final = "06: broadcast and multicast"
INHERITED: Final = "06: what accepted sockets inherit"
NONBLOCKING: Final = "07: connect without waiting"

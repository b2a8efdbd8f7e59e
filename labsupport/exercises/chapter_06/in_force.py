"""What a socket's options say of a peer that is gone: after how long would the kernel notice?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from labsupport import options
from labsupport.tape.watched import Plain

__all__ = ["DEFAULT_IDLE", "HAS_USER_TIMEOUT", "InForce", "in_force"]

#: Linux alone lets a program say how long its data may be unacknowledged.
HAS_USER_TIMEOUT: Final = options.TABLE["TCP_USER_TIMEOUT"].number is not None
#: macOS has another name for the time before the first probe.
_IDLE: Final = ("TCP_KEEPIDLE", "TCP_KEEPALIVE")
#: Seconds before the first probe where nobody has set them: 7200 by tcp(7), unless this system was told otherwise.
DEFAULT_IDLE: Final = int(max(options.TABLE[name].default or 0 for name in _IDLE))


@dataclass(frozen=True)
class InForce:
    """The options of a socket, asked of its kernel: times in seconds, but `user_timeout` in milliseconds (0: none).

    - `waits`: the socket's own timeout, that of settimeout(); None: for ever.
    """

    keepalive: bool
    idle: int
    interval: int
    count: int
    user_timeout: int
    waits: float | None

    @property
    def idle_noticed(self) -> float | None:
        """Seconds until a peer that is gone is noticed on an idle connection; None: never.

        With TCP_USER_TIMEOUT that decides, and no count of probes (tcp(7)): at the first probe's time that is past it.
        """
        if not self.keepalive:
            return None
        if not self.user_timeout:
            return self.idle + self.interval * self.count
        seconds = self.idle + self.interval
        while self.interval > 0 and seconds * 1000 < self.user_timeout:
            seconds += self.interval
        return seconds


def in_force(sock: Any) -> InForce:
    """The options of this open socket; it writes nothing on the tape."""
    return InForce(
        keepalive=bool(_ask(sock, "SO_KEEPALIVE")),
        idle=max(_ask(sock, name) for name in _IDLE),
        interval=_ask(sock, "TCP_KEEPINTVL"),
        count=_ask(sock, "TCP_KEEPCNT"),
        user_timeout=_ask(sock, "TCP_USER_TIMEOUT"),
        waits=Plain.gettimeout(sock),
    )


def _ask(sock: Any, name: str) -> int:
    return int(options.TABLE[name].ask(sock) or 0)

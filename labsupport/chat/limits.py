"""What a server allows, and for how long it waits: the table "Limits" of the specification."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bucket", "Limits"]


@dataclass(frozen=True)
class Limits:
    """The limits of one server.  Another value than that of the specification is for tests and experiments.

    - `frame`, `text`, `name`: bytes.  `members`, `door`: connections that are in, and that are not.
    - `burst`: frames at once; `rate`: frames a second.
    - `login`, `idle`, `linger`: seconds.
    - `queue`: bytes of frames that wait for one member.
    """

    frame: int = 4096
    text: int = 1000
    name: int = 64
    members: int = 256
    door: int = 100
    burst: int = 20
    rate: float = 10.0
    login: float = 4.0
    idle: float = 90.0
    queue: int = 65_536
    linger: float = 2.0


class Bucket:
    """Tokens: `burst` of them at first and at most, `rate` new ones a second.  Whoever calls tells the time."""

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self._burst, self._rate = burst, rate
        self._tokens, self._at = float(burst), now

    def take(self, now: float) -> bool:
        """Spend a token, if there is one."""
        self._fill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def wait(self, now: float) -> float:
        """Seconds until there is a token; 0 if there is one."""
        self._fill(now)
        return max(0.0, (1 - self._tokens) / self._rate)

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = max(self._at, now)

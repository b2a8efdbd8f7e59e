"""What two experiments of chapter 06 showed on Linux 6.18, for a system on which they show nothing.

Some systems have no delayed acknowledgements to wait for, and not every system lets an ordinary user have what arrives
thrown away.  A cell then shows the recorded run, and says that it is one.  A test compares these lines with what the
notebook has stored, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["RUNS", "run", "unless"]

RUNS: Final[Mapping[str, str]] = {
    "two small writes": """\
milliseconds: ≈ 1.91 ≈ 41.47 ≈ 48.13 ≈ 47.85 ≈ 43.88 ≈ 47.98 ≈ 48.01 ≈ 43.95
half of them took more than 20 ms: True""",
    "a cable is cut": """\
idle, keepalive                   ETIMEDOUT after ≈ 2.0 s
question, keepalive               still connected
question, TCP_USER_TIMEOUT        ETIMEDOUT after ≈ 1.1 s
idle, TCP_USER_TIMEOUT            still connected""",
}

_SAYS: Final = "This system does not show it. A run that was recorded on Linux 6.18:"


def run(name: str) -> str:
    """The recorded lines of this experiment, below a line that says what they are."""
    return f"{_SAYS}\n{RUNS[name]}"


def unless(shown: bool, name: str) -> None:
    """Print the recorded run of this experiment, unless this system has shown the effect itself."""
    if not shown:
        print(run(name))

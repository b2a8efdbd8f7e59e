"""Which system this is, by the name that the table uses."""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["LINUX", "MACOS", "WINDOWS", "here"]

LINUX: Final = "Linux"
MACOS: Final = "macOS"
WINDOWS: Final = "Windows"

_NAMES: Final = {"linux": LINUX, "darwin": MACOS, "win32": WINDOWS}


def here() -> str:
    """The system that this Python runs on; for one that the table does not know, Python's own word for it."""
    return _NAMES.get(sys.platform, sys.platform)

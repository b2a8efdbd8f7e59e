"""Your function as a server in a background thread (`background`), and events that the ladder can draw (`Signal`)."""

from __future__ import annotations

from ._registry import background
from ._server import Background
from ._signals import Signal

__all__ = ["Background", "Signal", "background"]

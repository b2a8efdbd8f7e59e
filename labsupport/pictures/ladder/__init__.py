"""The ladder: who called what, who waited, and which bytes went where."""

from __future__ import annotations

from .layout import Layout, lay_out

__all__ = ["Layout", "lay_out"]

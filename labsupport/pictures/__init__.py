"""The ladder and the byte view: pure functions from what is on the tape to SVG and text."""

from __future__ import annotations

from .picture import Picture

__all__ = ["Picture"]

"""The ladder, the byte view and the handshake: pure functions from what happened to SVG and text."""

from __future__ import annotations

from .handshake import Flights, flights
from .picture import Picture

__all__ = ["Flights", "Picture", "flights"]

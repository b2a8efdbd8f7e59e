"""A handshake as a picture: its flights between client and server, and what an eavesdropper can read of them.

Data flows one way: `messages` finds the messages in the parts of a transcript, `story` tells what each is for and how
it ended, `draw` and `twin` make a picture and a text of it, `picture` shows both.
"""

from __future__ import annotations

from .picture import Flights, flights

__all__ = ["Flights", "flights"]

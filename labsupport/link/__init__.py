"""A network between two sockets, which can misbehave: `Link`."""

from .front import Link

__all__ = ["Link"]

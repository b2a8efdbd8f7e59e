"""TLS for lessons: an authority of your own, certificates that are wrong on purpose, and handshakes byte by byte.

Each name is looked up when it is first used: certificates and keys need `cryptography`, which takes its time to load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labsupport.lookup import looked_up

if TYPE_CHECKING:
    from .animals import Animal, gallery
    from .authority import Authority
    from .certificates import Certificate
    from .memory import handshake
    from .transcript import Transcript, transcribe

__all__ = [
    "Animal",
    "Authority",
    "Certificate",
    "Transcript",
    "gallery",
    "handshake",
    "transcribe",
]

#: Where each name lives.
_PLACES = {
    "Animal": "animals",
    "Authority": "authority",
    "Certificate": "certificates",
    "Transcript": "transcript",
    "gallery": "animals",
    "handshake": "memory",
    "transcribe": "transcript",
}

if not TYPE_CHECKING:  # else mypy would believe in every name
    __getattr__, __dir__ = looked_up(__name__, _PLACES)

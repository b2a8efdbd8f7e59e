"""The panels: one function each, which gives an ipywidget.  Looked up when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labsupport.lookup import looked_up

if TYPE_CHECKING:
    from .attacks.under_attack import attack
    from .comparison.comparing import two_connections
    from .crowds.crowded import crowd
    from .errors.zoo import error_zoo
    from .one_client.by_hand import client
    from .own_work.carrying import my_work
    from .own_work.coming_back import recall
    from .room.assembly import chat
    from .streams.three_readers import cuts
    from .tls.certificates import gallery
    from .tls.flights import handshake
    from .transports.both_protocols import protocols

__all__ = [
    "attack", "chat", "client", "crowd", "cuts", "error_zoo", "gallery", "handshake", "my_work", "protocols", "recall",
    "two_connections",
]  # fmt: skip

#: Where each panel lives.  No module bears the name of a panel: it would hide the function.
_PLACES = {
    "attack": "attacks.under_attack",
    "chat": "room.assembly",
    "client": "one_client.by_hand",
    "crowd": "crowds.crowded",
    "cuts": "streams.three_readers",
    "error_zoo": "errors.zoo",
    "gallery": "tls.certificates",
    "handshake": "tls.flights",
    "my_work": "own_work.carrying",
    "protocols": "transports.both_protocols",
    "recall": "own_work.coming_back",
    "two_connections": "comparison.comparing",
}

if not TYPE_CHECKING:  # else mypy would believe in every name
    __getattr__, __dir__ = looked_up(__name__, _PLACES)

"""The panels: one function each, which gives an ipywidget.  Looked up when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .both_protocols import protocols
    from .by_hand import client
    from .certificates import gallery
    from .comparing import two_connections
    from .crowded import crowd
    from .flights import handshake
    from .three_readers import cuts
    from .zoo import error_zoo

__all__ = ["client", "crowd", "cuts", "error_zoo", "gallery", "handshake", "protocols", "two_connections"]

#: Where each panel lives.  No module bears the name of a panel: it would hide the function.
_PLACES = {
    "client": "by_hand",
    "crowd": "crowded",
    "cuts": "three_readers",
    "error_zoo": "zoo",
    "gallery": "certificates",
    "handshake": "flights",
    "protocols": "both_protocols",
    "two_connections": "comparing",
}


def __getattr__(name: str) -> object:
    """Find a panel where it lives, and keep it."""
    if name not in _PLACES:
        raise AttributeError(f"there is no panel {name!r}. There are: {', '.join(__all__)}.", name=name)
    value: object = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The panels, whether or not they have been looked up."""
    return sorted({*globals(), *__all__})

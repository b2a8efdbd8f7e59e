"""TLS for lessons: an authority of your own, certificates that are wrong on purpose, and handshakes byte by byte.

Each name is looked up when it is first used: certificates and keys need `cryptography`, which takes its time to load.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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

#: Where each name lives: the module of this package, and the attribute.
_PLACES = {
    "Animal": (".animals", "Animal"),
    "Authority": (".authority", "Authority"),
    "Certificate": (".certificates", "Certificate"),
    "Transcript": (".transcript", "Transcript"),
    "gallery": (".animals", "gallery"),
    "handshake": (".memory", "handshake"),
    "transcribe": (".transcript", "transcribe"),
}

if not TYPE_CHECKING:  # else mypy would believe in every name

    def __getattr__(name: str) -> object:
        """Find a public name where it lives, and keep it."""
        if name not in _PLACES:
            raise AttributeError(f"labsupport.tls has no {name!r}. It has: {', '.join(__all__)}.", name=name)
        module, attribute = _PLACES[name]
        value: object = getattr(import_module(module, __name__), attribute)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """The public names, whether or not they have been looked up."""
    return sorted({*globals(), *_PLACES})

"""The board of a workshop.

The instructor runs ``python -m labsupport.workshop``.  In a notebook:

    from labsupport import workshop
    workshop.join("192.0.2.7:8790", "7QF2-…", name="Zanele")   # or workshop.panel()
    workshop.sent()      # exactly what was sent
    workshop.leave()     # leaves, and the board deletes

Nothing leaves this machine before somebody joins, and nothing of the course depends on it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .asking import panel
    from .membership import join, leave, sent

__all__ = ["join", "leave", "panel", "sent"]

#: Where each name lives.
_PLACES = {"join": "membership", "leave": "membership", "panel": "asking", "sent": "membership"}


def __getattr__(name: str) -> object:
    """Find a public name where it lives, and keep it."""
    if name not in _PLACES:
        raise AttributeError(f"workshop has no {name!r}. It has: {', '.join(__all__)}.", name=name)
    value: object = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted({*globals(), *__all__})

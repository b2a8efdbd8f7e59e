"""The board of a workshop.

The instructor runs ``python -m labsupport.workshop``.  In a notebook:

    from labsupport import workshop
    workshop.join("192.0.2.7:8790", "7QF2-…", name="Zanele")   # or workshop.panel()
    workshop.sent()      # exactly what was sent
    workshop.leave()     # leaves, and the board deletes

Nothing leaves this machine before somebody joins, and nothing of the course depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labsupport.lookup import looked_up

if TYPE_CHECKING:
    from .asking import panel
    from .membership import join, leave, sent

__all__ = ["join", "leave", "panel", "sent"]

#: Where each name lives.
_PLACES = {"join": "membership", "leave": "membership", "panel": "asking", "sent": "membership"}

if not TYPE_CHECKING:  # else mypy would believe in every name
    __getattr__, __dir__ = looked_up(__name__, _PLACES)

"""A new cell in the learner's notebook."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["in_new_cell"]


def in_new_cell(source: str) -> bool:
    """Put `source` in a new cell below the one that runs; False where there is no notebook."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is None:
        return False
    shell.set_next_input(source)
    return True

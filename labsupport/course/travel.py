"""Which files travel: the rules that hold for a learner's file on its way out, and for each one that comes in."""

from __future__ import annotations

import json
import unicodedata
from pathlib import PurePosixPath
from typing import Final

__all__ = ["KINDS", "fault", "fault_within", "is_free", "printable"]

#: What a learner's file ends in.
KINDS: Final = (".ipynb", ".py")
_FORBIDDEN: Final = frozenset('\\:*?"<>|')


def fault(name: str) -> str:
    """Why a path is not taken, or ""."""
    parts = name.split("/")
    if not all(parts) or any(part.startswith((".", "__")) or part.endswith((" ", ".")) for part in parts):
        return "its name is empty, hidden, or leads out of the folder"
    if any(letter in _FORBIDDEN or not letter.isprintable() for letter in name) or len(name.encode()) > 200:
        return "its name cannot be written on every system"
    if PurePosixPath(name).suffix not in KINDS:
        return f"only {' and '.join(KINDS)} are taken"
    return ""


def fault_within(name: str, content: bytes) -> str:
    """Why what is in a file is not taken, or ""."""
    if not name.endswith(".ipynb"):
        return ""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return "it is no JSON, and a notebook is"
    sound = isinstance(found, dict) and found.get("nbformat") == 4 and isinstance(found.get("cells"), list)
    return "" if sound else "it is no notebook of format 4"


def is_free(name: str, taken: set[str]) -> bool:
    """Whether a file can stand beside those before it on every system: it is none of them, nor in one; then noted.

    On some systems capitals and the two ways to write an accent make no difference.
    """
    path = PurePosixPath(unicodedata.normalize("NFC", name.casefold()))
    free = taken.isdisjoint([str(path), f"{path}/", *map(str, path.parents)])
    taken.update([str(path), *(f"{folder}/" for folder in path.parents)])
    return free


def printable(name: str) -> str:
    """A name as text that can be shown: what is no letter, or no text at all, as an escape."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)

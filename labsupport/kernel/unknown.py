"""A system of which nothing is known but what POSIX and psutil say: every other field is None."""

from __future__ import annotations

from typing import Any

from . import portable
from .asking import sizes
from .facts import Fact, Row

__all__ = ["facts", "rows", "unread", "unsent"]


def facts(sock: Any) -> Fact:
    """The buffer sizes; never raises."""
    return sizes(sock)


def unread(_fd: int) -> int | None:
    """Not known here: always None."""
    return None


def unsent(_fd: int) -> int | None:
    """Not known here: always None."""
    return None


def rows(protocol: str) -> list[Row]:
    """What psutil lists."""
    return portable.rows(protocol)

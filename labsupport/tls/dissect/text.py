"""Bytes as text, where they are some."""

from __future__ import annotations

from typing import Final

__all__ = ["text"]

_LONG: Final = 60


def text(raw: bytes) -> str:
    """`raw` as UTF-8 on one line, "" where it is none; characters that do not print are escaped, a long text is cut."""
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        return ""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in whole[: _LONG + 1])
    return shown if len(whole) <= _LONG else f"{shown[:_LONG]}…"

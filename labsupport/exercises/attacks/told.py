"""Figures as a person reads them; what was measured has a ≈ before it."""

from __future__ import annotations

import math

__all__ = ["counted", "duration", "memory", "quantity"]


def counted(count: int, what: str) -> str:
    """So many of something: "1 client", "40 clients"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def quantity(size: int) -> str:
    """So many bytes: "16 MiB", "1,200 bytes"."""
    if size >= 2**20:
        return f"{size / 2**20:.3g} MiB"
    if size >= 10_000:
        return f"{size / 1024:.3g} KiB"
    return counted(size, "byte")


def duration(seconds: float) -> str:
    """Some measured seconds: "≈ 0.4 ms", "≈ 1.2 s"; "never" for infinity, "-" for none."""
    if math.isnan(seconds):
        return "-"
    if math.isinf(seconds):
        return "never"
    return f"≈ {seconds * 1000:.3g} ms" if seconds < 0.9995 else f"≈ {seconds:.3g} s"


def memory(size: int | None) -> str:
    """Some measured bytes of memory: "≈ 34 MiB"."""
    return "-" if size is None else f"≈ {size / 2**20:.3g} MiB"

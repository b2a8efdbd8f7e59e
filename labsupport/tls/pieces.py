"""Parts that stand elsewhere: moved to where their bytes are in a flight, and cut where a record ends."""

from __future__ import annotations

from dataclasses import replace

from .parts import CONTINUED, Part

__all__ = ["piece"]


def piece(part: Part, low: int, high: int, by: int = 0, *, secret: bool = False) -> Part:
    """What of a part, and of its parts, lies from `low` to `high`, moved `by` bytes.

    A part that began earlier says that it is continued.  With `secret`, all of it is.
    """
    start, end = max(part.start, low), min(part.end, high)
    return replace(
        part,
        start=start + by,
        end=end + by,
        label=part.label if part.start >= low or part.label.endswith(CONTINUED) else part.label + CONTINUED,
        parts=tuple(
            piece(inner, low, high, by, secret=secret) for inner in part.parts if inner.start < high and inner.end > low
        ),
        secret=secret or part.secret,
        opened=part.opened[start - part.start : end - part.start],
    )

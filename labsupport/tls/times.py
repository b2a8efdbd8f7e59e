"""From when and until when a certificate is valid, checked before anything is signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["check_time", "validity"]

#: From when and until when a certificate is valid if nobody says otherwise, as seen from now.
BEFORE, AFTER = timedelta(days=-1), timedelta(days=90)
#: A certificate can name no time before 1950 (RFC 5280, section 4.1.2.5.1), and Python none after the year 9999.
EARLIEST: Final = datetime(1950, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)


def validity(not_before: datetime | None, not_after: datetime | None) -> tuple[datetime, datetime]:
    """Both ends; what is not said lies around now, and in any case on the right side of what is said.

    Raises:
        TypeError, ValueError: as `check_time` does.
        ValueError: it would end before it begins.
    """
    check_time(not_before, not_after)
    now = datetime.now(UTC)
    begin = not_before or min(now, not_after or now) + BEFORE
    end = not_after or max(now, begin) + AFTER
    if begin >= end:
        raise ValueError(f"a certificate begins before it ends: not_before is {begin}, and not_after is {end}")
    return begin, end


def check_time(*times: object) -> None:
    """Each is a point in time that a certificate can name, or None.

    Raises:
        TypeError: no datetime.
        ValueError: one without a time zone, or outside the years 1950 to 9998.
    """
    for one in times:
        if one is None:
            continue
        if not isinstance(one, datetime):
            raise TypeError(f"when a certificate is valid is said by a datetime with a time zone, not by {one!r}")
        if one.utcoffset() is None:
            raise ValueError(f"{one!r} has no time zone: write datetime(..., tzinfo=UTC), or datetime.now(UTC)")
        if not EARLIEST <= one < LATEST:
            raise ValueError(f"the times in a certificate lie in the years 1950 to 9998, and {one} does not")

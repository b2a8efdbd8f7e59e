"""Certificates that are right on another day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from .animal import Chain, Visit, animal

__all__ = ["expired", "not_yet_valid"]

DAY = timedelta(days=1)


@animal(
    "expired",
    10,
    advice="Check the date and time of your computer. If they are right, tell whoever runs the server that its "
    "certificate has to be renewed, and come back when it is.",
)
def expired(chain: Chain) -> Visit:
    """Its last day is over."""
    now = datetime.now(UTC)
    return Visit(chain.server.altered(not_before=now - 90 * DAY, not_after=now - DAY))


@animal(
    "not yet valid",
    9,
    advice="Check the date and time of your computer first: a clock that is slow gives this too. If they are right, "
    "tell whoever runs the server, and come back when the certificate has begun.",
)
def not_yet_valid(chain: Chain) -> Visit:
    """Its first day is still to come."""
    now = datetime.now(UTC)
    return Visit(chain.server.altered(not_before=now + DAY, not_after=now + 90 * DAY))

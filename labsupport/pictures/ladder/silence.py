"""Silence is evidence: what a call that got nothing, or less than it could, says about the order of things."""

from __future__ import annotations

from collections import defaultdict

from labsupport.tape.events import Call, Endpoint
from labsupport.tape.exchange import Exchange

__all__ = ["coming", "feeds", "had_room"]


def had_room(call: Call) -> bool:
    """Did it end although it would have taken more: it timed out, or gave fewer bytes than it was asked for?"""
    if call.error is not None:
        return issubclass(call.error.type, TimeoutError) and call.op.startswith(("recv", "accept"))
    size = call.asked[0] if call.asked and isinstance(call.asked[0], int) else 0
    return call.op.startswith("recv") and call.length is not None and 0 < call.length < size


def coming(exchange: Exchange) -> dict[Endpoint, list[Call]]:
    """For each endpoint the calls that something came from, in the order in which they began."""
    found: dict[Endpoint, dict[Call, None]] = defaultdict(dict)
    for arrow in exchange.arrows:
        source, one = arrow.source, arrow.connection
        if source is not None:
            receiver = one.other(source.endpoint)
            if receiver is not None:
                found[receiver][source] = None
    for one in exchange.connections:
        if one.connect is not None and one.listener is not None:
            found[one.listener][one.connect] = None
    return {end: sorted(calls, key=lambda call: call.order) for end, calls in found.items()}


def feeds(exchange: Exchange, send: Call, recv: Call) -> bool:
    """Did `recv` take some of what `send` sent?"""
    return any(arrow.target is recv for arrow in exchange.of(send))

"""Silence is evidence: what a call that got nothing, or less than it could, says about the order of things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from labsupport.tape.arrows import Arrow
from labsupport.tape.events import Call, Endpoint
from labsupport.tape.exchange import Exchange

from .landings import Landing

__all__ = ["coming", "feeds", "had_room", "lost"]


_DATAGRAMS: Final = 2  # SOCK_DGRAM: a recv takes one datagram, however many wait


def had_room(call: Call) -> bool:
    """Did it end although it would have taken more: it timed out, or gave less of a stream than was asked for?"""
    if call.error is not None or call.endpoint.type == _DATAGRAMS:
        return (
            call.error is not None
            and issubclass(call.error.type, TimeoutError)
            and call.op.startswith(("recv", "accept"))
        )
    size = call.asked[0] if call.asked and isinstance(call.asked[0], int) else 0
    return call.op.startswith("recv") and call.length is not None and 0 < call.length < size


def coming(exchange: Exchange, landed: Mapping[Arrow, Landing]) -> dict[Endpoint, list[Call | Landing]]:
    """For each endpoint the calls that something came from, or where it landed that came by a link, in their order."""
    found: dict[Endpoint, dict[Call | Landing, None]] = defaultdict(dict)
    for arrow in exchange.arrows:
        source, one = arrow.source, arrow.connection
        if source is not None and (one.route is None or arrow in landed):
            receiver = one.other(source.endpoint)
            if receiver is not None:
                found[receiver][landed.get(arrow, source)] = None
    for one in exchange.connections:
        if one.connect is not None and one.listener is not None:
            found[one.listener][one.connect] = None
    return {end: sorted(some, key=lambda one: one.order) for end, some in found.items()}


def lost(exchange: Exchange) -> dict[Endpoint, list[Call]]:
    """For each endpoint the calls that sent what was lost on its way there, in the order in which they began."""
    found: dict[Endpoint, dict[Call, None]] = defaultdict(dict)
    for arrow in exchange.arrows:
        receiver = arrow.connection.other(arrow.source.endpoint) if arrow.source is not None else None
        if arrow.fate in ("lost", "refused") and arrow.source is not None and receiver is not None:
            found[receiver][arrow.source] = None
    return {end: sorted(some, key=lambda call: call.order) for end, some in found.items()}


def feeds(exchange: Exchange, came: Call | Landing, recv: Call) -> bool:
    """Did `recv` take some of it?"""
    arrows = came.arrows if isinstance(came, Landing) else exchange.of(came)
    return any(arrow.target is recv for arrow in arrows)

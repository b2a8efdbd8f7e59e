"""What TLS puts into the order of things: the handshake of both ends, and what one of them could not open."""

from __future__ import annotations

import ssl
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from labsupport.tape.arrows import Arrow
from labsupport.tape.events import Call, Endpoint, Event
from labsupport.tape.exchange import Exchange

from .kinds import drawn

__all__ = ["complaints", "shaken", "spoilt"]


def shaken(events: Sequence[Event], exchange: Exchange) -> Iterator[tuple[Call, Call]]:
    """The handshakes of two ends: each begins before the other ends."""
    shakes: dict[Endpoint, list[Call]] = defaultdict(list)
    for event in events:
        if isinstance(event, Call) and event.op == "do_handshake" and drawn(event):
            shakes[event.endpoint].append(event)
    for one in exchange.connections:
        if one.client is not None and one.server is not None:
            for mine, theirs in zip(shakes[one.client], shakes[one.server], strict=False):
                for begun, over in ((mine, theirs), (theirs, mine)):
                    # One that does not wait in its call, as in a selector's loop, may have answered in an earlier one.
                    if over.done is None or begun.order < over.done:
                        yield begun, over


def complaints(events: Sequence[Event], exchange: Exchange) -> Iterator[tuple[Call, Call]]:
    """A call in which TLS failed and said so with an alert, and the call of the other end that raised because of it."""
    failures = _failures(events)
    for one in exchange.connections:
        for end, other in ((one.client, one.server), (one.server, one.client)):
            if end is not None and other is not None:
                said = (call for call in failures[end] if not _was_told(call))
                told = (call for call in failures[other] if _was_told(call))
                yield from zip(islice(said, 1), told, strict=False)


def spoilt(events: Sequence[Event], exchange: Exchange) -> Iterator[tuple[Arrow, Call]]:
    """Bytes that no TLS can open, in clear or with a bit flipped, and the call of the receiver that failed on them."""
    failed = {end: calls[0] for end, calls in _failures(events).items()}
    for arrow in exchange.arrows:
        if arrow.source is None or arrow.target is not None or not _is_spoilt(arrow, arrow.source):
            continue
        receiver = arrow.connection.other(arrow.source.endpoint)
        call = failed.get(receiver) if receiver is not None else None
        if call is not None and arrow.source.order < (call.done or 0):
            yield arrow, call


def _failures(events: Sequence[Event]) -> dict[Endpoint, list[Call]]:
    found: dict[Endpoint, list[Call]] = defaultdict(list)
    for event in events:
        if isinstance(event, Call) and event.layer == "tls" and drawn(event) and _failed(event):
            found[event.endpoint].append(event)
    return found


def _failed(call: Call) -> bool:
    return call.error is not None and issubclass(call.error.type, ssl.SSLError)


def _was_told(call: Call) -> bool:
    """Whether an alert of the other end was the reason: OpenSSL names it so, "TLSV1_ALERT_UNKNOWN_CA"."""
    return call.error is not None and "_ALERT_" in call.error.message


def _is_spoilt(arrow: Arrow, send: Call) -> bool:
    return send.layer == "plain" or any(decision.effect == "corrupted" for decision in arrow.decisions)

"""The end of a stream as TLS says it: the alert close_notify, which only `unwrap()` sends (RFC 9846, section 6.1)."""

from __future__ import annotations

import math
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from .arrows import Connection, Control
from .events import Call, Endpoint, Event
from .records import Record
from .streams import RECEIVING
from .ways import Way

__all__ = ["alerts"]


def alerts(
    connection: Connection,
    mine: Sequence[Event],
    through: tuple[Way, Way] | None,
    records: Mapping[Call, Sequence[Record]],
) -> list[Control]:
    """What either end said with `unwrap()`, and the call of the other that was told so."""
    found = []
    ends = connection.client, connection.server
    for (end, other), way in zip((ends, ends[::-1]), through or (None, None), strict=True):
        unwraps = [call for call in _tls(mine, end) if call.op == "unwrap" and not _failed(call, ValueError)]
        if not unwraps:
            continue
        told = _told(unwraps[0], _tls(mine, other))
        # One that does not wait speaks in its first call, and is told of the last.
        cause = next((call for call in unwraps if not _failed(call, _NOT_YET)), unwraps[0])
        if told is not None or cause.error is None or _failed(cause, TimeoutError):
            one = Control("alert", connection, end, other, cause, told)
            found.append(one if way is None else _through(one, way, records.get(cause, ())))
    return found


_NOT_YET: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


def _failed(call: Call, kind: type[Exception] | tuple[type[Exception], ...]) -> bool:
    return call.error is not None and issubclass(call.error.type, kind)


def _tls(mine: Sequence[Event], end: Endpoint | None) -> list[Call]:
    return [event for event in mine if isinstance(event, Call) and event.endpoint is end and event.layer == "tls"]


def _told(unwrap: Call, theirs: Sequence[Call]) -> Call | None:
    """The first call of the other end that ended with it: a recv that gave b'', or an unwrap."""
    after = (call for call in theirs if call.error is None and unwrap.order < (call.done or 0))
    told = (call for call in after if call.op == "unwrap" or _gave_nothing(call))
    return min(told, key=lambda call: call.done or math.inf, default=None)


def _gave_nothing(call: Call) -> bool:
    return call.op in RECEIVING and call.length == 0 and call.asked[:1] != (0,)


def _through(one: Control, way: Way, records: Sequence[Record]) -> Control:
    """It with its way through a link, or not out of it."""
    if not records:
        return one
    record = records[-1]
    lost = record.end > way.reached and way.over
    if lost:
        one = replace(one, effect=None, decision=way.ending, lost=True)
    return replace(one, passage=way.passage(record.at))

"""Streams: ranges of bytes that were sent, laid over ranges that were received.

TCP keeps no boundaries, so the only thing that ties a recv to a send is where their bytes
stand in the stream (RFC 9293 §3.4: every byte has a number).  Each call carries that place.
"""

from __future__ import annotations

import errno
import socket
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .arrows import Arrow, Connection, Fate
from .events import Call, Endpoint, Event, Note
from .pieces import Piece, at_once, pieces_of
from .ways import Way

__all__ = ["ENDED", "RECEIVING", "SENDING", "carries", "stream_arrows"]

SENDING = frozenset({"send", "sendall", "sendfile", "sendmsg", "sendto", "write"})
RECEIVING = frozenset({"recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into", "read"})

#: How a close ends that lets the socket go.
ENDED = frozenset({"fin", "unread", "linger"})

_TWO_READERS = "two programs were receiving on this socket at once, so who got which bytes cannot be known"

#: Errors of a sendall that had not sent anything yet.
_NOT_BEGUN = frozenset({errno.ENOTCONN, errno.EBADF, errno.EINVAL, errno.EFAULT})

Numbers = Callable[[Call], int]


def carries(send: Call) -> bool:
    """Whether this call sent something, or may have."""
    if send.length is None:
        return send.open or _cut_short(send)
    return send.length > 0 or send.endpoint.type == socket.SOCK_DGRAM


def _cut_short(send: Call) -> bool:
    """A sendall (or sendfile) that failed may have sent a part; a send has not."""
    error = send.error
    if error is None or send.op not in ("sendall", "sendfile") or send.endpoint.type != socket.SOCK_STREAM:
        return False
    wrong = issubclass(error.type, Exception) and not issubclass(error.type, OSError)
    return not wrong and error.errno not in _NOT_BEGUN


def stream_arrows(
    connection: Connection, events: Sequence[Event], number: Numbers, through: tuple[Way, Way] | None = None
) -> list[Arrow]:
    """The arrows of one connection, both directions.

    `number` gives each send its number; `through`: the ways up and down the link that stands between.
    """
    client, server = connection.client, connection.server
    up, down = through or (None, None)
    return [
        *_one_way(connection, client, server, events, number, up),
        *_one_way(connection, server, client, events, number, down),
    ]


def _one_way(
    connection: Connection,
    sender: Endpoint | None,
    receiver: Endpoint | None,
    events: Sequence[Event],
    number: Numbers,
    way: Way | None,
) -> list[Arrow]:
    rest = _fate_of_rest(connection, sender, receiver, events)
    arrows = []
    for layer in ("plain", "tls"):
        sends = [call for call in _calls(events, sender, SENDING, layer) if carries(call)]
        recvs = [call for call in _calls(events, receiver, RECEIVING, layer) if call.length]
        takes = sorted((call for call in recvs if not _peeks(call)), key=_place)
        peeks = _Peeks(sorted((call for call in recvs if _peeks(call)), key=_place))
        pieces = pieces_of(sends, _end(takes[-1]) if takes else 0)
        arrows += _laid(connection, pieces, takes, peeks, rest, number, way if layer == "plain" else None)
    return arrows


def _calls(events: Sequence[Event], endpoint: Endpoint | None, ops: frozenset[str], layer: str) -> list[Call]:
    return [
        event
        for event in events
        if isinstance(event, Call) and event.endpoint is endpoint and event.op in ops and event.layer == layer
    ]


def _peeks(call: Call) -> bool:
    return bool(call.flags & _PEEK)


_PEEK = int(socket.MSG_PEEK)


def _place(call: Call) -> tuple[int, int]:
    return call.offset, call.order


def _end(call: Call) -> int:
    return call.offset + (call.length or 0)


# --- the one laid over the other -------------------------------------------------------------


class _Peeks:
    """The calls that looked at bytes and left them there."""

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls
        self._starts = [call.offset for call in calls]
        self._longest = max((call.length or 0 for call in calls), default=0)

    def at(self, low: int, high: int) -> tuple[Call, ...]:
        """Those that saw some of the bytes ``[low, high)``."""
        first, last = bisect_left(self._starts, low - self._longest), bisect_left(self._starts, high)
        return tuple(call for call in self._calls[first:last] if _end(call) > low)


def _laid(
    connection: Connection,
    pieces: list[Piece],
    takes: list[Call],
    peeks: _Peeks,
    rest: Fate,
    number: Numbers,
    way: Way | None,
) -> list[Arrow]:
    arrows = []
    shared = at_once(takes)
    matched: dict[Call, list[tuple[int, int]]] = defaultdict(list)
    for (send, start, _, unsure), low, high, take in _cut_by_link(_parts(pieces, takes), way):
        fate, taken, doubt = rest, 0, unsure
        if take is not None:
            matched[take].append((low, high))
            fate, taken, doubt = "received", low - take.offset, unsure or (_TWO_READERS if take in shared else "")
        seen = peeks.at(low, high)
        arrow = Arrow(number(send), connection, send, low - start, high - start, fate, take, taken, seen, doubt)
        arrows.append(arrow if way is None else _through(arrow, way, low, high))
    return arrows + [arrow for take in takes for arrow in _from_outside(connection, take, matched[take])]


def _cut_by_link(
    parts: Iterator[tuple[Piece, int, int, Call | None]], way: Way | None
) -> Iterator[tuple[Piece, int, int, Call | None]]:
    """The parts that no recv took, cut where a link handed on no more."""
    for piece, low, high, take in parts:
        if take is None and way is not None and low < way.reached < high:
            yield piece, low, way.reached, None
            yield piece, way.reached, high, None
        else:
            yield piece, low, high, take


def _through(arrow: Arrow, way: Way, low: int, high: int) -> Arrow:
    """The arrow with what a link did to its bytes, which stand at ``[low, high)`` in the stream."""
    passage, delivery, decisions = way.passage(low), way.delivery(low), way.decisions(low, high)
    if arrow.target is not None or low < way.reached:
        return replace(arrow, passage=passage, delivery=delivery, decisions=decisions)
    fate: Fate = "lost" if way.over else "waiting"
    why = (way.ending,) if way.ending is not None else ()
    return replace(arrow, fate=fate, passage=passage, decisions=(*decisions, *why))


def _parts(pieces: list[Piece], takes: list[Call]) -> Iterator[tuple[Piece, int, int, Call | None]]:
    """The bytes of each piece, cut where the recvs cut them; with None those that no recv took."""
    first = 0  # the recvs before this one end before the piece at hand begins
    for piece in pieces:
        at = piece.start
        while first < len(takes) and _end(takes[first]) <= at:
            first += 1
        for here in range(first, len(takes)):
            take = takes[here]
            if take.offset >= piece.end:
                break
            if at < take.offset:
                yield piece, at, take.offset, None
            low, at = max(at, take.offset), max(at, min(piece.end, _end(take)))
            if low < at:
                yield piece, low, at, take
        if at < piece.end:
            yield piece, at, piece.end, None


def _from_outside(connection: Connection, take: Call, matched: list[tuple[int, int]]) -> list[Arrow]:
    """Bytes of a recv that no send on this tape accounts for."""
    arrows = []
    at = take.offset
    for low, high in [*sorted(matched), (_end(take), _end(take))]:
        if at < low:
            arrows.append(Arrow(0, connection, None, 0, low - at, "outside", take, at - take.offset))
        at = max(at, high)
    return arrows


def _fate_of_rest(
    connection: Connection, sender: Endpoint | None, receiver: Endpoint | None, events: Sequence[Event]
) -> Fate:
    """What became of bytes that no recv took."""
    if receiver is None and sender is connection.client:
        receiver = connection.listener  # they wait in its queue, until it closes
    if receiver is None:
        return "outside"
    return "discarded" if any(_lets_go(event, receiver, connection) for event in events) else "waiting"


def _lets_go(event: Event, receiver: Endpoint, connection: Connection) -> bool:
    if not isinstance(event, Call | Note) or event.endpoint is not receiver:
        return False
    over = event.kind == "collected" if isinstance(event, Note) else event.ending in ENDED
    return over and (receiver is not connection.listener or event.order > (connection.connect or event).order)

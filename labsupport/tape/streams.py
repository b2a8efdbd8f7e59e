"""Streams: ranges of bytes that were sent, laid over ranges that were received.

TCP keeps no boundaries, so the only thing that ties a recv to a send is where their bytes
stand in the stream (RFC 9293 §3.4: every byte has a number).  Each call carries that place.
What TLS sends is a stream of its own, and on its way through a link its bytes are in records (`sealed`).
"""

from __future__ import annotations

import errno
import socket
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from .arrows import Arrow, Connection, Fate
from .events import Call, Endpoint, Event, Note
from .pieces import Piece, at_once, pieces_of
from .records import Record
from .sealed import DOUBT, Later, Sealed, sealed
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
) -> tuple[list[Arrow], Mapping[Call, tuple[Record, ...]]]:
    """The arrows of one connection, both directions; and the TLS records that its calls became.

    `number` gives each send its number; `through`: the ways up and down the link that stands between.
    """
    arrows: list[Arrow] = []
    made: dict[Call, tuple[Record, ...]] = {}
    calls = [event for event in events if isinstance(event, Call)]
    ends = connection.client, connection.server
    for (sender, receiver), way in zip((ends, ends[::-1]), through or (None, None), strict=True):
        rest = _fate_of_rest(connection, sender, receiver, events)
        tls = [call for call in calls if call.endpoint is sender and call.layer == "tls"]
        clear, secret = (_Traffic(calls, sender, receiver, layer) for layer in ("plain", "tls"))
        arrows += _laid(connection, clear, rest, number, _in_clear(clear, tls, way))
        records = sealed(way, secret.pieces, secret.taken, tls) if way is not None else None
        made.update(records.made if records is not None else {})
        arrows += _laid(connection, secret, rest, number, _alike(records), DOUBT if way is not None else "")
    return arrows, made


class _Traffic:
    """What one end sent and the other took, in one layer."""

    def __init__(self, calls: Sequence[Call], sender: Endpoint | None, receiver: Endpoint | None, layer: str) -> None:
        mine = [call for call in calls if call.layer == layer]
        sends = [call for call in mine if call.endpoint is sender and call.op in SENDING and carries(call)]
        came = [call for call in mine if call.endpoint is receiver and call.op in RECEIVING and call.length]
        came.sort(key=_place)
        self.takes = [call for call in came if not _peeks(call)]
        self.peeks = _Peeks([call for call in came if _peeks(call)])
        self.taken = _end(self.takes[-1]) if self.takes else 0
        self.pieces = pieces_of(sends, self.taken)


#: How bytes go through a link; None: there is none, or it cannot be known.
_Passing = Way | Later | Sealed | None
_Passings = Callable[[Piece], _Passing]


def _in_clear(clear: _Traffic, tls: Sequence[Call], way: Way | None) -> _Passings:
    """Of bytes without TLS: those that came after it stand behind its records."""
    behind = next((piece for piece in clear.pieces if tls and piece.send.order > tls[0].order), None)
    if way is None or behind is None or not way.every:
        return _alike(way)
    start, later = behind.start, Later(way, behind.start, way.every[-1].end)
    return lambda piece: way if piece.start < start else later


def _alike(way: _Passing) -> _Passings:
    return lambda _: way


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
    connection: Connection, traffic: _Traffic, rest: Fate, number: Numbers, passing: _Passings, unknown: str = ""
) -> list[Arrow]:
    """The arrows of one layer; `unknown`: the doubt about bytes of which it is not known how they went."""
    arrows = []
    takes = traffic.takes
    shared = at_once(takes)
    matched: dict[Call, list[tuple[int, int]]] = defaultdict(list)
    for piece, low, high, take in _cut_by_link(_parts(traffic.pieces, takes), passing):
        send, start, _, unsure = piece
        fate, taken, doubt = rest, 0, unsure
        if take is not None:
            matched[take].append((low, high))
            fate, taken, doubt = "received", low - take.offset, unsure or (_TWO_READERS if take in shared else "")
        way = passing(piece)
        doubt = doubt or (unknown if way is None else "")
        seen = traffic.peeks.at(low, high)
        arrow = Arrow(number(send), connection, send, low - start, high - start, fate, take, taken, seen, doubt)
        arrows.append(arrow if way is None else _through(arrow, way, low, high))
    return arrows + [arrow for take in takes for arrow in _from_outside(connection, take, matched[take])]


def _cut_by_link(
    parts: Iterator[tuple[Piece, int, int, Call | None]], passing: _Passings
) -> Iterator[tuple[Piece, int, int, Call | None]]:
    """The parts that no recv took, cut where a link handed on no more."""
    for piece, low, high, take in parts:
        way = passing(piece)
        if take is None and way is not None and low < way.reached < high:
            yield piece, low, way.reached, None
            yield piece, way.reached, high, None
        else:
            yield piece, low, high, take


def _through(arrow: Arrow, way: Way | Later | Sealed, low: int, high: int) -> Arrow:
    """The arrow with what a link did to its bytes, which stand at ``[low, high)`` in the stream."""
    passage, delivery, decisions = way.passage(low), way.delivery(low), way.decisions(low, high)
    records = way.records(low, high) if isinstance(way, Sealed) else ()
    if arrow.target is not None or low < way.reached:
        return replace(arrow, passage=passage, delivery=delivery, decisions=decisions, records=records)
    fate: Fate = "lost" if way.over else "waiting"
    why = (way.ending,) if way.ending is not None else ()
    return replace(arrow, fate=fate, passage=passage, decisions=(*decisions, *why), records=records)


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

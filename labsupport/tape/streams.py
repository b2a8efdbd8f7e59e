"""Streams: ranges of bytes that were sent, laid over ranges that were received.

TCP keeps no boundaries, so the only thing that ties a recv to a send is where their bytes
stand in the stream (RFC 9293 §3.4: every byte has a number).  Each call carries that place.
"""

from __future__ import annotations

import errno
import math
import socket
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from .arrows import Arrow, Connection, Fate
from .events import Call, Endpoint, Event, Note

__all__ = ["ENDED", "RECEIVING", "SENDING", "carries", "stream_arrows"]

SENDING = frozenset({"send", "sendall", "sendfile", "sendmsg", "sendto", "write"})
RECEIVING = frozenset({"recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into", "read"})

#: How a close ends that lets the socket go.
ENDED = frozenset({"fin", "unread", "linger"})

_TWO_WRITERS = "two programs were sending on this socket at once, so whose bytes came first cannot be known"
_TWO_READERS = "two programs were receiving on this socket at once, so who got which bytes cannot be known"
_CUT_SHORT = "a send on this socket failed in the middle, so how much of it went cannot be known"

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


def stream_arrows(connection: Connection, events: Sequence[Event], number: Numbers) -> list[Arrow]:
    """The arrows of one connection, both directions; `number` gives each send its number."""
    ways = ((connection.client, connection.server), (connection.server, connection.client))
    return [arrow for sender, receiver in ways for arrow in _one_way(connection, sender, receiver, events, number)]


def _one_way(
    connection: Connection,
    sender: Endpoint | None,
    receiver: Endpoint | None,
    events: Sequence[Event],
    number: Numbers,
) -> list[Arrow]:
    rest = _fate_of_rest(connection, sender, receiver, events)
    arrows = []
    for layer in ("plain", "tls"):
        sends = [call for call in _calls(events, sender, SENDING, layer) if carries(call)]
        recvs = [call for call in _calls(events, receiver, RECEIVING, layer) if call.length]
        takes = sorted((call for call in recvs if not _peeks(call)), key=_place)
        peeks = _Peeks(sorted((call for call in recvs if _peeks(call)), key=_place))
        pieces = _pieces(sends, _end(takes[-1]) if takes else 0)
        arrows += _laid(connection, pieces, takes, peeks, rest, number)
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


# --- where the bytes of each send stand ------------------------------------------------------


class _Piece(NamedTuple):
    """Bytes ``[start, end)`` of the stream, which `send` put there."""

    send: Call
    start: int
    end: int
    doubt: str


def _pieces(sends: list[Call], top: int) -> list[_Piece]:
    """The sends one behind the other, in the order in which they returned; `top`: how far the receiver got.

    Of a send that failed in the middle the tape does not know how much went, and neither did
    the offsets after it: it gets what was received and no later send accounts for.
    """
    sends = sorted(sends, key=lambda send: (send.done or math.inf, send.order))
    at_once = _at_once(sends)
    later = sum(send.length or 0 for send in sends)
    at = min((send.offset for send in sends), default=0)
    missed = 0
    cut = ""
    pieces = []
    for send in sends:
        later -= send.length or 0
        start = max(at, send.offset + missed)
        at = start + (send.length if send.length is not None else _unsaid(send, top - start - later))
        if send.length is None and not send.open:
            missed += at - start
            cut = _CUT_SHORT if later else ""
        pieces.append(_Piece(send, start, at, _TWO_WRITERS if send in at_once else cut))
    return pieces


def _unsaid(send: Call, came: int) -> int:
    """How many bytes went of a send that is open or failed: all that is asked, or as many as came."""
    asked = send.asked[0] if send.asked and isinstance(send.asked[0], int) else None
    if asked is None:
        return max(0, came)
    return asked if send.open else max(0, min(asked, came))


def _at_once(calls: Sequence[Call]) -> set[Call]:
    """Those that were under way while a call of another program was."""
    found: set[Call] = set()
    going: list[Call] = []
    for call in sorted(calls, key=lambda call: call.order):
        going = [other for other in going if other.done is None or other.done > call.order]
        others = [other for other in going if other.program is not call.program]
        if others:
            found.update(others, (call,))
        going.append(call)
    return found


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
    connection: Connection, pieces: list[_Piece], takes: list[Call], peeks: _Peeks, rest: Fate, number: Numbers
) -> list[Arrow]:
    arrows = []
    shared = _at_once(takes)
    matched: dict[Call, list[tuple[int, int]]] = defaultdict(list)
    for (send, start, _, unsure), low, high, take in _parts(pieces, takes):
        fate, taken, doubt = rest, 0, unsure
        if take is not None:
            matched[take].append((low, high))
            fate, taken, doubt = "received", low - take.offset, unsure or (_TWO_READERS if take in shared else "")
        seen = peeks.at(low, high)
        arrows.append(Arrow(number(send), connection, send, low - start, high - start, fate, take, taken, seen, doubt))
    return arrows + [arrow for take in takes for arrow in _from_outside(connection, take, matched[take])]


def _parts(pieces: list[_Piece], takes: list[Call]) -> Iterator[tuple[_Piece, int, int, Call | None]]:
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

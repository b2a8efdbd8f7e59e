"""Which TLS records the calls of a program became, on their way through a link.

A link carries ciphertext and the tape has plaintext.  What ties them is order and length: an AEAD adds the same number
of bytes to each record, and no record holds bytes of two sends.  Handshake messages, session tickets and alerts stand
before and behind, in TLS 1.3 under the same content type; how many there are is found by what fits, and where two
readings fit, none is chosen.
"""

from __future__ import annotations

import ssl
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from .events import Call
from .passages import Decision, Delivery, Passage
from .pieces import Piece
from .records import Record
from .tls import ALERT, APPLICATION_DATA
from .ways import Way

__all__ = ["DOUBT", "Later", "Sealed", "sealed"]

DOUBT: Final = "which TLS records carried this cannot be known"

#: What is added to a record of application data.  In TLS 1.3 its true content type and a tag (RFC 9846, section 5.2);
#: in TLS 1.2 a nonce and a tag (AES-GCM, RFC 5288), or the tag alone (ChaCha20-Poly1305, RFC 7905).
_IN_13: Final = 17
_IN_12: Final = (24, 16)
#: So many encrypted records of a handshake, tickets among them, are tried.
_MOST: Final = 16
#: The length of an encrypted Finished, for a hash of 32 or of 48 bytes; a session ticket is longer.
_FINISHED: Final = (4 + 32 + _IN_13, 4 + 48 + _IN_13)
#: An alert: its level and its description.
_ALERT_BYTES: Final = 2


class _Reading(NamedTuple):
    """A way to read the encrypted records: application data from the one numbered `first` to before `last`.

    `added`: to each; `covered`: so many bytes of the program came to the link; `whole`: those are all that were sent.
    """

    added: int
    first: int
    last: int
    covered: int
    whole: bool


class Sealed:
    """A `Way` as a TLS program sees it: places are those of its own bytes, `reached` counts whole records only.

    `made`: the records that each call made.  A handshake in several calls is told of the last.
    """

    def __init__(
        self, way: Way, base: int, added: int, data: Sequence[Record], made: Mapping[Call, tuple[Record, ...]]
    ) -> None:
        self.over, self.ending = way.over, way.ending
        self.made = made
        self._way = way
        self._data = data
        self._starts: list[int] = []
        self.reached = place = base
        for record in data:
            self._starts.append(place)
            place += record.length - added
            if record.end <= way.reached:
                self.reached = place
        self._end = place

    def records(self, low: int, high: int) -> tuple[Record, ...]:
        """Those with the bytes ``[low, high)``, as far as they have come to the link."""
        first, last = bisect_right(self._starts, low) - 1, bisect_right(self._starts, high - 1)
        return tuple(self._data[max(0, first) : last]) if low < self._end else ()

    def passage(self, place: int) -> Passage | None:
        """The passage in which the record with this byte began to come."""
        found = self.records(place, place + 1)
        return self._way.passage(found[0].at) if found else None

    def delivery(self, place: int) -> Delivery | None:
        """The delivery that made the record with this byte whole: before that nobody can open it."""
        found = self.records(place, place + 1)
        return self._way.delivery(found[0].end - 1) if found else None

    def decisions(self, low: int, high: int) -> tuple[Decision, ...]:
        """What faults did to these records."""
        found = self.records(low, high)
        return self._way.decisions(found[0].at, found[-1].end) if found else ()


class Later:
    """A `Way` for bytes in clear that come behind TLS: what counts as byte `start` there is byte `at` on the wire."""

    def __init__(self, way: Way, start: int, at: int) -> None:
        self.over, self.ending = way.over, way.ending
        self._way, self._by = way, at - start
        self.reached = way.reached - self._by

    def passage(self, place: int) -> Passage | None:
        """As of a `Way`."""
        return self._way.passage(place + self._by)

    def delivery(self, place: int) -> Delivery | None:
        """As of a `Way`."""
        return self._way.delivery(place + self._by)

    def decisions(self, low: int, high: int) -> tuple[Decision, ...]:
        """As of a `Way`."""
        return self._way.decisions(low + self._by, high + self._by)


def sealed(way: Way, pieces: Sequence[Piece], taken: int, calls: Sequence[Call]) -> Sealed | None:
    """The way of what one end sent by TLS, None where it cannot be known which records are whose.

    `pieces`: where the bytes of its sends stand; the receiver has `taken` all before that byte; `calls`: all TLS
    calls of this end.
    """
    pieces = [piece for piece in pieces if piece.end > piece.start]
    data = [record for record in way.every if record.type == APPLICATION_DATA]
    closers = [call for call in calls if call.op == "unwrap" or _may_complain(call)]
    if not calls or not way.every:
        return None
    client = way.every[0].name == "ClientHello"
    reading = _chosen(_readings(data, pieces, len(closers)), data, taken, client=client)
    if reading is None:
        return None
    mine = data[reading.first : reading.last]
    made = _made(way.every, mine, reading, pieces, calls, closers)
    return Sealed(way, pieces[0].start if pieces else 0, reading.added, mine, made)


def _may_complain(call: Call) -> bool:
    """Whether TLS may have told the other end what was wrong, with an alert.

    A stream that ends without close_notify is wrong, too, though the program reads b''.
    """
    if call.error is not None:
        return issubclass(call.error.type, ssl.SSLError)
    return call.op.startswith(("recv", "read")) and call.length == 0


# --- what fits -------------------------------------------------------------------------------


def _readings(data: Sequence[Record], pieces: Sequence[Piece], alerts: int) -> list[_Reading]:
    """All that fit."""
    if not data:
        return [_Reading(0, 0, 0, pieces[0].start if pieces else 0, not pieces)]
    tries = [(added, 0) for added in _IN_12] if pieces else []
    tries += [(_IN_13, first) for first in range(1, min(len(data), _MOST) + 1)]
    found = (_read(data, pieces, alerts, *one) for one in tries)
    return [one for one in found if one is not None]


def _read(data: Sequence[Record], pieces: Sequence[Piece], alerts: int, added: int, first: int) -> _Reading | None:
    """The reading in which application data begins with the record numbered `first`, None if it does not fit."""
    place = pieces[0].start if pieces else 0
    number, last = 0, first
    for record in data[first:]:
        if number == len(pieces):
            break
        piece = pieces[number]
        begins, place = place == piece.start, place + record.length - added
        if record.length <= added or place > piece.end or (begins and record.latest < piece.send.order):
            return None
        number, last = number + (place == piece.end), last + 1
    rest = data[last:]
    if len(rest) > alerts or any(record.length != _ALERT_BYTES + _IN_13 for record in rest):
        return None
    return _Reading(added, first, last, place, number == len(pieces))


def _chosen(readings: Sequence[_Reading], data: Sequence[Record], taken: int, *, client: bool) -> _Reading | None:
    """The one that is true, if that can be told.

    What was taken has come, a handshake ends as handshakes do, and links are quick: all that was sent has come.
    """
    left = [one for one in readings if one.covered >= taken]
    for better in (lambda one: _ends_well(data[: one.first], client=client), lambda one: one.whole):
        if len(left) > 1:
            left = [one for one in left if better(one)] or left
    return left[0] if len(left) == 1 else None


def _ends_well(handshake: Sequence[Record], *, client: bool) -> bool:
    """Whether there is a Finished in it, and behind it nothing but a server's session tickets."""
    ends = [place for place, record in enumerate(handshake) if record.length in _FINISHED]
    after = handshake[ends[-1] + 1 :] if ends else ()
    tickets = not after if client else all(record.length > max(_FINISHED) for record in after)
    return not handshake or (bool(ends) and tickets)


# --- whose they are --------------------------------------------------------------------------


def _made(
    records: Sequence[Record],
    mine: Sequence[Record],
    reading: _Reading,
    pieces: Sequence[Piece],
    calls: Sequence[Call],
    closers: Sequence[Call],
) -> dict[Call, tuple[Record, ...]]:
    made: dict[Call, list[Record]] = defaultdict(list)
    place, number = pieces[0].start if pieces else 0, 0
    for record in mine:
        made[pieces[number].send].append(record)
        place += record.length - reading.added
        number += place == pieces[number].end
    places = {record.at for record in mine}
    rest = [record for record in records if record.at not in places]
    before = _handshake(rest, mine)
    shake = _shaking(calls)
    if shake is not None:
        made[shake] += rest[:before]
    for call, record in _whose(rest[before:], closers):
        made[call].append(record)
    return {call: tuple(some) for call, some in made.items()}


def _handshake(rest: Sequence[Record], mine: Sequence[Record]) -> int:
    """How many of the records without application data stand before it; behind it stand alerts."""
    if mine:
        return sum(1 for record in rest if record.at < mine[0].at)
    count = len(rest)
    while count and _may_be_alert(rest[count - 1]):
        count -= 1
    return count


def _may_be_alert(record: Record) -> bool:
    return record.type == ALERT or (record.type == APPLICATION_DATA and record.length == _ALERT_BYTES + _IN_13)


def _shaking(calls: Sequence[Call]) -> Call | None:
    """The call that shook hands: `do_handshake`, or the connect that did it."""
    for ops in (("do_handshake",), ("connect", "connect_ex")):
        found = [call for call in calls if call.op in ops]
        if found:
            return found[-1]
    return None


def _whose(alerts: Sequence[Record], closers: Sequence[Call]) -> list[tuple[Call, Record]]:
    """Each alert with the call that sent it.  After one that complains TLS is over, so it is the first that did."""
    unwraps = [call for call in closers if call.op == "unwrap"]
    others = [call for call in closers if call.op != "unwrap"]
    senders = unwraps if len(unwraps) == len(alerts) else others[:1]
    return list(zip(senders, alerts, strict=False))

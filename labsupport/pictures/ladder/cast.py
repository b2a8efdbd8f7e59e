"""Who is in the picture: a lane for each endpoint, in an order that is the same on every run.

Conversations of the main program come first, in the order of its calls; then those of other
programs by the learner's label, by the program's name and by the order of its calls.  Never
by port, and never by who happened to be first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from labsupport.tape.events import Call, Endpoint, Note, Program
from labsupport.tape.exchange import Connection, Exchange

from .model import OUTSIDE, Lane

__all__ = ["MOST", "Cast"]

#: Of more conversations than these the first are drawn, and the picture says so.
MOST = 4

_STREAM = 1
_LAST = "\U0010ffff"


class Cast:
    """The lanes of a picture, and who is on which.

    `left_out`: how many conversations are not drawn.  Roles are those of tick `end`.
    """

    def __init__(self, calls: list[Call], notes: Iterable[Note], exchange: Exchange, end: int) -> None:
        self._until = end
        self.lanes: list[Lane] = []
        self._of: dict[Endpoint, Lane] = {}
        self._ends: dict[tuple[Connection, bool], Lane] = {}
        self._places = _places(calls)
        ordered = sorted(exchange.connections, key=self._key)
        self.connections = ordered[:MOST]
        self.left_out = len(ordered) - len(self.connections)
        hidden = {end for one in ordered[MOST:] for end in (one.client, one.server)}
        shown = {end for one in self.connections for end in (one.client, one.server, one.listener)}
        self._clients()
        lonely = self._others(calls, notes, hidden - shown)
        self._mark(lonely)

    def lane(self, endpoint: Endpoint) -> Lane | None:
        """The lane of an endpoint, None when it is not drawn."""
        return self._of.get(endpoint)

    def end(self, connection: Connection, *, client: bool) -> Lane:
        """The lane of one end of a connection that is drawn."""
        return self._ends[connection, client]

    def _role(self, endpoint: Endpoint) -> str:
        return endpoint.role_at(self._until)

    def _key(self, connection: Connection) -> tuple[Any, ...]:
        end = connection.client or connection.server
        return (*self._place(end), connection.number) if end is not None else (2,)

    def _place(self, endpoint: Endpoint) -> tuple[Any, ...]:
        if endpoint not in self._places:
            return (1, _LAST, [], 0)
        program, place = self._places[endpoint]
        if program.name == "main":
            return (0, "", [], place)
        return (1, endpoint.label or _LAST, _natural(program.name), place)

    def _clients(self) -> None:
        """Lanes of all that are in a conversation: clients first, then the other ends, then listeners."""
        for one in self.connections:
            self._ends[one, True] = self._end(one.client, one, left=True)
        for one in self.connections:
            self._ends[one, False] = self._end(one.server, one, left=False)

    def _end(self, endpoint: Endpoint | None, connection: Connection, *, left: bool) -> Lane:
        if endpoint is None:
            if not left and connection.stream and connection.listener is not None:
                return self._add("connection", "connection", left=left, stream=True)
            reached = connection.made and not (connection.route is not None and connection.route.error)
            return self._outside(OUTSIDE if reached else _nobody(connection), left=left, stream=connection.stream)
        if endpoint in self._of:
            return self._of[endpoint]
        if left:
            kind, name = "client", self._role(endpoint)
        elif connection.stream and endpoint.listener is not None:
            kind, name = "connection", endpoint.label or "connection"
        else:
            kind, name = "socket", self._role(endpoint)
        return self._add(kind, name, left=left, stream=connection.stream, endpoint=endpoint)

    def _outside(self, name: str, *, left: bool, stream: bool) -> Lane:
        """All ends that are not here share a lane."""
        for lane in self.lanes:
            if lane.kind == OUTSIDE and lane.name == name and lane.left == left:
                return lane
        return self._add(OUTSIDE, name, left=left, stream=stream)

    def _add(self, kind: str, name: str, *, left: bool, stream: bool, endpoint: Endpoint | None = None) -> Lane:
        lane = Lane(len(self.lanes), kind, name, left, stream=stream, endpoint=endpoint)
        self.lanes.append(lane)
        if endpoint is not None:
            self._of[endpoint] = lane
        return lane

    def _others(self, calls: list[Call], notes: Iterable[Note], hidden: set[Endpoint | None]) -> list[Lane]:
        """Lanes of endpoints without a conversation: listeners, and sockets that only tried."""
        found = []
        rest = {event.endpoint: None for event in calls} | {note.endpoint: None for note in notes}
        for endpoint in sorted(rest, key=self._place):
            if endpoint in self._of or endpoint in hidden:
                continue
            role = self._role(endpoint)
            listens = 0 < endpoint.listening <= self._until
            kind = "listener" if listens else "client" if role == "client" else "socket"
            left = not listens and not 0 < endpoint.bound <= self._until
            stream = endpoint.type in (_STREAM, 0)
            found.append(self._add(kind, role, left=left, stream=stream, endpoint=endpoint))
        return found

    def _mark(self, lonely: list[Lane]) -> None:
        """Letters, where two lanes would have one name."""
        if len(self.connections) > 1:
            for one, letter in zip(self.connections, "ABCDEFGH", strict=False):
                for client in (True, False):
                    lane = self._ends[one, client]
                    lane.mark = lane.mark or ("" if self._shared(lane) else letter)
        same = [lane for lane in lonely if sum(1 for other in self.lanes if other.title == lane.title) > 1]
        for lane, number in zip(same, "12345678", strict=False):
            lane.mark = number

    def _shared(self, lane: Lane) -> bool:
        return sum(1 for other in self._ends.values() if other is lane) > 1


def _nobody(connection: Connection) -> str:
    """The name of what a client did not reach: one that heard nothing cannot know whether anybody listens."""
    error = connection.connect.error if connection.connect is not None else None
    unheard = error is not None and issubclass(error.type, TimeoutError | KeyboardInterrupt)
    return "no answer" if unheard else "no listener"


def _places(calls: list[Call]) -> dict[Endpoint, tuple[Program, int]]:
    """For each endpoint the program that first used it, and the place of that call in the program."""
    counts: dict[Program, int] = {}
    places: dict[Endpoint, tuple[Program, int]] = {}
    for call in calls:
        counts[call.program] = counts.get(call.program, 0) + 1
        places.setdefault(call.endpoint, (call.program, counts[call.program]))
        if call.accepted is not None:
            places.setdefault(call.accepted, (call.program, counts[call.program]))
    return places


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts "Thread-9" before "Thread-10"."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]

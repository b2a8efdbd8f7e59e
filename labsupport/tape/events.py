"""What the tape is made of.

A *program* is one thread's run of Python.  Everything a program does to a socket is a
`Call`; what it does to wait for, or to wake, another program is a `Sync`; what happens
without a program (the garbage collector closes a socket, a link drops a datagram) is a
`Note`; what a link did with the traffic that it carried is a `Route` or a `Passage`
(`passages`).  All are *events* and carry their place in one order of all events.

Plain data: nothing here opens, holds or asks a socket, so whatever reads a tape can be
tested with histories written by hand.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .calls import Call, Failure, text_of
from .carrying import KEPT_BYTES
from .passages import Passage, Route
from .ticks import clock, tick

if TYPE_CHECKING:
    from .programs import Owner

__all__ = [
    "KEPT_BYTES",
    "Address",
    "Call",
    "Endpoint",
    "Event",
    "Failure",
    "Note",
    "Passage",
    "Program",
    "Route",
    "Sync",
    "clock",
    "newest",
    "text_of",
    "tick",
]

#: A socket address as Python gives it: ``(host, port)``, for IPv6 cut to the first two.
Address = tuple[str, int]


class Program:
    """One thread's run of Python: the calls of a program happen in the order of their ticks.

    `name` is "main" or the thread's name; `owner` is the background server or exercise run
    that the thread works for, if any; `parent` the program that started it.  It began at tick
    `begun`, and `last` is the newest thing that it did.
    """

    __slots__ = ("begun", "ident", "inside", "last", "name", "number", "owner", "parent", "wrapping")

    _numbers = itertools.count(1)

    def __init__(self, name: str, *, parent: Program | None = None, owner: Owner | None = None, ident: int = 0) -> None:
        self.number = next(self._numbers)
        self.name = name
        self.parent = parent
        self.owner = owner
        self.ident = ident
        self.begun = tick()
        self.last: Call | Sync | None = None
        self.inside = False  # within a watched call that is made of others
        self.wrapping = False  # within a wrap_socket, whose handshake is a call of its own

    def __repr__(self) -> str:
        return f"<Program {self.number} {self.name!r}>"


class Endpoint:
    """One end of a conversation: what a socket was, also after the socket is gone.

    A TLS socket and the plain socket that it was made of are one endpoint.

    - `family`, `type`: as `socket.AddressFamily` and `socket.SocketKind` count them.
    - `local`, `peer`: addresses as far as known, else None.
    - `listening`: `listen()` has succeeded on it.
    - `bound`: the program itself called `bind()`.
    - `connected`: it called `connect()`; `sent_first`: a datagram socket that spoke before it heard.
      These four are the tick since when, 0 while it is not so: a picture of an earlier time does not change.
    - `listener`: the endpoint whose `accept()` gave this one, or None.
    - `label`: the learner's name for it, or None.
    - `sent`, `received`: bytes in its life so far (a stream's).
    - `handles`: how many socket objects (`dup`) still hold it open.
    - `hidden`: asyncio's pipe to itself and the like: not on the tape.
    """

    __slots__ = (
        "bound",
        "connected",
        "family",
        "handles",
        "hidden",
        "label",
        "listener",
        "listening",
        "local",
        "number",
        "owner",
        "peer",
        "received",
        "sent",
        "sent_first",
        "type",
    )

    _numbers = itertools.count(1)

    def __init__(self, family: int, type: int) -> None:
        self.number = next(self._numbers)
        self.family = family
        self.type = type
        self.local: Address | None = None
        self.peer: Address | None = None
        self.listener: Endpoint | None = None
        self.listening = 0
        self.bound = 0
        self.connected = 0
        self.sent_first = 0
        self.label: str | None = None
        self.sent = 0
        self.received = 0
        self.handles = 1
        self.hidden = False
        self.owner: Owner | None = None

    @property
    def role(self) -> str:
        """The label, or "listener", "server" (accepted; for UDP: bound), else "client"."""
        return self.role_at(math.inf)

    def role_at(self, end: float) -> str:
        """The role as it was at tick `end`; the label is the one of now."""
        if self.label is not None:
            return self.label
        if 0 < self.listening <= end:
            return "listener"
        if self.listener is not None:
            return "server"
        if 0 < self.connected <= end or 0 < self.sent_first <= end:
            return "client"
        return "server" if 0 < self.bound <= end else "client"

    def __repr__(self) -> str:
        return f"<Endpoint {self.number} {self.role} {self.local} -> {self.peer}>"


class Sync:
    """One program waits for another, or lets it go on.

    `kind` with its counterpart: "start" (a thread) → the first event of that program;
    the last event of a program → "join"; "set" (a Signal) → "wait".  `key` says which
    Signal or program: the Signal's own number, or the `Program` started or joined.
    `result` is what the call returned (False: the wait timed out).
    """

    __slots__ = ("done", "ended", "key", "kind", "name", "order", "program", "result", "started")

    def __init__(self, program: Program, kind: str, key: int | Program, name: str = "") -> None:
        self.program = program
        self.kind = kind
        self.key = key
        self.name = name
        self.done: int | None = None
        self.ended: float | None = None
        self.result: Any = None
        self.order = tick()
        self.started = clock()
        program.last = self

    @property
    def open(self) -> bool:
        """Has begun and has not returned."""
        return self.done is None

    def finish(self, result: Any = None) -> None:
        """It has returned."""
        self.result = result
        self.ended = clock()
        self.done = tick()

    def __repr__(self) -> str:
        return f"<Sync {self.order} {self.kind} {self.name or self.key} {'…' if self.open else ''}>"


class Note:
    """What happened to an endpoint without a call: `kind` names it, `detail` is plain data.

    "collected": the garbage collector closed the socket.
    """

    __slots__ = ("detail", "endpoint", "kind", "order", "started")

    def __init__(self, endpoint: Endpoint, kind: str, detail: Any = None) -> None:
        self.endpoint = endpoint
        self.kind = kind
        self.detail = detail
        self.order = tick()
        self.started = clock()

    def __repr__(self) -> str:
        return f"<Note {self.order} {self.kind} {self.endpoint}>"


Event = Call | Sync | Note | Route | Passage


def newest(events: Iterable[Event]) -> int:
    """The newest tick of calls, and of what programs did to wait: what the roles in a picture of them were then."""
    mine = (event for event in events if isinstance(event, Call | Sync))
    return max((event.done or event.order for event in mine), default=0)

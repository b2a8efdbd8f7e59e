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
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .carrying import Carrying
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
    "text_of",
    "tick",
]

#: Of the bytes of one call, so many are kept; `Call.length` is always the true number.
KEPT_BYTES: Final = 4096

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
        self.listening = False
        self.bound = False
        self.connected = False  # by a connect() of its own
        self.sent_first = False  # a datagram socket that spoke before it heard
        self.label: str | None = None
        self.sent = 0
        self.received = 0
        self.handles = 1
        self.hidden = False
        self.owner: Owner | None = None

    @property
    def role(self) -> str:
        """The label, or "listener", "server" (accepted; for UDP: bound), else "client"."""
        if self.label is not None:
            return self.label
        if self.listening:
            return "listener"
        if self.listener is not None:
            return "server"
        if self.connected or self.sent_first:
            return "client"
        return "server" if self.bound else "client"

    def __repr__(self) -> str:
        return f"<Endpoint {self.number} {self.role} {self.local} -> {self.peer}>"


def text_of(error: BaseException) -> str:
    """The message of an exception, also of a learner's class whose `__str__` raises."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  whatever it is, it is theirs
        return f"<a {type(error).__name__}, whose str() fails>"


class Failure(NamedTuple):
    """What a call raised, without the exception: that would hold its frames, and they the socket."""

    type: type[BaseException]
    errno: int | None
    message: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """What to keep of `error`."""
        return cls(type(error), getattr(error, "errno", None), text_of(error))

    def __str__(self) -> str:
        return f"{self.type.__name__}: {self.message}" if self.message else self.type.__name__


class Call(Carrying):
    """One call of a socket's method by a program.

    - `op`: the method's name ("recv"); `layer`: "plain" or "tls".
    - `asked`: the arguments, without data and without sockets.  (Of a call that has but one it may be `only`, until
      somebody wants the tuple: one object less on a tape is a fiftieth of the time of an echo.)
    - `order`, `started`: tick and second at which it began; `done`, `ended`: at which it
      returned or raised, None while it has not.
    - `result`: what came back.  Of bytes the first `KEPT_BYTES`, of `accept` the client's
      address, of the `_into` methods the number of bytes.
    - `error`: a `Failure`, or None.
    - `data`: the bytes that went out or came in, at most `KEPT_BYTES` of them; None for a
      call that carries none.  Of older ones the tape keeps the beginning (`forgotten`).
    - `length`: how many bytes really went out or came in; None while unknown.
    - `offset`: how many bytes this endpoint had sent (received) in its life before these.
    - `accepted`: the endpoint that `accept` gave.
    - `address`: the other end as this call named it or was told it.
    - `flags`: the flags given (MSG_PEEK, ...), with those that `recvmsg` returned.
    - `ending`: what a `close` does: "fin", or a RST because of bytes nobody took ("unread",
      RFC 9293 §3.6.1) or SO_LINGER 0 ("linger"), or nothing yet, for a `makefile` or a `dup`
      still holds the socket ("held"), or nothing more, for it was closed ("again").
    """

    __slots__ = (
        "accepted", "address", "asked", "done", "ended", "ending", "endpoint", "error", "flags", "layer", "length",
        "offset", "only", "op", "order", "program", "result", "started",
    )  # fmt: skip

    accepted: Endpoint | None
    address: Address | None
    asked: tuple[Any, ...]
    done: int | None
    ended: float | None
    ending: str
    error: Failure | None
    flags: int
    layer: str
    length: int | None
    offset: int
    only: int | None
    result: Any

    def __init__(self, program: Program, endpoint: Endpoint, op: str, layer: str = "plain") -> None:
        self.program = program
        self.endpoint = endpoint
        self.op = op
        self.layer = layer
        self.order = tick()
        self.started = clock()
        program.last = self

    if not TYPE_CHECKING:  # else mypy would believe in every name

        def __getattr__(self, name: str) -> Any:
            """What this call has not: most have little, and a call is written while the learner's program waits."""
            if name == "result" and self.op in _GIVING_BYTES:
                return self.data
            if name == "asked" and self.only is not None:
                return (self.only,)
            if name in _NOTHING:
                return _NOTHING[name]
            raise AttributeError(f"a Call has no {name!r}")

    def finish(self) -> None:
        """It has returned."""
        self.ended = clock()
        self.done = tick()

    def fail(self, error: BaseException) -> None:
        """It has raised."""
        self.error = Failure.of(error)
        self.ended = clock()
        self.done = tick()

    @property
    def role(self) -> str:
        """Who called: "client", "server", "listener" or the learner's label."""
        return self.endpoint.role

    @property
    def open(self) -> bool:
        """Has begun and has not returned."""
        return self.done is None

    def __repr__(self) -> str:
        came = "…" if self.open else f"! {self.error}" if self.error else f"= {self.result!r}"
        return f"<Call {self.order} {self.role}.{self.op} {came}>"


_GIVING_BYTES: Final = frozenset({"read", "recv", "recvfrom", "recvmsg"})
_NOTHING: Final[dict[str, Any]] = {
    **dict.fromkeys(("accepted", "address", "done", "ended", "error", "head", "length", "only", "result", "shelf")),
    "asked": (),
    "ending": "",
    "flags": 0,
    "layer": "plain",
    "offset": 0,
}


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

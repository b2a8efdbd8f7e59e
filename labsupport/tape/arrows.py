"""What an exchange is made of: connections, the bytes that crossed them, and what kernels sent.

A call that is part of no tape any more, or was made in another process, is None here, and an
end of a connection outside this kernel is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .events import Call, Endpoint, Event
from .passages import Decision, Delivery, Passage, Route
from .records import Record

__all__ = ["Arrow", "Connection", "Control", "Exchange", "Fate", "Kind"]


@dataclass(frozen=True, eq=False)
class Connection:
    """A conversation between two endpoints.

    - `client` connected (for UDP: sent first); `server` was accepted (for UDP: answered).
    - `listener`, `accept`: whose `accept()` handed the connection over, and that call; with a
      listener and no `accept` the connection waits in the listener's queue.
    - `connect`: the client's call.  `made`: the kernels did connect.
    - `stream`: TCP, whose bytes have no boundaries; else datagrams.
    - `route`: the way through the link that stands between them, if one does.
    """

    number: int
    client: Endpoint | None
    server: Endpoint | None
    listener: Endpoint | None = None
    connect: Call | None = None
    accept: Call | None = None
    made: bool = True
    stream: bool = True
    route: Route | None = None

    def other(self, endpoint: Endpoint | None) -> Endpoint | None:
        """The other end."""
        return self.server if endpoint is self.client else self.client


#: "received" by `target`; "waiting" in the receiver's kernel or on the way; "cut" off a
#: datagram larger than the receiver's buffer, and gone; "discarded" when the receiver closed
#: without reading; "lost" on the way: by a fault of a link, whose decision the arrow has, or without one by a kernel
#: that had no room for a datagram; "refused" by a socket that is connected to another address (connect(2)); "outside":
#: sent to, or come from, where this tape does not reach.
Fate = Literal["received", "waiting", "cut", "discarded", "lost", "refused", "outside"]


@dataclass(frozen=True, eq=False)
class Arrow:
    """Bytes ``[start, end)`` of what `source` sent, and what became of them.

    - `number` counts the sends of an exchange from 1: all arrows of one send have the same.
    - `taken` is where they stand in what `target` received: ``[taken, taken + end - start)``.
    - `peeks`: the calls that looked at them with MSG_PEEK and left them there.
    - `doubt`: empty, or a sentence that says why this cannot be known.
    - `passage`: their way through a link (of its first byte), None where none stands or they have not come to it;
      `delivery`: how the link handed them on, None where it has not; `decisions`: what its faults did to them.
    - `records`: the TLS records that carried them through the link, as far as they came to it and can be told.
    """

    number: int
    connection: Connection
    source: Call | None
    start: int
    end: int
    fate: Fate
    target: Call | None = None
    taken: int = 0
    peeks: tuple[Call, ...] = ()
    doubt: str = ""
    passage: Passage | None = None
    delivery: Delivery | None = None
    decisions: tuple[Decision, ...] = ()
    records: tuple[Record, ...] = ()

    @property
    def length(self) -> int:
        """In bytes."""
        return self.end - self.start


Kind = Literal["SYN", "SYN+ACK", "FIN", "RST", "ICMP", "alert"]


@dataclass(frozen=True, eq=False)
class Control:
    """What a kernel sent on its own, from `source` to `target` (RFC 9293 §3.5, §3.6; RFC 792).

    An "alert" was sent by TLS: a close_notify, the end of the stream as TLS says it (RFC 9846 §6.1).

    `cause` is the event that made it do so, `effect` the call that it ended: the `connect`
    that returned, the `recv` that gave b'', the call that raised.

    What a link sent on its own has no `source`, the `Passage` or the `Route` with which it did so as its cause, and
    `decision`, if a fault had it do so.  Of a FIN, or an alert, that went through a link `passage` is its way; with
    `lost` it went in and never came out.
    """

    kind: Kind
    connection: Connection
    source: Endpoint | None
    target: Endpoint | None
    cause: Event | None = None
    effect: Call | None = None
    decision: Decision | None = None
    passage: Passage | None = None
    lost: bool = False


@dataclass(frozen=True, eq=False)
class Exchange:
    """Who spoke to whom, and which bytes of which send came out of which recv."""

    connections: tuple[Connection, ...]
    arrows: tuple[Arrow, ...]
    controls: tuple[Control, ...]
    _by_call: Mapping[Call, tuple[Arrow, ...]] = field(default_factory=dict, repr=False)
    _records: Mapping[Call, tuple[Record, ...]] = field(default_factory=dict, repr=False)

    def of(self, call: Call) -> tuple[Arrow, ...]:
        """The arrows that leave or enter `call`, in the order of their bytes."""
        return self._by_call.get(call, ())

    def records(self, call: Call) -> tuple[Record, ...]:
        """The TLS records that `call` became, as a link carried them: () where none did, or nobody can tell.

        Of a send those of its bytes; of `do_handshake` all before the application data, session tickets included; of
        `unwrap`, or of a call that TLS failed, its alert.
        """
        return self._records.get(call, ())

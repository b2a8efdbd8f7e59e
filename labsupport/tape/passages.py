"""What a link writes on the tape: who came through it, and what it did with what they sent.

A link stands between two sockets and its own are not watched, so the tape would see a client
that speaks to the link and a server that hears from it.  A `Route` ties the two together; a
`Passage` is one piece of traffic on its way through, with what the faults decided about it.
Both are written by the link alone, while others read.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from .carrying import Carrying
from .ticks import clock, tick

if TYPE_CHECKING:
    from .events import Address

__all__ = ["BUSY", "Decision", "Delivery", "Passage", "Route"]

#: Asked while a window on the tape waits to close: does a link have traffic that it has not read yet, so that there
#: is no `Passage` of it?  A link adds such a function when it opens and takes it away when it closes.
BUSY: Final[set[Callable[[], bool]]] = set()


class Route:
    """The way of one client through a link, to the target and back.

    - `link`: the link's name; `stream`: TCP, else datagrams; `number`: counts the link's clients from 0.
    - `client`: the client's address as the link sees it; `door`: the link's own address, to which the client speaks.
    - `local`: the address from which the link speaks to the `target` for this client, None until it has one.
    - `up`, `down`: the faults of each way as a person reads them, "" for none: "Latency 0.1 and Loss 0.2", and
      where they were exchanged meanwhile "Latency 0.1, then no fault".
    - `order`, `started`: tick and second at which the client came; `done`, `ended`: at which the link let both
      ends go, None while it has not.
    - `error`: why the target was not reached, or "".
    """

    __slots__ = (
        "_faults", "client", "done", "door", "ended", "error", "link", "local", "number", "order", "started", "stream",
        "target",
    )  # fmt: skip

    def __init__(self, link: str, number: int, client: Address, door: Address, target: Address, stream: bool) -> None:
        self.link = link
        self.number = number
        self.stream = stream
        self.client = client
        self.door = door
        self.target = target
        self.local: Address | None = None
        self.error = ""
        self._faults: dict[str, list[str]] = {"up": [], "down": []}
        self.done: int | None = None
        self.ended: float | None = None
        self.order = tick()
        self.started = clock()

    @property
    def open(self) -> bool:
        """The link still holds it."""
        return self.done is None

    @property
    def up(self) -> str:
        """What traffic of the client meets, in words."""
        return ", then ".join(one or "no fault" for one in self._faults["up"]) if any(self._faults["up"]) else ""

    @property
    def down(self) -> str:
        """What traffic of the target meets, in words."""
        return ", then ".join(one or "no fault" for one in self._faults["down"]) if any(self._faults["down"]) else ""

    def meet(self, way: str, faults: Iterable[object]) -> None:
        """From now on traffic of this way meets these faults, each of which says with `str` what it is."""
        words = " and ".join(map(str, faults))
        if self._faults[way][-1:] != [words]:
            self._faults[way].append(words)

    def finish(self) -> None:
        """The link has let both ends go."""
        self.ended = clock()
        self.done = tick()

    def as_of(self, end: int) -> Route:
        """The route as it stood at tick `end`."""
        if self.done is not None and self.done < end:
            return self
        still = copy.copy(self)
        still.done = still.ended = None
        still._faults = {way: list(words) for way, words in self._faults.items()}
        return still

    def __repr__(self) -> str:
        return f"<Route {self.order} {self.link}/{self.number} {self.client} -> {self.target}>"


class Decision(NamedTuple):
    """What a fault did to a piece of traffic.

    - `effect`: "delayed", "sliced", "stalled", "lost", "doubled", "reordered", "corrupted", "reset", "silenced"
      or "closed".
    - `cause`: the fault with its settings, and the draw that decided, as a person reads it: "Loss 0.2, seed 7, draw 3".
    - `at`: the first byte of the stream that it concerns (of a datagram: 0).
    """

    effect: str
    cause: str
    at: int = 0


class Delivery(NamedTuple):
    """Bytes ``[start, end)`` of the stream (of a datagram: ``[0, length)``) handed on to the receiver's kernel.

    `order` and `time`: tick and second at which that was done; `data`: what was handed on where that differs
    from what arrived, else None.
    """

    order: int
    time: float
    start: int
    end: int
    data: bytes | None = None


class Passage(Carrying):
    """One piece of a stream, as the link read it, or one datagram, on its way through a link.

    Of a stream a passage of no bytes is its end, a FIN; a delivery of it is the FIN that went on.

    Bytes of a stream that meet no fault and come in bulk (reads of 16 KiB and more, or more than 64 reads in 0.1 s) may
    make one passage for up to 0.1 s: then its `length` grows, and so does its one delivery, whose order and time are
    those of the newest bytes.  Of more than 1024 deliveries the last stands for all that follow.

    - `way`: "up" (from the client) or "down" (from the target).
    - `offset`: where it stands: of a stream the bytes of this way before it, of datagrams how many came before it.
    - `length`: its bytes; `data`: the first `KEPT_BYTES` of them.
    - `order`, `started`: tick and second at which it arrived.
    - `decisions`: what faults did to it, in their order; `deliveries`: when it went on: none (it was lost, or is still
      on its way), one, two (doubled), or many (a stream that was sliced).
    - `done`, `ended`: when nothing more would come of it; None while it is on its way.
    - `heads`: of a stream, where the TLS records stand whose headers came with it, and the headers (`records`).
    """

    __slots__ = (
        "decisions", "deliveries", "done", "ended", "heads", "length", "offset", "order", "route", "started", "way",
    )  # fmt: skip

    def __init__(self, route: Route, way: str, offset: int, length: int) -> None:
        self.route = route
        self.way = way
        self.offset = offset
        self.length = length
        self.data = None
        self.decisions: list[Decision] = []
        self.deliveries: list[Delivery] = []
        self.heads: bytes | bytearray = b""
        self.done: int | None = None
        self.ended: float | None = None
        self.order = tick()
        self.started = clock()

    @property
    def open(self) -> bool:
        """On its way: neither wholly delivered nor lost."""
        return self.done is None

    def finish(self) -> None:
        """It was delivered, or nothing of it ever will be."""
        self.ended = clock()
        self.done = tick()

    def as_of(self, end: int) -> Passage:
        """The passage as it stood at tick `end`."""
        if self.done is not None and self.done < end and not self.route.open:
            return self
        still = copy.copy(self)
        still.route = self.route.as_of(end)
        still.decisions = list(self.decisions)
        still.heads = bytes(self.heads)
        still.deliveries = [delivery for delivery in self.deliveries if delivery.order < end]
        if self.done is None or self.done >= end:
            still.done = still.ended = None
        return still

    def __repr__(self) -> str:
        became = "…" if self.open else f"{len(self.deliveries)} deliveries"
        return f"<Passage {self.order} {self.way} {self.offset}+{self.length} {became}>"

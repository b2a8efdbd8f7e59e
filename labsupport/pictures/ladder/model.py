"""What a ladder is made of, before anybody knows how wide it will be drawn.

Rows are whole numbers from 0 at the top.  A *lane* is one endpoint with its lifeline.  A
*label* is a piece of text beside a lifeline, at one row: where a call begins, where it
returns, where the kernel's state changes.  All else hangs on labels: a *wait* is a bar from
one label to another, a *wire* leaves a label, a *band* begins where a wire arrives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from labsupport.tape.events import Endpoint

__all__ = ["OUTSIDE", "Band", "Chip", "Label", "Lane", "State", "Story", "Wait", "Wire"]

#: The name of an end that is not in this kernel.
OUTSIDE: Final = "outside"


@dataclass(slots=True)
class Chip:
    """Bytes of one send, as they are shown inside a call: the send's number and some of the text.

    `last` is the number of the last send where one chip stands for many, else equal to `number`.
    """

    number: int
    text: str
    last: int = 0

    @property
    def name(self) -> str:
        """The number, or the range of numbers."""
        return f"{self.number}-{self.last}" if self.last > self.number else str(self.number) if self.number else "?"


@dataclass(slots=True)
class State:
    """The kernel's state of a connection (RFC 9293 §3.3.2) from `row` until the next one."""

    name: str
    row: int


@dataclass(slots=True, eq=False)
class Lane:
    """An endpoint and its lifeline.

    - `kind`: "client", "connection" (made by accept), "listener", "socket" or "outside".
    - `left`: on the clients' side of the picture; `mark`: the letter of its conversation, or "".
    - `born`: the row in which its kernel made it, None when it was there from the start.
    - `held`: the row from which its program has it; None: never ("not accepted yet").
    - `let_go`: the row of close(); `ended`: the row in which its kernel forgot it.
    """

    index: int
    kind: str
    name: str
    left: bool
    mark: str = ""
    stream: bool = True
    born: int | None = None
    held: int | None = 0
    let_go: int | None = None
    ended: int | None = None
    states: list[State] = field(default_factory=list)
    endpoint: Endpoint | None = None

    @property
    def named(self) -> bool:
        """Whether a learner gave it its name."""
        return self.endpoint is not None and self.endpoint.label is not None

    @property
    def title(self) -> str:
        """The name with the letter that tells it from its likes: "client B"."""
        return f"{self.name} {self.mark}" if self.mark else self.name


@dataclass(slots=True, eq=False)
class Label:
    """Text beside a lifeline.

    `kind`: "call", "sync" (a signal, a join), "state", "head" (the lane begins here), "note", or "mark": not drawn,
    only a height at which something arrives.
    `trouble`: the name of what was raised, or "".  `index` is its place in `Story.labels`.
    `by_link`: what a link's fault did, as a clause whose subject is the link, or "".
    """

    lane: int
    row: int
    kind: str
    text: str
    chips: list[Chip] = field(default_factory=list)
    trouble: str = ""
    tls: bool = False
    event: Any = None
    index: int = -1
    by_link: str = ""


@dataclass(slots=True, eq=False)
class Wait:
    """A call that waits, from the label where it begins to the one where it returns (None: it has not)."""

    begin: Label
    end: Label | None


@dataclass(slots=True, eq=False)
class Wire:
    """What goes from one lifeline to another.

    `kind`: "data", "signal", "handed" (accept gives the connection to the program), or what a kernel
    sent on its own: "SYN", "SYN+ACK", "ACK", "FIN", "RST", "ICMP"; or "alert", TLS's close_notify.  It leaves at
    `source` and arrives on `lane` at `target` where there is one, else at the height where it left: without a link
    nothing takes time.  With one it may slope, to a later mark `until`; or end on the way: `lost` says why ("closed":
    at the receiver, which had closed; "full": at its kernel, which had no room; "refused": at a socket that is
    connected to somebody else; "link": a fault's doing; "on its way": it may still come); or come from the link itself
    (`by_link`), between the lifelines.
    """

    kind: str
    source: Label
    start: int
    lane: int
    target: Label | None = None
    number: int = 0
    text: str = ""
    until: Label | None = None
    lost: str = ""
    by_link: bool = False

    @property
    def last_row(self) -> int:
        """The row in which it arrives."""
        return self.until.row if self.until is not None else self.source.row


@dataclass(slots=True, eq=False)
class Band:
    """Bytes of one send that wait in the receiver's kernel, from the label that sent them to the one that took them.

    `end` None: they were not taken; `slot` keeps bands that wait at the same time apart; `lost`: the receiver
    closed and the rest was thrown away.
    """

    lane: int
    number: int
    begin: Label
    end: Label | None
    length: int
    slot: int = 0
    lost: bool = False


@dataclass(slots=True, eq=False)
class Story:
    """All of a ladder but its measures.

    `rows`: how many; `notes`: sentences for below the picture, the first `links` of them on links.
    """

    lanes: list[Lane]
    labels: list[Label]
    waits: list[Wait]
    wires: list[Wire]
    bands: list[Band]
    rows: int
    notes: list[str]
    numbers: dict[int, int]
    links: int = 0

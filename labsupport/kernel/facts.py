"""What a kernel can tell of a socket, in one vocabulary for all systems.

Plain data: nothing here asks a kernel.  Each field carries its unit and one line of meaning,
and from those the tables that a learner sees are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Protocol

from .tables import Shown, as_html, as_text

__all__ = ["FIELDS", "STATES", "Fact", "Row", "Rows", "Snapshot", "System", "written"]

#: The states of RFC 9293 §3.3.2, spelt as there.
STATES: Final = (
    "LISTEN",
    "SYN-SENT",
    "SYN-RECEIVED",
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
    "CLOSED",
)

#: ``(host, port)``
Address = tuple[str, int]


def fact(unit: str, meaning: str) -> Any:
    """A field of `Snapshot`: None until a system tells it."""
    return field(default=None, metadata={"unit": unit, "meaning": meaning})


@dataclass(frozen=True, repr=False)
class Snapshot(Shown):
    """What the kernel said of one socket at one moment; a field that it does not tell is None.

    Times are in seconds, sizes in bytes, `unacked`, `lost`, `cwnd` and `total_retrans` in segments.
    A socket whose connection has gone to TIME-WAIT says CLOSED: from then on the kernel keeps the
    connection without a socket, and only `connections(port)` shows it.
    Not every system counts alike: see the module of the system, `labsupport.kernel.linux` and so on.
    """

    state: str | None = fact("", "state of the connection, as in RFC 9293 §3.3.2")
    waiting: int | None = fact("connections", "made, and not yet accepted")
    backlog: int | None = fact("connections", "what listen() asked for; on Linux one more fits in")
    send_queue: int | None = fact("bytes", "written here, and not yet acknowledged by the other end")
    notsent: int | None = fact("bytes", "of the send queue: not yet sent at all")
    in_flight: int | None = fact("bytes", "sent, and not yet acknowledged")
    unacked: int | None = fact("segments", "sent, and not yet acknowledged")
    receive_queue: int | None = fact("bytes", "arrived, and not yet read (of datagrams: the next one)")
    snd_wnd: int | None = fact("bytes", "how much more the other end is willing to take; 0 is a zero window")
    rcv_wnd: int | None = fact("bytes", "how much more this end is willing to take")
    send_buffer: int | None = fact("bytes", "room for what is written (SO_SNDBUF)")
    receive_buffer: int | None = fact("bytes", "room for what arrives (SO_RCVBUF)")
    receive_memory: int | None = fact("bytes", "memory that the receive queue takes, bookkeeping included")
    drops: int | None = fact("", "arrivals that the kernel threw away for want of room")
    rtt: float | None = fact("s", "round-trip time, smoothed")
    rtt_variance: float | None = fact("s", "how much the round-trip time varies")
    min_rtt: float | None = fact("s", "shortest round-trip time seen")
    rto: float | None = fact("s", "wait for an acknowledgement before sending again")
    mss: int | None = fact("bytes", "most data in one segment")
    cwnd: int | None = fact("segments", "congestion window")
    cwnd_bytes: int | None = fact("bytes", "congestion window")
    congestion: str | None = fact("", "congestion control in use")
    lost: int | None = fact("segments", "held to be lost")
    retransmits: int | None = fact("", "times in a row that the oldest segment was sent again")
    backoff: int | None = fact("", "times in a row that the wait for an acknowledgement was doubled")
    probes: int | None = fact("", "probes sent and not answered (zero window or keepalive)")
    total_retrans: int | None = fact("segments", "sent again, since the connection began")
    bytes_retrans: int | None = fact("bytes", "sent again, since the connection began")
    busy: float | None = fact("s", "spent with data to send")
    rwnd_limited: float | None = fact("s", "of that: held up by the other end's window")
    sndbuf_limited: float | None = fact("s", "of that: held up by a full send buffer")
    bytes_sent: int | None = fact("bytes", "data sent, what was sent again included")
    bytes_acked: int | None = fact(
        "bytes", "acknowledged by the other end; where this end connected, its SYN counts as one"
    )
    bytes_received: int | None = fact("bytes", "data received")
    segments_sent: int | None = fact("segments", "sent, those without data included")
    segments_received: int | None = fact("segments", "received, those without data included")
    last_data_sent: float | None = fact("s", "since data was last sent")
    last_data_received: float | None = fact("s", "since data last arrived")

    def known(self) -> Iterator[tuple[str, str, str]]:
        """Name, value with its unit, and meaning of each field that this system told."""
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None:
                yield one.name, written(value, one.metadata["unit"]), one.metadata["meaning"]

    def __repr__(self) -> str:
        told = (f"{name}={getattr(self, name)!r}" for name, _, _ in self.known())
        return f"Snapshot({', '.join(told)})"

    def text(self) -> str:
        """A line for each field that this system told."""
        rows = list(self.known())
        return as_text((), rows) if rows else "The kernel of this system tells nothing of this socket."

    def html(self) -> str:
        """A row for each field that this system told."""
        rows = list(self.known())
        return as_html("What the kernel says of this socket", (), rows) if rows else super().html()


#: The names of a snapshot's fields, in the order in which they are shown.
FIELDS: Final = tuple(one.name for one in fields(Snapshot))

#: What a system's module tells: some of `FIELDS`, with their values.
Fact = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the kernel's own list of connections (or of datagram sockets).

    - `local`, `remote`: ``(host, port)``; `remote` is None where there is no other end.
    - `state`: as in RFC 9293 §3.3.2; None for datagrams.
    - `send_queue`, `receive_queue`: bytes; of a listener, `receive_queue` counts the connections
      that wait for accept().
    - `timer`: "retransmit", "keepalive", "time-wait", "probe" or None, and `expires`: seconds until it fires.
    - `drops`: datagrams thrown away for want of room.
    """

    local: Address
    remote: Address | None
    state: str | None
    send_queue: int | None = None
    receive_queue: int | None = None
    timer: str | None = None
    expires: float | None = None
    drops: int | None = None


class Rows(Shown, list[Row]):
    """A list of `Row` that shows itself as a table."""

    HEAD: Final = ("local", "remote", "state", "send queue", "receive queue", "timer")

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                _address(row.local),
                _address(row.remote),
                row.state or "-",
                _count(row.send_queue),
                _count(row.receive_queue),
                "-" if row.timer is None else f"{row.timer} {written(row.expires, 's')}",
            )
            for row in self
        ]

    def text(self) -> str:
        """A line for each, below the headings."""
        return as_text(self.HEAD, self._cells()) if self else "The kernel lists nothing at this port."

    def html(self) -> str:
        """A row for each, below the headings."""
        return as_html("What the kernel lists at this port", self.HEAD, self._cells()) if self else super().html()


class System(Protocol):
    """What the module of an operating system offers.  Nothing in it raises for a socket that is open."""

    def facts(self, sock: Any, /) -> Fact:
        """What this system tells of an open socket."""

    def unread(self, fd: int, /) -> int | None:
        """Bytes that wait to be read."""

    def unsent(self, fd: int, /) -> int | None:
        """Bytes that wait to be acknowledged."""

    def rows(self, protocol: str, /) -> Sequence[Row]:
        """All that the system lists for "tcp" or "udp"."""


def written(value: Any, unit: str) -> str:
    """A value with its unit, as it is shown: 0.0000213 s is "0.021 ms", 3900000 bytes "3,900,000 bytes"."""
    if value is None:
        return "-"
    if unit == "s":
        return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"
    text = value if isinstance(value, str) else f"{value:,}"
    return f"{text} {unit}".rstrip()


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _address(address: Address | None) -> str:
    if address is None:
        return "-"
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

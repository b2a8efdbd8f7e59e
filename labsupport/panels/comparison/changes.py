"""What can be changed at one of two connections: options of the table, with values that are worth a try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from labsupport import options
from labsupport.options import Linger, Option, Setting
from labsupport.tape.lives import Plain

__all__ = ["CHANGES", "DEFAULT", "Change", "missing"]

#: What the connection without the change is called.
DEFAULT: Final = "default"

_ENDS: Final = {
    "client": "on the socket that asks, before connect()",
    "listener": "on the listener, before listen(): the sockets that it accepts inherit it",
    "answering": "on the socket that answers, as soon as it is accepted",
}
_WHEN: Final = {
    "": "",
    "recv": ", and again before every recv(): the system may go back by itself",
    "writes": "; at True before the writes of each question, and at False after them",
}


@dataclass(frozen=True)
class Change:
    """One option that differs.

    - `option`: its name; `value`: as `options.set` takes it; `label`: as the menu calls it.
    - `end`: whose socket: "client", "listener" or "answering"; "" for nobody's.
    - `again`: when it is set anew: "" for never, "recv" before every recv(), "writes" around the writes.
    """

    option: str
    value: Any
    label: str
    end: str = "client"
    again: str = ""

    @property
    def row(self) -> Option:
        """The option's row of the table."""
        return options.TABLE[self.option]

    @property
    def name(self) -> str:
        """What the connection with this change is called."""
        return f"{self.option} = {self.label}"

    @property
    def where(self) -> str:
        """On which socket and when it is set, in words."""
        return _ENDS[self.end] + _WHEN[self.again]

    @property
    def left_out(self) -> Change:
        """The same without a socket to set it on: so that the default connection runs through the same Python code."""
        return replace(self, end="", again="")

    def make(self, end: str, sock: Any) -> Setting | None:
        """Set it, if this is the end where it is set; what the system made of it."""
        return options.set(sock, self.option, self.value) if end == self.end else None

    def repeat(self, when: str, sock: Any, value: Any = None) -> None:
        """Set it anew, without asking what became of it, if it is set anew at this moment."""
        if when == self.again:
            row = self.row
            written = row.kind.write(self.value if value is None else value)
            sock.setsockopt(int(row.level), row.number, written)


def _labelled(*changes: Change) -> dict[str, Change]:
    return {change.label: change for change in changes}


def _bytes(option: str, *sizes: int, end: str = "client") -> dict[str, Change]:
    shown = options.TABLE[option].kind.shown
    return _labelled(*(Change(option, size, shown(size), end) for size in sizes))


def _linger(*values: Linger) -> dict[str, Change]:
    return _labelled(*(Change("SO_LINGER", value, f"({value.on}, {value.seconds})") for value in values))


#: The options that can be changed, and for each its values by what the menu calls them.
CHANGES: Final[Mapping[str, Mapping[str, Change]]] = {
    "TCP_NODELAY": _labelled(
        Change("TCP_NODELAY", True, "True"),
        Change("TCP_NODELAY", True, "True (on the side that answers)", "answering"),
    ),
    "TCP_QUICKACK": _labelled(
        Change("TCP_QUICKACK", True, "True (set once)", "answering"),
        Change("TCP_QUICKACK", True, "True (before every recv)", "answering", "recv"),
    ),
    "TCP_CORK": _labelled(
        Change("TCP_CORK", True, "True (and left so)"),
        Change("TCP_CORK", True, "True (False after the writes)", again="writes"),
    ),
    "SO_SNDBUF": _bytes("SO_SNDBUF", 1, 16_384, 262_144, 100_000_000),
    "SO_RCVBUF": _bytes("SO_RCVBUF", 4096, 16_384, 262_144, 100_000_000, end="listener"),
    "TCP_MAXSEG": _bytes("TCP_MAXSEG", 536, 1460, 16_384),
    "SO_MAX_PACING_RATE": _bytes("SO_MAX_PACING_RATE", 10_000_000, 100_000_000),
    "SO_LINGER": _linger(Linger(on=True, seconds=0), Linger(on=True, seconds=5)),
}


def missing(option: str) -> str:
    """Why this option cannot be tried here, as a sentence; "" where it can."""
    with Plain() as sock:
        try:
            options.get(sock, option)
        except (ValueError, OSError) as error:
            return str(error)
    return ""

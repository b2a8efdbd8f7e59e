"""The options of one socket beside those of a fresh one."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import Any, Final

from labsupport.kernel.asking import descriptor, plain
from labsupport.kernel.tables import Shown, as_html, as_text

from .option import Level, Option, fresh
from .table import TABLE

__all__ = ["Line", "Report", "report"]

_HEAD: Final = ("option", "here", "fresh socket", "what it does")
_MOVES: Final = " (the system may have changed it by itself)"

#: Reading this one would change it.
_CLEARS: Final = "SO_ERROR"


@dataclass(frozen=True)
class Line:
    """One option in a report: its `value` on the socket, and on a `fresh` one of the same kind."""

    option: Option
    value: Any
    fresh: Any

    @property
    def differs(self) -> bool:
        """Whether the two values are not the same."""
        return bool(self.value != self.fresh)

    def cells(self) -> tuple[str, ...]:
        """Name, both values and the meaning, ready to read."""
        shown = self.option.kind.shown
        moves = _MOVES if self.option.moves and self.differs else ""
        before = "-" if self.fresh is None else shown(self.fresh)
        return self.option.name, shown(self.value), before, self.option.what + moves


class Report(Shown):
    """The options of a socket, as lines: `len`, `for` and ``report["TCP_NODELAY"]``."""

    def __init__(self, lines: list[Line], everything: bool) -> None:
        self.lines = lines
        self._title = "All options of this socket" if everything else "Where this socket is not as a fresh one"

    def __iter__(self) -> Any:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __contains__(self, name: object) -> bool:
        return any(line.option.name == name for line in self.lines)

    def __getitem__(self, name: str) -> Line:
        """The line of this option; KeyError where the report has none."""
        found = {line.option.name: line for line in self.lines}
        if name not in found:
            raise KeyError(f"The report has no line for {name}; report(sock, everything=True) has all that is told.")
        return found[name]

    def text(self) -> str:
        """A line for each option."""
        return f"{self._title}:\n{as_text(_HEAD, self._cells())}" if self.lines else f"{self._title}: nowhere."

    def html(self) -> str:
        """A row for each option."""
        return as_html(self._title, _HEAD, self._cells()) if self.lines else super().html()

    def _cells(self) -> list[tuple[str, ...]]:
        return [line.cells() for line in self.lines]

    def __repr__(self) -> str:
        return self.text()


def report(sock: Any, *, everything: bool = False) -> Report:
    """The options of this open socket that differ from those of a fresh one, or `everything` that it tells.

    It writes nothing on the tape and changes nothing: SO_ERROR, which reading clears, is left out, and so are
    structs such as TCP_INFO, which `kernel.snapshot` reads.  A connected socket differs also in what the system
    adapts, such as buffer sizes; those lines say so.
    """
    if descriptor(sock) < 0:
        raise ValueError("A closed socket has no options any more: take the report before close().")
    inner = plain(sock)
    with contextlib.closing(fresh(inner.family, inner.type, inner.proto)) as other:
        asked = [row for row in TABLE if _reported(row, inner.family)]
        lines = [Line(row, row.ask(inner), row.ask(other)) for row in asked]
    told = [line for line in lines if line.value is not None]
    if not everything:
        told = [line for line in told if line.differs and not line.option.readonly]
    return Report(told, everything)


def _reported(row: Option, family: int) -> bool:
    """Whether a report asks for this option: of the two IPs, only the one of the socket's own family."""
    other = {int(socket.AF_INET): Level.IPPROTO_IPV6, int(socket.AF_INET6): Level.IPPROTO_IP}.get(family)
    return row.level is not other and row.name != _CLEARS and not row.kind.opaque

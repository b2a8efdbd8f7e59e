"""The table of all options, and how it shows itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Final

from labsupport.kernel.tables import Shown, as_html

from . import of_ip, of_ipv6, of_sockets, of_tcp, of_udp, system
from .exclusions import EXCLUDED
from .option import Level, Option

__all__ = ["TABLE", "Table"]

_HEAD: Final = ("option", "level", "type", "systems", "what it does", "shown in", "source")


class Table(Shown):
    """Rows of options: `len` and `for` as of a list, ``table["TCP_NODELAY"]``, ``"TCP_NODELAY" in table``."""

    def __init__(self, rows: Iterable[Option]) -> None:
        self._rows = {row.name: row for row in rows}

    def __iter__(self) -> Iterator[Option]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __getitem__(self, name: str) -> Option:
        """The option of this name; ValueError with what else may be meant, TypeError for a number."""
        if not isinstance(name, str):
            raise TypeError(self._not_a_name(name))
        if name not in self._rows:
            raise ValueError(self._unknown(name))
        return self._rows[name]

    def only(self, level: Level | int | None = None, system: str | None = None) -> Table:
        """The rows of one level (such as ``socket.IPPROTO_TCP``), of one system (such as "Windows"), or of both."""
        return Table(row for row in self if level in (None, row.level) and (system is None or system in row.systems))

    def _not_a_name(self, number: object) -> str:
        named = [f"{row.name} at {row.level.name}" for row in self if row.number == number]
        also = f" {number!r} is {', '.join(named)}." if named else ""
        return f"An option is given by its name as text, such as 'TCP_NODELAY', and not as {number!r}.{also}"

    def _unknown(self, name: str) -> str:
        if name in EXCLUDED:
            return f"{name} is no option of this table: it is {EXCLUDED[name]}."
        close = difflib.get_close_matches(name.strip().upper(), self._rows, n=3, cutoff=0.7)
        meant = f" Did you mean {' or '.join(close)}?" if close else " options.TABLE lists those that there are."
        return f"There is no option {name!r}.{meant}"

    def text(self) -> str:
        """Two lines for each option: what it is, and what it does."""
        return "\n".join(f"{row.name}  {_facts(row)}\n    {_deed(row)}" for row in self)

    def html(self) -> str:
        """A row for each option."""
        caption = f"{len(self)} socket options; the default is that of a fresh socket on this {system.here()}"
        level = [(row, f"{row.level.name}, {row.number_text}") for row in self]
        return as_html(caption, (*_HEAD, "default here"), [(*_cells(row, text), _default(row)) for row, text in level])

    def markdown(self) -> str:
        """A Markdown table a level, of all that is the same on every machine: for the pages of a chapter."""
        return "\n\n".join(_page(level, [row for row in self if row.level is level]) for level in self._levels())

    def _levels(self) -> list[Level]:
        return list(dict.fromkeys(row.level for row in self))

    def __repr__(self) -> str:
        return f"<Table of {len(self)} socket options>"


def _page(level: Level, rows: list[Option]) -> str:
    """Without the column of the level: a page of a notebook has no room for more."""
    lines = [
        (name, *rest) for name, _level, *rest in (_HEAD, ("---",) * len(_HEAD), *(_cells(row, "") for row in rows))
    ]
    return f"**{level.name}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Option, level: str) -> tuple[str, ...]:
    return row.name, level, row.type, _systems(row), row.what, row.shown_by or "-", row.source


def _facts(row: Option) -> str:
    default = f", default here {_default(row)}" if row.default is not None else ""
    return f"({row.level.name} {row.number_text}, {row.type}{default}; {_systems(row)})"


def _deed(row: Option) -> str:
    shown = f"; shown in {row.shown_by}" if row.shown_by else ""
    return f"{row.what} [{row.source}{shown}]"


def _systems(row: Option) -> str:
    """The systems, and where it is not in every Python the version that first has the name."""
    return ", ".join(
        f"{name} (no name)" if not version else name if version == "3.11" else f"{name} ({version})"
        for name, version in row.first.items()
    )


def _default(row: Option) -> str:
    default = row.default
    return "-" if default is None else row.kind.shown(default)


TABLE: Final = Table(row for rows in (of_sockets, of_tcp, of_udp, of_ip, of_ipv6) for row in rows.ROWS)

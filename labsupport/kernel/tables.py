"""Rows as a table, and what a cell shows: text, and HTML with a caption and headings that a screen reader says."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

__all__ = ["Shown", "as_html", "as_text"]

Row = Sequence[str]


def as_text(head: Row, rows: Sequence[Row]) -> str:
    """The rows in columns, below their headings where they have any."""
    lines = [head, *rows] if any(head) else rows
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def as_html(caption: str, head: Row, rows: Sequence[Row]) -> str:
    """The same as an HTML table; the first cell of each row is its heading."""
    left = 'style="text-align:left"'
    top = "".join(f'<th scope="col" {left}>{escape(name)}</th>' for name in head)
    lead = f"<thead><tr>{top}</tr></thead>" if any(head) else ""
    body = "".join(
        f'<tr><th scope="row" {left}>{escape(row[0])}</th>'
        + "".join(f"<td {left}>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    title = f"<caption {left}>{escape(caption)}</caption>"
    return f"<table>{title}{lead}<tbody>{body}</tbody></table>"


class Shown:
    """What a cell shows of an object: its text, and beside it HTML."""

    def text(self) -> str:
        """What it says, as text."""
        raise NotImplementedError

    def html(self) -> str:
        """What it says, as HTML."""
        return f"<p>{escape(self.text())}</p>"

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.text()}

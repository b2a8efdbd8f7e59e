"""What is different on macOS and Windows: one table, from which each chapter's box is written.

Written from documentation and not run there by us; each row names its source.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["TABLE", "Difference", "box"]


class Difference(NamedTuple):
    """One thing that is not the same everywhere; the texts are Markdown, `source` a link."""

    chapter: str
    what: str
    linux: str
    macos: str
    windows: str
    source: str


TABLE: Final = (
    Difference(
        "01",
        "`create_server` on a port that was used a moment ago",
        "works: it sets `SO_REUSEADDR`",
        "as on Linux",
        "works without; there the option would let other programs take the port, so it is not set",
        "[socket.create_server](https://docs.python.org/3/library/socket.html#socket.create_server)",
    ),
    Difference(
        "01",
        "the number behind `ConnectionRefusedError`",
        "111",
        "61",
        "10061, so compare with `errno.ECONNREFUSED`, or catch the exception by its name",
        "[errno](https://docs.python.org/3/library/errno.html)",
    ),
    Difference(
        "01",
        "`listen()` without `bind()`",
        "listens at 0.0.0.0",
        "as on Linux",
        "raises an error: bind first",
        "[Winsock listen](https://learn.microsoft.com/en-us/windows/win32/api/winsock2/nf-winsock2-listen)",
    ),
    Difference(
        "01",
        "Ctrl-C, or ■, while a call of the main thread waits",
        "ends the wait",
        "as on Linux",
        "may have to wait for the call's timeout",
        "[cpython #85609](https://github.com/python/cpython/issues/85609)",
    ),
    Difference(
        "01",
        "who is connected? in a terminal",
        "`ss -tan`",
        "`netstat -an -p tcp`",
        "`netstat -an -p tcp`",
        "[ss(8)](https://man7.org/linux/man-pages/man8/ss.8.html)",
    ),
    Difference(
        "01",
        "a client in a terminal",
        "`nc`",
        "`nc`",
        "no `nc`: use the client of the summary in `python`",
        "[nc(1)](https://man.openbsd.org/nc.1)",
    ),
)


def box(chapter: str) -> str:
    """The box of a chapter ("01") as Markdown; "" where nothing is different."""
    rows = [row for row in TABLE if row.chapter == chapter]
    if not rows:
        return ""
    lines = [
        "## On macOS and Windows",
        "",
        "Written from documentation; we run Linux.",
        "",
        "| | Linux | macOS | Windows | source |",
        "|---|---|---|---|---|",
        *(f"| {row.what} | {row.linux} | {row.macos} | {row.windows} | {row.source} |" for row in rows),
    ]
    return "\n".join(lines)

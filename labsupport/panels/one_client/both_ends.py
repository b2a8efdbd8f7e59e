"""What the kernel says of both ends of a connection by hand, and of the listener, as a table."""

from __future__ import annotations

from html import escape

from labsupport import kernel
from labsupport.panels.parts.outcomes import counted
from labsupport.tape.events import Address

from .hand import Hand

__all__ = ["rows", "table"]


def rows(hand: Hand, address: Address) -> tuple[list[kernel.Row], list[kernel.Row]]:
    """What the kernel lists: both ends of this connection, the client's first, and the listener."""
    rows = kernel.connections(address[1])
    mine = hand.ends[0] if hand.ends else None
    ends = [row for row in rows if mine is not None and mine in (row.local, row.remote)]
    return sorted(ends, key=lambda row: row.local != mine), [row for row in rows if row.state == "LISTEN"]


def table(ends: list[kernel.Row], doors: list[kernel.Row], hand: Hand) -> str:
    """The rows as HTML; "" for none."""
    lines = []
    for row in ends:
        mine = hand.ends is not None and row.local == hand.ends[0]
        gone = row.receive_queue is None or row.state == "TIME-WAIT"
        unread = "" if gone else f"{counted(row.receive_queue or 0)} arrived and not yet read"
        lines.append(("your end" if mine else "the server's end", row.state or "?", unread))
    for row in doors:
        queue = "" if row.receive_queue is None else f"{row.receive_queue} waiting for accept()"
        lines.append(("the listener", "LISTEN", queue))
    if not lines:
        return ""
    body = "".join(f'<tr><th scope="row">{a}</th><td><b>{escape(b)}</b></td><td>{c}</td></tr>' for a, b, c in lines)
    return f'<table class="loopback-kernel"><caption>What the kernel says now</caption>{body}</table>'

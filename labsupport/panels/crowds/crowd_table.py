"""What the panel of the crowd writes: how long the others waited with each design, and what a design takes."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from html import escape
from typing import Final

from labsupport import services
from labsupport.panels.parts.strips import Span, axis, duration, quantity, scrolled, span, strip

from .crowding import PATIENCE, Came

__all__ = ["COSTS", "LONG", "cost", "sentence", "summary", "table"]

#: Seconds from which on somebody is said to have waited.
LONG: Final = 0.1

#: What one more client costs, and what bounds the clients of each design.
COSTS: Final = {
    "one at a time": "One more client costs nothing but its turn: it waits until all before it have gone.",
    "a thread each": "One more client costs a thread. What bounds it are threads: their memory, and going from one to "
    "the next.",
    "a pool": "One more client costs a place in the queue. Of {workers} threads each serves one client from its first "
    "byte to its last: {workers} slow ones stop the service for all others.",
    "socketserver": "One more client costs a thread, as with a thread each: the standard library writes the same loop.",
    "selectors": "One more client costs a socket and half a kilobyte. Nothing in the loop may wait: neither for a "
    "client nor for a disk.",
    "asyncio": "One more client costs a coroutine and two buffers. Nothing between two awaits may wait: neither for a "
    "client nor for a disk.",
}

_HEAD: Final = ("median", "longest", f"over {LONG:g} s", "unanswered", "threads", "memory")


def waited(came: Came) -> int:
    """How many of the others had to wait."""
    return sum(wait > LONG for wait in came.waits)


def table(found: Mapping[str, Came], chosen: str, others: int, slow: int) -> str:
    """A row for each design that was tried, in HTML; "" for nothing."""
    if not found:
        return ""
    ends = span(came.waits for came in found.values())
    rows = "".join(_row(name, found.get(name), ends, current=name == chosen) for name in services.ALL)
    head = "".join(f'<th scope="col" class="figure">{name}</th>' for name in _HEAD)
    caption = (
        f"{_clients(others, slow)}. A mark for each of the others: the longest that it waited for an answer. “Over "
        f"{LONG:g} s”: how many waited longer; “unanswered”: how many lack an answer; “memory”: what came on top."
    )
    inside = (
        '<table class="loopback-kernel">'
        f'<thead><tr><th scope="col">design</th><th scope="col">how long the others waited</th>{head}</tr></thead>'
        f'<tbody>{rows}</tbody><tfoot aria-hidden="true"><tr><td></td><td>{axis(ends)}</td>'
        f'<td colspan="{len(_HEAD)}"></td></tr></tfoot></table>'
    )
    return scrolled("How long the others waited", caption, inside)


def _clients(others: int, slow: int) -> str:
    ahead = f"{slow} slow one{'' if slow == 1 else 's'} before them" if slow else "no slow one"
    return f"{others} client{'' if others == 1 else 's'}, {ahead}"


def _row(name: str, came: Came | None, ends: Span, *, current: bool) -> str:
    mark = " aria-current=true" if current else ""
    if came is None:
        return f'<tr{mark}><th scope="row">{escape(name)}</th><td colspan="{len(_HEAD) + 1}">not tried</td></tr>'
    of = f" of {len(came.waits)}"
    figures = (
        *(duration(statistics.median(came.waits)), duration(max(came.waits))),
        *(f"{waited(came)}{of}", f"{came.unanswered}{of}", *_taken(came)),
    )
    cells = "".join(f'<td class="figure">{figure}</td>' for figure in figures)
    return f'<tr{mark}><th scope="row">{escape(name)}</th><td>{strip(came.waits, ends)}</td>{cells}</tr>'


def _taken(came: Came) -> tuple[str, str]:
    threads = "not told" if came.threads is None else str(came.threads)
    memory = "not told" if came.memory is None else f"≈ {quantity(came.memory / 1000)} kB"
    return threads, memory


# --- in words -----------------------------------------------------------------------------------


def sentence(name: str, came: Came) -> str:
    """Who waited with this design, as a sentence."""
    count, others = waited(came), len(came.waits)
    late = f"{count} of {others} waited longer than {LONG:g} s" if count else f"nobody waited longer than {LONG:g} s"
    if came.unanswered:
        late += f", and {came.unanswered} had not all answers after {PATIENCE:g} s"
    errors = f" Errors: {', '.join(sorted(came.troubles))}." if came.troubles else ""
    return f"{name}: {late}; the longest wait was {duration(max(came.waits))}.{errors}"


def summary(found: Mapping[str, Came]) -> str:
    """With which designs somebody waited, as a sentence or two."""
    kept = [name for name, came in found.items() if waited(came)]
    quick = [name for name in found if name not in kept]
    said = [f"Somebody waited longer than {LONG:g} s with: {', '.join(kept)}."] if kept else []
    return " ".join([*said, f"Nobody did with: {', '.join(quick)}." if quick else ""]).strip()


def cost(name: str) -> str:
    """What one more client costs with this design, as a sentence or two."""
    return COSTS[name].format(workers=services.ALL[name].at_once)

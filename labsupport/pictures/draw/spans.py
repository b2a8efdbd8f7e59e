"""What stretches over rows: lifelines, calls that wait, bytes that wait."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from labsupport.pictures.colours import fill, send, stroke
from labsupport.pictures.ladder.layout import Layout
from labsupport.pictures.ladder.model import OUTSIDE, Band, Lane, Wait

from .pen import cross, n, text

__all__ = ["band", "band_width", "band_x", "captions", "crosses", "lifeline", "segments", "wait"]

_NEVER = float("inf")


def crosses(span: Wait | Band, first: int, last: int) -> bool:
    """Is some of it in the rows from `first` to before `last`?"""
    return span.begin.row < last and (span.end is None or span.end.row >= first)


# --- lifelines ------------------------------------------------------------------------------------


def lifeline(layout: Layout, lane: Lane, top: float, bottom: float) -> str:
    """The part of a lifeline between two heights."""
    x = layout.places[lane.index].x
    parts = []
    for start, end, tone, dotted in segments(layout, lane):
        low, high = max(start, top), min(end, bottom)
        if low < high:
            style = ' stroke-dasharray=".1 6" stroke-linecap="round"' if dotted else ""
            width = "3" if tone == "line" else "2"
            parts.append(f'<path d="M{n(x)} {n(low)}V{n(high)}" stroke-width="{width}"{style} {stroke(tone)}/>')
    if lane.ended is not None:
        y = layout.y(lane.index, lane.ended)
        if top <= y <= bottom:
            parts.append(f'<path d="M{n(x - 6)} {n(y)}H{n(x + 6)}" stroke-width="2" {stroke("pale")}/>')
    return "".join(parts)


def segments(layout: Layout, lane: Lane) -> Iterable[tuple[float, float, str, bool]]:
    """(from, to, tone, dotted): dotted where only the kernel has it, heavy while it is connected or listens."""
    start = layout.top - 8 if lane.born is None else layout.y(lane.index, lane.born)
    stop = layout.height if lane.ended is None else layout.y(lane.index, lane.ended)
    changes = [(layout.y(lane.index, state.row), state.name) for state in lane.states]
    held = _NEVER if lane.held is None else layout.y(lane.index, lane.held) if lane.held else start
    gone = _NEVER if lane.let_go is None else layout.y(lane.index, lane.let_go)
    cuts = {start, stop, held, gone, *(y for y, _ in changes)}
    for low, high in pairwise(sorted(cut for cut in cuts if start <= cut <= stop)):
        state = next((name for y, name in reversed(changes) if y <= low), "")
        tone = "line" if state in ("ESTABLISHED", "LISTEN") or not lane.stream else "pale"
        yield low, high, tone, not held <= low < gone or lane.kind == OUTSIDE


# --- calls that wait, bytes that wait -------------------------------------------------------------


def wait(layout: Layout, one: Wait, top: float, bottom: float) -> str:
    """A hatched bar; open below when the call has not returned."""
    x = layout.places[one.begin.lane].x
    start = layout.anchors[one.begin.index]
    end = layout.height if one.end is None else layout.anchors[one.end.index]
    low, high = n(max(start, top)), n(min(end, bottom))
    left, right = n(x - 5), n(x + 5)
    outline = f"M{left} {high}V{low}H{right}V{high}" + ("" if one.end is None else "z")
    return f'<path d="{outline}" fill="url(#wait)" {stroke("wait")}/>'


def _inward(layout: Layout, lane: int) -> int:
    return 1 if layout.story.lanes[lane].left else -1


def band_x(layout: Layout, one: Band) -> float:
    """The middle of a band: beside the lifeline, on the side that the bytes come from."""
    first = 17 if layout.style == "spread" else 10  # where there is room, with some for the tip of a signal
    most = int(layout.beach // layout.step)
    return layout.places[one.lane].x + _inward(layout, one.lane) * (first + min(one.slot, most) * layout.step)


def band_width(layout: Layout) -> float:
    """How wide bands are."""
    return layout.step - (2 if layout.step > 5 else 1)


def band(layout: Layout, one: Band, top: float, bottom: float) -> str:
    """Bytes from their arrival until a call takes them; lost ones end in a cross."""
    x, width, colour = band_x(layout, one), band_width(layout), send(one.number)
    end = layout.height if one.end is None else layout.anchors[one.end.index]
    low, high = max(layout.anchors[one.begin.index], top), min(end, bottom)
    shape = f'<rect x="{n(x - width / 2)}" y="{n(low)}" width="{n(width)}" height="{n(high - low)}" {fill(colour)}/>'
    if one.end is None or high < end:
        return shape
    if one.lost:
        return shape + cross(x, end)
    lane = layout.places[one.lane].x
    return shape + f'<path d="M{n(x)} {n(end - 1.3)}H{n(lane)}" stroke-width="2.6" {stroke(colour)}/>'


# --- how many bytes wait --------------------------------------------------------------------------


def captions(layout: Layout, first: int, last: int) -> list[str]:
    """How many bytes wait, once beside each group of bands, in a row where nothing crosses."""
    found = []
    said: set[tuple[int, int]] = set()
    bands = [one for one in layout.bands if crosses(one, first, last)]
    for one in bands:
        row = _free_row(layout, one)
        if row is None or not first <= row < last:
            continue
        group = [other for other in bands if other.lane == one.lane and _active(other, row)]
        key = (one.lane, min(other.begin.row for other in group))
        if key not in said:
            said.add(key)
            found.append(_caption(layout, group, [other for other in bands if _active(other, row)], row))
    return found


def _free_row(layout: Layout, one: Band) -> int | None:
    """The last row of the first dozen beside the band in which no wire passes."""
    end = one.end.row if one.end is not None else len(layout.rows)
    rows = range(min(end, one.begin.row + 12) - 1, one.begin.row, -1)
    return next((row for row in rows if row not in layout.crossed), None)


def _active(one: Band, row: int) -> bool:
    return one.begin.row < row and (one.end is None or one.end.row > row)


def _caption(layout: Layout, group: list[Band], around: list[Band], row: int) -> str:
    inward = _inward(layout, group[0].lane)
    edges = [band_x(layout, one) + inward * 10 for one in around if _inward(layout, one.lane) == inward]
    inner = layout.gap[0] + 14 if inward > 0 else layout.gap[1] - 14
    x = max(inner, *edges) if inward > 0 else min(inner, *edges)
    room = layout.gap[1] - x if inward > 0 else x - layout.gap[0]
    total = sum(one.length for one in group)
    lines = [f"{total:,} B wait in", f"the {'client' if inward > 0 else 'server'}'s kernel"]
    if room < 8 + 7 * max(map(len, lines)):
        return ""
    y, anchor = layout.rows[row].top + 16, "" if inward > 0 else "end"
    return "".join(text(x, y + 15 * k, line, colour="soft", anchor=anchor) for k, line in enumerate(lines))

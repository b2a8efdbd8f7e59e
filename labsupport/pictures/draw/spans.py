"""What stretches over rows: lifelines, calls that wait, bytes that wait."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from labsupport.pictures.colours import fill, send, stroke
from labsupport.pictures.ladder.layout import Layout
from labsupport.pictures.ladder.model import OUTSIDE, Band, Lane, Wait

from .pen import n, text

__all__ = ["band", "band_width", "band_x", "captions", "crosses", "lifeline", "segments", "wait"]


def crosses(span: Wait | Band, first: int, last: int) -> bool:
    """Is some of it in the rows from `first` to before `last`?"""
    return span.begin.row < last and (span.end is None or span.end.row >= first)


def _lifeline(layout: Layout, lane: Lane, top: float, bottom: float) -> str:
    x = n(layout.places[lane.index].x)
    parts = []
    for start, end, tone, dotted in segments(layout, lane):
        low, high = max(start, top), min(end, bottom)
        if low < high:
            style = ' stroke-dasharray=".1 6" stroke-linecap="round"' if dotted else ""
            width = "3" if tone == "line" else "2"
            parts.append(f'<path d="M{x} {n(low)}V{n(high)}" stroke-width="{width}"{style} {stroke(tone)}/>')
    if lane.ended is not None:
        y = layout.y(lane.index, lane.ended)
        if top <= y <= bottom:
            at = layout.places[lane.index].x
            parts.append(f'<path d="M{n(at - 6)} {n(y)}H{n(at + 6)}" stroke-width="2" {stroke("pale")}/>')
    return "".join(parts)


def segments(layout: Layout, lane: Lane) -> Iterable[tuple[float, float, str, bool]]:
    """Pieces of a lifeline: dotted where only the kernel has it, heavy while it is connected or listens."""
    index = lane.index
    start = layout.top - 8 if lane.born is None else layout.y(index, lane.born)
    stop = layout.height if lane.ended is None else layout.y(index, lane.ended)
    cuts = {start, stop}
    for row in (lane.held, lane.let_go, *(state.row for state in lane.states)):
        if row is not None and (row > 0 or lane.states):
            cuts.add(layout.y(index, row))
    marks = sorted(cut for cut in cuts if start <= cut <= stop)
    held = layout.y(index, lane.held) if lane.held else start if lane.held == 0 else float("inf")
    gone = layout.y(index, lane.let_go) if lane.let_go is not None else float("inf")
    for low, high in zip(marks, marks[1:], strict=False):
        state = ""
        for one in lane.states:
            if layout.y(index, one.row) <= low:
                state = one.name
        tone = "line" if state in ("ESTABLISHED", "LISTEN") or not lane.stream else "pale"
        dotted = not held <= low < gone or lane.kind == OUTSIDE
        yield low, high, tone, dotted


def _wait(layout: Layout, wait: Wait, top: float, bottom: float) -> str:
    x = layout.places[wait.begin.lane].x
    start = layout.anchors[wait.begin.index]
    end = layout.height if wait.end is None else layout.anchors[wait.end.index]
    low, high = max(start, top), min(end, bottom)
    left, right = n(x - 5), n(x + 5)
    outline = f"M{left} {n(high)}V{n(low)}H{right}V{n(high)}" + ("" if wait.end is None else "z")
    return f'<path d="{outline}" fill="url(#wait)" {stroke("wait")}/>'


def _inward(layout: Layout, lane: int) -> int:
    return 1 if layout.story.lanes[lane].left else -1


def _band_x(layout: Layout, band: Band) -> float:
    """The middle of a band."""
    return layout.places[band.lane].x + _inward(layout, band.lane) * (_first(layout) + _slot(layout, band) * layout.step)


def _first(layout: Layout) -> float:
    """How far from its lifeline the first band stands: with room for the tip of a signal where there is room."""
    return 17 if layout.style == "spread" else 10


def _slot(layout: Layout, band: Band) -> int:
    return min(band.slot, 2 if layout.step < 9 else 3 if layout.style == "bundle" else 9)


def _band_width(layout: Layout) -> float:
    return layout.step - 2


def _band(layout: Layout, band: Band, top: float, bottom: float) -> str:
    x, width = _band_x(layout, band), _band_width(layout)
    start = layout.anchors[band.begin.index]
    end = layout.height if band.end is None else layout.anchors[band.end.index]
    low, high = max(start, top), min(end, bottom)
    colour = send(band.number)
    shape = f'<rect x="{n(x - width / 2)}" y="{n(low)}" width="{n(width)}" height="{n(high - low)}" {fill(colour)}/>'
    if band.end is not None and high == end and band.lost:
        shape += f'<path d="M{n(x - 6)} {n(end - 6)}l12 12m0 -12l-12 12" stroke-width="2.6" {stroke("error")}/>'
    elif band.end is not None and high == end:
        lane = layout.places[band.lane].x
        shape += f'<path d="M{n(x)} {n(end - 1.3)}H{n(lane)}" stroke-width="2.6" {stroke(colour)}/>'
    return shape


def _captions(layout: Layout, first: int, last: int) -> list[str]:
    """How many bytes wait, once beside each group of bands, in a row where nothing crosses."""
    found = []
    said: set[tuple[int, int]] = set()
    bands = [band for band in layout.bands if _crosses(band, first, last)]
    for band in bands:
        row = _free_row(layout, band)
        if row is None or not first <= row < last:
            continue
        group = [one for one in bands if one.lane == band.lane and _active(one, row)]
        key = (band.lane, min(one.begin.row for one in group))
        if key not in said:
            said.add(key)
            found.append(_caption(layout, band, group, bands, row))
    return found


def _free_row(layout: Layout, band: Band) -> int | None:
    """The last row of the first dozen beside the band in which no wire passes."""
    end = band.end.row if band.end is not None else len(layout.rows)
    rows = range(min(end, band.begin.row + 12) - 1, band.begin.row, -1)
    return next((row for row in rows if not layout.rows[row].wires), None)


def _active(band: Band, row: int) -> bool:
    return band.begin.row < row and (band.end is None or band.end.row > row)


def _caption(layout: Layout, band: Band, group: list[Band], bands: list[Band], row: int) -> str:
    inward = _inward(layout, band.lane)
    side = [one for one in bands if _inward(layout, one.lane) == inward and (_active(one, row) or one in group)]
    edges = [_band_x(layout, one) + inward * 10 for one in side]
    x = max(edges) if inward > 0 else min(edges)
    inner = layout.gap[0] + 14 if inward > 0 else layout.gap[1] - 14
    x = max(x, inner) if inward > 0 else min(x, inner)
    total = sum(one.length for one in group)
    room = layout.gap[1] - x if inward > 0 else x - layout.gap[0]
    lines = [f"{total:,} B wait in", f"the {'client' if inward > 0 else 'server'}’s kernel"]
    if room < 8 + 7 * max(map(len, lines)):
        return ""
    y, anchor = layout.rows[row].top + 16, "" if inward > 0 else "end"
    return "".join(text(x, y + 15 * k, line, colour="soft", anchor=anchor) for k, line in enumerate(lines))



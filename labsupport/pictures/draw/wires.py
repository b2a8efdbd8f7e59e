"""What goes from one lifeline to another."""

from __future__ import annotations

from typing import Final

from labsupport.pictures.colours import fill, send, stroke
from labsupport.pictures.ladder.layout import Layout
from labsupport.pictures.ladder.model import Wire

from .pen import halo, line, n, text, tip
from .spans import band_width, band_x

__all__ = ["wire"]

#: How far below its call accept() hands the connection over, where labels do not stand between.
HANDED: Final = 9
#: How far below the bytes that it answers a reset comes back.
ANSWER: Final = 28


def wire(layout: Layout, one: Wire) -> str:
    """A wire, level unless a link delays it."""
    if one.kind == "handed":
        return _handed(layout, one)
    y = layout.anchors[one.target.index if one.kind == "ACK" and one.target is not None else one.source.index]
    if one.kind in ("RST", "ICMP") and _answers(layout, one):
        y += ANSWER
    until = layout.y(one.lane, one.row) if one.row >= 0 else y
    start, end = _ends(layout, one, y)
    if one.kind == "data":
        return _data(layout, one, start, end, y, until)
    if one.kind == "signal":
        return line(start, end, y, until, "soft", 1.4, "1 4") + tip(start, end, y, until, "soft", 7)
    colour = "error" if one.kind in ("RST", "ICMP") else "soft"
    drawn = line(start, end, y, until, colour, 1.6, "6 4") + tip(start, end, y, until, colour, 8)
    return drawn + halo(_middle(layout, start, end), (y + until) / 2 - 6, one.text, colour)


def _answers(layout: Layout, one: Wire) -> bool:
    """Whether bytes that left from the same label are what it answers."""
    return any(other.kind == "data" and other.source is one.source for other in layout.rows[one.source.row].wires)


def _ends(layout: Layout, one: Wire, y: float) -> tuple[float, float]:
    start, end = layout.places[one.start].x, layout.places[one.lane].x
    way = 1 if end > start else -1
    door = {"SYN": one.lane, "SYN+ACK": one.start}.get(one.kind)
    edge = _doorstep(layout, one, door, y) if door is not None else None
    near = edge if edge is not None and one.kind == "SYN+ACK" else start + 7 * way
    far = edge if edge is not None and one.kind == "SYN" else end - way * _reach(layout, one)
    return near, far


def _doorstep(layout: Layout, one: Wire, door: int, y: float) -> float | None:
    """Where a listener's label begins that stands before its lifeline: to it, and not through it."""
    place = layout.places[door]
    if place.side > 0:
        return None
    labels = layout.rows[one.source.row].labels
    widths = [
        layout.boxes[label.index].width
        for label in labels
        if label.lane == door and abs(layout.anchors[label.index] - y) < 24
    ]
    return place.end - max(widths) - 5 if widths else None


def _reach(layout: Layout, one: Wire) -> float:
    """How far before the lifeline an arrow ends: at the bytes that wait there."""
    if one.kind == "ACK":
        return 50 if layout.style == "spread" else 12 if layout.marks[one.lane] else 7
    at = layout.places[one.lane].x
    if one.kind == "data":
        band = layout.arrivals.get((one.source.index, one.lane))
        return 7 if band is None else abs(band_x(layout, band) - at) + band_width(layout) / 2
    if one.kind not in ("FIN", "RST"):
        return 7
    row = one.source.row
    waiting = (
        abs(band_x(layout, band) - at) + band_width(layout) / 2 + 1
        for band in layout.shore.get(one.lane, ())
        if band.begin.row < row and (band.end is None or band.end.row >= row)
    )
    return max(waiting, default=7)


def _handed(layout: Layout, one: Wire) -> str:
    """accept() gives the connection to its program: a step down and across, clear of what the network carries."""
    place, y = layout.places[one.start], layout.anchors[one.source.index]
    if place.side < 0:
        start, low, stem = place.end - layout.boxes[one.source.index].width - 3, y, ""
    else:
        start, low = place.x, y + HANDED
        stem = f'<path d="M{n(place.x)} {n(y)}V{n(low)}" {stroke("soft")}/>'
    end = layout.places[one.lane].x + 4
    return stem + line(start, end, low, low, "soft", 1.4, "1 3") + tip(start, end, low, low, "soft", 7)


def _middle(layout: Layout, start: float, end: float) -> float:
    low, high = sorted((start, end))
    middle = sum(layout.gap) / 2
    return middle if low <= middle <= high else (low + high) / 2


def _data(layout: Layout, one: Wire, start: float, end: float, y: float, until: float) -> str:
    """Bytes on their way, with the number of their send."""
    colour, name = send(one.number), str(one.number or "?")
    middle, height, half = _middle(layout, start, end), (y + until) / 2, 5 + 4 * len(name)
    pill = (
        f'<rect x="{n(middle - half)}" y="{n(height - 9)}" width="{n(2 * half)}" height="18" rx="9" {fill(colour)}/>'
        + text(middle, height + 4.2, name, colour="ontop", anchor="middle", more='font-weight="700"')
    )
    if one.lost:
        cross = f'<path d="M{n(end - 6)} {n(until - 6)}l12 12m0 -12l-12 12" stroke-width="2.6" {stroke("error")}/>'
        return line(start, end, y, until, colour, 2.4, "") + cross + pill
    return line(start, end, y, until, colour, 2.4, "") + tip(start, end, y, until, colour, 10) + pill

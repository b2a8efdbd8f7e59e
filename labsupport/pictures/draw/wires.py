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


def _wire(layout: Layout, wire: Wire) -> str:
    y = layout.anchors[wire.source.index]
    if wire.kind in ("SYN", "SYN+ACK") and layout.style == "spread":
        return _doorstep(layout, wire, y)
    until = layout.y(wire.lane, wire.row) if wire.row >= 0 else y
    if wire.kind == "ACK" and wire.target is not None:
        y = until = layout.anchors[wire.target.index]
    start, end = layout.places[wire.start].x, layout.places[wire.lane].x
    way = 1 if end > start else -1
    if wire.kind == "handed":
        return _handed(layout, wire, y)
    start += 7 * way
    end -= way * _reach(layout, wire)
    if wire.kind == "data":
        return _data(layout, wire, start, end, y, until)
    if wire.kind == "signal":
        return _line(start, end, y, until, "soft", 1.4, "1 4") + _tip(start, end, y, until, "soft", 7)
    colour = "error" if wire.kind == "RST" else "soft"
    drawn = _line(start, end, y, until, colour, 1.6, "6 4") + _tip(start, end, y, until, colour, 8)
    return drawn + halo(_middle(layout, start, end), (y + until) / 2 - 6, wire.text, colour)


def _doorstep(layout: Layout, wire: Wire, y: float) -> str:
    """To or from a listener whose labels stand before its lifeline: up to them, not through them."""
    to_door = wire.kind == "SYN"
    door = layout.places[wire.lane if to_door else wire.start]
    lane = wire.lane if to_door else wire.start
    near = [
        layout.boxes[label.index].width
        for label in layout.rows[wire.source.row].labels
        if label.lane == lane and abs(layout.anchors[label.index] - y) < 24
    ]
    outer = door.end - max(near) - 5 if near and door.side < 0 else door.x - 7
    start = layout.places[wire.start].x + 7 if to_door else outer
    end = outer if to_door else layout.places[wire.lane].x + 7
    drawn = _line(start, end, y, y, "soft", 1.6, "6 4") + _tip(start, end, y, y, "soft", 8)
    return drawn + halo(_middle(layout, start, end), y - 6, wire.text, "soft")


def _reach(layout: Layout, wire: Wire) -> float:
    """How far before the lifeline an arrow ends."""
    if wire.kind == "data":
        band = layout.arrivals.get((wire.source.index, wire.lane))
        return 7 if band is None else abs(_band_x(layout, band) - layout.places[band.lane].x) + _band_width(layout) / 2
    if wire.kind == "ACK":
        if layout.style == "spread":
            return 50
        return 12 if layout.marks[wire.lane] else 7
    place = layout.places[wire.lane]
    row = wire.source.row
    active = [one for one in layout.shore.get(wire.lane, ()) if one.begin.row < row and (one.end is None or one.end.row >= row)]
    if wire.kind in ("FIN", "RST") and active:
        return max(abs(_band_x(layout, one) - place.x) for one in active) + _band_width(layout) / 2 + 1
    return 7


def _handed(layout: Layout, wire: Wire, y: float) -> str:
    """accept() gives the connection to its program: a step down and across, clear of what the network carries."""
    place, low = layout.places[wire.start], y + HANDED
    if place.side < 0:
        start, stem = place.end - layout.boxes[wire.source.index].width - 3, ""
        low = y
    else:
        start, stem = place.x, f'<path d="M{n(place.x)} {n(y)}V{n(low)}" {stroke("soft")}/>'
    end = layout.places[wire.lane].x + 4
    return stem + _line(start, end, low, low, "soft", 1.4, "1 3") + _tip(start, end, low, low, "soft", 7)


def _middle(layout: Layout, start: float, end: float) -> float:
    low, high = sorted((start, end))
    middle = sum(layout.gap) / 2
    return middle if low <= middle <= high else (low + high) / 2


def _data(layout: Layout, wire: Wire, start: float, end: float, y: float, until: float) -> str:
    colour = send(wire.number)
    middle = _middle(layout, start, end)
    name = str(wire.number or "?")
    half = 5 + 4 * len(name)
    height = (y + until) / 2
    pill = (
        f'<rect x="{n(middle - half)}" y="{n(height - 9)}" width="{n(2 * half)}" height="18" rx="9" {fill(colour)}/>'
        + text(middle, height + 4.2, name, colour="ontop", anchor="middle", more='font-weight="700"')
    )
    return _line(start, end, y, until, colour, 2.4, "") + _tip(start, end, y, until, colour, 10) + pill



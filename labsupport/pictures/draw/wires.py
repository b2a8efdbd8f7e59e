"""What goes from one lifeline to another."""

from __future__ import annotations

from typing import Final

from labsupport.pictures.colours import fill, send, stroke
from labsupport.pictures.ladder.layout import Layout
from labsupport.pictures.ladder.model import Wire

from .pen import cross, halo, line, n, text, tip
from .spans import band_width, band_x

__all__ = ["stop", "wire"]

#: How far below its call accept() hands the connection over, where labels do not stand between.
HANDED: Final = 9
#: How far below the bytes that it answers a reset comes back.
ANSWER: Final = 28
#: How far between the lifelines something is lost, and how far along a sloping wire its number stands: near its
#: beginning, for two that cross are far apart there; but near its end if others begin in the same place.
LOST_AT: Final = 0.62
SLOPE_AT: Final = 0.24
FAN_AT: Final = 0.78


def wire(layout: Layout, one: Wire) -> str:
    """A wire: level, unless a link delays it."""
    if one.kind == "handed":
        return _handed(layout, one)
    y, until = layout.heights(one)
    if one.kind in ("RST", "ICMP") and _answers(layout, one):
        y, until = y + ANSWER, until + ANSWER
    start, end = _ends(layout, one, y)
    if one.kind == "data":
        return _data(layout, one, start, end, y, until)
    if one.kind == "signal":
        return line(start, end, y, until, "soft", 1.4, "1 4") + tip(start, end, y, until, "soft", 7)
    colour = "error" if one.kind in ("RST", "ICMP") else "soft"
    dash = "" if one.kind == "alert" else "6 4"
    if one.lost:
        end = stop(layout, one, start, end)
        shaft = line(start, end, y, until, colour, 1.6, dash)
        return shaft + cross(end, y) + _kernel_name(layout, one, start, end, y)
    drawn = line(start, end, y, until, colour, 1.6, dash) + tip(start, end, y, until, colour, 8)
    return drawn + _kernel_name(layout, one, start, end, (y + until) / 2)


def _kernel_name(layout: Layout, one: Wire, start: float, end: float, y: float) -> str:
    """SYN, FIN, RST, alert: above the middle of the wire; of two that a link sent both ways once, between them."""
    middle = _middle(layout, start, end)
    if one.by_link:
        wires = layout.rows[one.source.row].wires
        twins = [other for other in wires if other.by_link and other.source is one.source]
        if one is not twins[0]:
            return ""
        middle = sum(layout.gap) / 2 if len(twins) > 1 else (start + end) / 2
    elif one.lost:
        middle = (start + end) / 2
    return halo(middle, y - 6, one.text, "error" if one.kind in ("RST", "ICMP") else "soft")


def _answers(layout: Layout, one: Wire) -> bool:
    """Whether bytes that left from the same label are what it answers."""
    return any(other.kind == "data" and other.source is one.source for other in layout.rows[one.source.row].wires)


def _ends(layout: Layout, one: Wire, y: float) -> tuple[float, float]:
    start, end = layout.places[one.start].x, layout.places[one.lane].x
    way = 1 if end > start else -1
    if one.by_link:
        return sum(layout.gap) / 2 + 3 * way, end - way * _reach(layout, one)
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
        band = layout.arrivals.get(((one.until or one.source).index, one.lane))
        return 7 if band is None else abs(band_x(layout, band) - at) + band_width(layout) / 2
    if one.kind not in ("FIN", "RST", "alert"):
        return 7
    row = one.last_row
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


def stop(layout: Layout, one: Wire, start: float, end: float) -> float:
    """Where a wire ends that does not arrive: in the link, between the lifelines, or at the receiver's kernel."""
    if one.lost in ("closed", "full", "refused"):
        return end
    low, high = layout.gap
    share = LOST_AT if end > start else 1 - LOST_AT
    return low + (high - low) * share


def _data(layout: Layout, one: Wire, start: float, end: float, y: float, until: float) -> str:
    """Bytes on their way, with the number of their send."""
    colour, name = send(one.number), str(one.number or "?")
    if one.lost:
        end = stop(layout, one, start, end)
    share = _pill_at(layout, one, start, end)
    middle, height, half = start + (end - start) * share, y + (until - y) * share, 5 + 4 * len(name)
    pill = (
        f'<rect x="{n(middle - half)}" y="{n(height - 9)}" width="{n(2 * half)}" height="18" rx="9" {fill(colour)}/>'
        + text(middle, height + 4.2, name, colour="ontop", anchor="middle", more='font-weight="700"')
    )
    if one.lost == "on its way":
        return (
            line(start, end, y, until, colour, 2.4, "")
            + line(end, end + (end - start) / 4, y, y, colour, 2.4, "2 5")
            + pill
        )
    if one.lost:
        return line(start, end, y, until, colour, 2.4, "") + cross(end, until) + pill
    return line(start, end, y, until, colour, 2.4, "") + tip(start, end, y, until, colour, 10) + pill


def _pill_at(layout: Layout, one: Wire, start: float, end: float) -> float:
    """Which part of a wire is before its number: those of wires that cross, or leave from one place, stand apart."""
    if one.until is None:
        return 0.5 if one.lost in ("link", "on its way") else (_middle(layout, start, end) - start) / (end - start)
    others = (other for other in layout.rows[one.source.row].wires if other is not one and other.kind == "data")
    fan = any(other.source is one.source for other in others)
    return FAN_AT if fan else SLOPE_AT

"""A layout as SVG.

`fragment` draws any rows of a ladder, in the coordinates of the whole; the live ladder shows
pages of them.  `ladder` puts a picture together: heads, rows, notes and legend, once for wide
and once for narrow places, of which a media query on the picture's own width shows one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from html import escape
from typing import Final

from .colours import both, dark_css, fill, send, stroke
from .ladder.layout import Layout
from .ladder.measure import CELL, CHIP, LINE, PAD
from .ladder.model import OUTSIDE, Band, Chip, Label, Lane, Wait, Wire

__all__ = ["DEFS", "fragment", "heads"]

MONO: Final = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
SANS: Final = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"

#: How far below its call accept() hands the connection over, where labels do not stand between.
HANDED: Final = 9

#: What the fragments refer to, and the dark palette.  Once in each document.
DEFS: Final = (
    f"<style>.m{{font-family:{MONO}}}{dark_css()}</style>"
    '<defs><pattern id="wait" width="6" height="6" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">'
    f'<rect width="6" height="6" {fill("waitback")}/><path d="M1.5 0V6" stroke-width="2.4" {stroke("wait")}/>'
    "</pattern></defs>"
)


def n(value: float) -> str:
    """A coordinate, no longer than it has to be."""
    return f"{value:.1f}".removesuffix(".0")


MONOSPACED: Final = 'xml:space="preserve" font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace"'


def text(x: float, y: float, content: str, *, colour: str = "ink", anchor: str = "", more: str = "") -> str:
    """A line of text; `anchor` "middle" or "end", else it begins at `x`."""
    at = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{n(x)}" y="{n(y)}"{at} {more}{" " if more else ""}{fill(colour)}>{escape(content, quote=False)}</text>'


def fragment(layout: Layout, first: int = 0, last: int | None = None) -> str:
    """The rows from `first` to before `last`."""
    last = len(layout.rows) if last is None else min(last, len(layout.rows))
    if first >= last:
        return ""
    top = layout.rows[first].top if first else layout.top - 8
    bottom = layout.height if last == len(layout.rows) else layout.rows[last].top
    rows = layout.rows[first:last]
    parts = [_lifeline(layout, lane, top, bottom) for lane in layout.story.lanes]
    parts += [_wait(layout, wait, top, bottom) for wait in layout.waits if _crosses(wait, first, last)]
    parts += [_band(layout, band, top, bottom) for band in layout.bands if _crosses(band, first, last)]
    parts += [_wire(layout, wire) for row in rows for wire in row.wires]
    parts += _captions(layout, first, last)
    parts += [_label(layout, label) for row in rows for label in row.labels]
    return "".join(parts)


def _crosses(span: Wait | Band, first: int, last: int) -> bool:
    return span.begin.row < last and (span.end is None or span.end.row >= first)


# --- lifelines --------------------------------------------------------------------------------------


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


# --- calls that wait, bytes that wait ---------------------------------------------------------------


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


# --- wires --------------------------------------------------------------------------------------------


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


def _line(start: float, end: float, y: float, until: float, colour: str, width: float, dash: str) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    stop = end - (6 if end > start else -6)
    return f'<path d="M{n(start)} {n(y)}L{n(stop)} {n(until)}" stroke-width="{width}"{dashes} {stroke(colour)}/>'


def _tip(start: float, end: float, y: float, until: float, colour: str, size: float) -> str:
    """The head of an arrow, turned the way it goes."""
    way = 1 if end > start else -1
    slope = (until - y) / (end - start) if end != start else 0
    back = end - way * size
    low = until - slope * way * size
    return f'<path d="M{n(end)} {n(until)}L{n(back)} {n(low - size * 0.45)}V{n(low + size * 0.45)}z" {fill(colour)}/>'


def halo(x: float, y: float, content: str, colour: str) -> str:
    """Text that stays readable where a line passes behind it."""
    width = len(content) * 3.9 + 3
    back = f'<rect x="{n(x - width)}" y="{n(y - 10)}" width="{n(2 * width)}" height="13" {fill("page")}/>'
    return back + text(x, y, content, colour=colour, anchor="middle")


# --- labels -------------------------------------------------------------------------------------------


def _label(layout: Layout, label: Label) -> str:
    if label.kind in ("call", "sync"):
        return _call(layout, label)
    place, y = layout.places[label.lane], layout.anchors[label.index]
    shape = layout.boxes[label.index]
    if label.kind == "head":
        born = _born(layout, label, y)
        if layout.signed(label.lane):
            return born
    else:
        born = ""
        at_birth = label.kind == "state" and layout.story.lanes[label.lane].born == label.row and layout.signed(label.lane)
        if label.kind == "state" and not at_birth:
            born = f'<path d="M{n(place.x - 5)} {n(y)}H{n(place.x + 5)}" stroke-width="2" {stroke("line")}/>'
        if at_birth and layout.style == "spread":
            born, place = "", replace(place, start=place.x + 56)
    x, anchor = (place.end, "end") if place.side < 0 else (place.start, "")
    more = 'font-style="italic"' if label.kind == "note" else 'font-weight="600"' if label.kind == "head" else ""
    lines = [
        text(x, y + 4 + LINE * k, line, colour="soft", anchor=anchor, more=more) for k, line in enumerate(shape.lines)
    ]
    return born + _leader(layout, label, x, y) + "".join(lines)


def _leader(layout: Layout, label: Label, x: float, y: float) -> str:
    """A thin line from a label to its lifeline, where others stand between."""
    at = layout.places[label.lane].x
    if abs(at - x) < 20 or label.kind == "note" or layout.style == "spread":
        return ""
    side = layout.places[label.lane].side
    return f'<path d="M{n(at + side * 6)} {n(y)}H{n(x - side * 2)}" {stroke("edge")}/>'


def _born(layout: Layout, label: Label, y: float) -> str:
    """A connection begins, in the kernel: before any accept()."""
    x = layout.places[label.lane].x
    lane = layout.story.lanes[label.lane]
    if layout.style == "spread":
        return (
            f'<rect x="{n(x - 48)}" y="{n(y - 12)}" width="96" height="24" rx="8" {both("head", "edge")}/>'
            + text(x, y + 4, lane.title, anchor="middle", more='font-weight="600"')
        )
    if layout.marks[label.lane]:
        return letter(x, y, lane.mark)
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="6" stroke-width="2" {both("head", "line")}/>'


def letter(x: float, y: float, mark: str) -> str:
    """The letter of a lane in a circle."""
    return (
        f'<circle cx="{n(x)}" cy="{n(y)}" r="9" {both("head", "line")}/>'
        + text(x, y + 4.2, mark, anchor="middle", more='font-weight="700"')
    )


def _call(layout: Layout, label: Label) -> str:
    place, y, shape = layout.places[label.lane], layout.anchors[label.index], layout.boxes[label.index]
    x = place.end - shape.width if place.side < 0 else place.start
    near = place.end if place.side < 0 else place.start
    height = shape.up + shape.down
    inside = "errorback" if label.trouble else "card"
    outline = "error" if label.trouble else "edge"
    parts = [
        f'<path d="M{n(place.x)} {n(y)}H{n(near)}" {stroke("edge")}/>',
        f'<circle cx="{n(place.x)}" cy="{n(y)}" r="4" {fill("line")}/>',
        f'<rect x="{n(x)}" y="{n(y - shape.up)}" width="{n(shape.width)}" height="{n(height)}" rx="6" {both(inside, outline)}/>',
    ]
    at = x + PAD
    if layout.marks[label.lane]:
        parts.append(letter(at + 6, y, layout.story.lanes[label.lane].mark).replace('r="9"', 'r="8"'))
        at += 18
    for k, line in enumerate(shape.lines):
        parts.append(_mono(at if k == 0 else x + PAD, y + 4.2 + LINE * k, line, italic=label.kind == "sync"))
    if label.tls:
        parts.append(_lock(x + shape.width - PAD - 24, y))
    bottom = y + LINE * (len(shape.lines) - 1)
    for k, line in enumerate(shape.trouble):
        bottom += LINE
        left = at if not shape.lines else x + PAD
        parts.append(text(left, bottom + 4.2, f"✗ {line}" if not k else f"  {line}", colour="error", more=MONOSPACED))
    for row in shape.chips:
        bottom += CHIP
        parts += [_chip(chip, x + PAD + offset, bottom, width) for chip, offset, width in row]
    return "".join(parts)


def _mono(x: float, y: float, line: str, *, italic: bool = False) -> str:
    style = ' font-style="italic"' if italic else ""
    colour = fill("soft" if italic else "ink", "m")
    return f'<text x="{n(x)}" y="{n(y)}"{style} {colour}>{escape(line, quote=False)}</text>'


def _lock(x: float, y: float) -> str:
    """TLS: what travels is encrypted."""
    return text(x, y + 4.2, "TLS", colour="soft", more='font-weight="700"')


def _chip(chip: Chip, x: float, y: float, width: float) -> str:
    colour = send(chip.number)
    name = f'<tspan font-weight="700">{chip.name}</tspan>'
    content = f" {escape(chip.text, quote=False)}" if chip.text else ""
    inside = fill("ontop", "m")
    return (
        f'<rect x="{n(x)}" y="{n(y - 9)}" width="{n(width)}" height="17" rx="3" {fill(colour)}/>'
        f'<text x="{n(x + 6)}" y="{n(y + 3.8)}" xml:space="preserve" {inside}>{name}{content}</text>'
    )


# --- heads --------------------------------------------------------------------------------------------


def heads(layout: Layout) -> str:
    """The names above the lifelines."""
    lanes = [lane for lane in layout.story.lanes if lane.born is None]
    if layout.style == "spread" or not any(layout.marks):
        return "".join(_head(layout, lane) for lane in sorted(lanes, key=lambda lane: -layout.levels[lane.index]))
    return "".join(_listed(layout, lane) for lane in lanes)


def _head(layout: Layout, lane: Lane) -> str:
    x, width = layout.head(lane)
    y = layout.top - 38 - 32 * layout.levels[lane.index]
    dash = ' stroke-dasharray="4 3"' if lane.kind == OUTSIDE else ""
    stem = f'<path d="M{n(layout.places[lane.index].x)} {n(y + 28)}V{n(layout.top - 8)}" stroke-width="2" {stroke("pale")}/>'
    return (
        (stem if layout.levels[lane.index] else "")
        + f'<rect x="{n(x - width / 2)}" y="{n(y)}" width="{n(width)}" height="28" rx="8"{dash} {both("head", "edge")}/>'
        + text(x, y + 18.5, lane.title, anchor="middle", more='font-weight="600" font-size="13"')
    )


def _listed(layout: Layout, lane: Lane) -> str:
    """A letter on the lifeline, and the name above it or, where that is too close, in a list beside it."""
    place = layout.places[lane.index]
    same = [one for one in layout.story.lanes if one.left == lane.left and one.born is None]
    low = layout.top - 18
    head = letter(place.x, low, lane.mark) if lane.mark else f'<circle cx="{n(place.x)}" cy="{n(low)}" r="5" {fill("line")}/>'
    if len(same) == 1 and not lane.mark:
        return head + text(place.start, low + 4, lane.name, more='font-weight="600"')
    y = low - 4 - 17 * (len(same) - same.index(lane))
    near, anchor = (place.end, "end") if place.side < 0 else (place.start, "")
    return head + text(near, y + 4, f"{lane.mark} {lane.name}".strip(), anchor=anchor, more='font-weight="600"')

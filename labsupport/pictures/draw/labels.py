"""What stands beside the lifelines: calls, states, notes; and the names above them."""

from __future__ import annotations

from dataclasses import replace

from labsupport.pictures.colours import both, fill, send, stroke
from labsupport.pictures.ladder.layout import Layout
from labsupport.pictures.ladder.measure import CHIP, LINE, PAD
from labsupport.pictures.ladder.model import OUTSIDE, Chip, Label, Lane

from .pen import letter, mono, n, text

__all__ = ["heads", "label"]


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

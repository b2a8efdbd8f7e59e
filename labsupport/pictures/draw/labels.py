"""What stands beside the lifelines: calls, states, notes, and the names above."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from labsupport.pictures.colours import both, fill, send, stroke
from labsupport.pictures.ladder.layout import Layout, Place
from labsupport.pictures.ladder.measure import CELL, CHIP, LINE, PAD, cut
from labsupport.pictures.ladder.model import OUTSIDE, Chip, Label, Lane

from .pen import BOLD, letter, mono, n, text

__all__ = ["heads", "label"]

_MORE = {"note": 'font-style="italic"', "head": BOLD}


def label(layout: Layout, one: Label) -> str:
    """A label, whatever it is."""
    if one.kind in ("call", "sync"):
        return _call(layout, one)
    if one.kind == "mark":
        return ""
    place, y = layout.places[one.lane], layout.anchors[one.index]
    new = layout.story.lanes[one.lane].born == one.row and layout.signed(one.lane)
    if one.kind == "head":
        sign = _born(layout, one, y)
        if new:
            return sign
    else:
        sign = _tick(place.x, y) if one.kind == "state" and not new else ""
        if new and layout.style == "spread" and one.kind == "state":
            place = replace(place, start=place.x + 56)
    return sign + _words(layout, one, place, y)


def _tick(x: float, y: float) -> str:
    """Here the state changes."""
    return f'<path d="M{n(x - 5)} {n(y)}H{n(x + 5)}" stroke-width="2" {stroke("line")}/>'


def _words(layout: Layout, one: Label, place: Place, y: float) -> str:
    x, anchor = (place.end, "end") if place.side < 0 else (place.start, "")
    lines = "".join(
        text(x, y + 4 + LINE * k, line, colour="soft", anchor=anchor, more=_MORE.get(one.kind, ""))
        for k, line in enumerate(layout.boxes[one.index].lines)
    )
    if abs(place.x - x) < 20 or one.kind == "note" or layout.style == "spread":
        return lines
    return f'<path d="M{n(place.x + place.side * 6)} {n(y)}H{n(x - place.side * 2)}" {stroke("edge")}/>' + lines


def _born(layout: Layout, one: Label, y: float) -> str:
    """A connection begins, in the kernel: before any accept()."""
    x, lane = layout.places[one.lane].x, layout.story.lanes[one.lane]
    if layout.style == "spread":
        shape = f'<rect x="{n(x - 48)}" y="{n(y - 12)}" width="96" height="24" rx="8" {both("head", "edge")}/>'
        return shape + text(x, y + 4, lane.title, anchor="middle", more=BOLD)
    if lane.mark:
        return letter(x, y, lane.mark, 0 if layout.tight else 9)
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="6" stroke-width="2" {both("head", "line")}/>'


# --- calls ----------------------------------------------------------------------------------------


def _call(layout: Layout, one: Label) -> str:
    place, y, shape = layout.places[one.lane], layout.anchors[one.index], layout.boxes[one.index]
    x, near = (place.end - shape.width, place.end) if place.side < 0 else (place.start, place.start)
    colours = both("errorback", "error") if one.trouble else both("card", "edge")
    size = f'width="{n(shape.width)}" height="{n(shape.up + shape.down)}"'
    parts = [
        f'<path d="M{n(place.x)} {n(y)}H{n(near)}" {stroke("edge")}/>',
        f'<circle cx="{n(place.x)}" cy="{n(y)}" r="4" {fill("line")}/>',
        f'<rect x="{n(x)}" y="{n(y - shape.up)}" {size} rx="6" {colours}/>',
    ]
    at = x + PAD
    if layout.marks[one.lane]:
        mark = layout.story.lanes[one.lane].mark
        parts.append(mono(at, y + 4.2, mark, more=BOLD) if layout.tight else letter(at + 6, y, mark, 8))
        at += 12 if layout.tight else 18
    colour, more = ("soft", 'font-style="italic"') if one.kind == "sync" else ("ink", "")
    for k, line in enumerate(shape.lines):
        parts.append(mono(x + PAD if k else at, y + 4.2 + LINE * k, line, colour=colour, more=more))
    if one.tls:
        low = y + 4.2 + LINE * max(0, len(shape.lines) - 1)
        parts.append(text(x + shape.width - PAD, low, "TLS", colour="soft", anchor="end", more=BOLD))
    return "".join(parts) + _inside(layout, one, x + PAD, at)


def _inside(layout: Layout, one: Label, x: float, after: float) -> str:
    """What stands below the first lines: the error's name, the bytes."""
    shape = layout.boxes[one.index]
    y = layout.anchors[one.index] + LINE * (len(shape.lines) - 1)
    parts = []
    for k, line in enumerate(shape.trouble):
        y += LINE
        left = (x if shape.lines else after) + (0 if not k else 2 * CELL)
        parts.append(mono(left, y + 4.2, line if k else f"✗ {line}", colour="error"))
    for row in shape.chips:
        y += CHIP
        parts += [_chip(chip, x + offset, y, width) for chip, offset, width in row]
    return "".join(parts)


def _chip(chip: Chip, x: float, y: float, width: float) -> str:
    """Bytes of one send: its number, and the text."""
    name = f'<tspan font-weight="700">{chip.name}</tspan>'
    content = f" {escape(chip.text, quote=False)}" if chip.text else ""
    return (
        f'<rect x="{n(x)}" y="{n(y - 9)}" width="{n(width)}" height="17" rx="3" {fill(send(chip.number))}/>'
        f'<text x="{n(x + 6)}" y="{n(y + 3.8)}" xml:space="preserve" {fill("ontop", "m")}>{name}{content}</text>'
    )


# --- names ----------------------------------------------------------------------------------------


def heads(layout: Layout) -> str:
    """The names above the lifelines."""
    lanes = [lane for lane in layout.story.lanes if lane.born is None]
    if layout.style == "spread" or not any(layout.marks):
        return "".join(_head(layout, lane) for lane in sorted(lanes, key=lambda lane: -layout.levels[lane.index]))
    return "".join(_listed(layout, lane) for lane in lanes)


def _head(layout: Layout, lane: Lane) -> str:
    x, width = layout.head(lane)
    level = layout.levels[lane.index]
    y = layout.top - 38 - 32 * level
    dash = ' stroke-dasharray="4 3"' if lane.kind == OUTSIDE else ""
    at = n(layout.places[lane.index].x)
    stem = f'<path d="M{at} {n(y + 28)}V{n(layout.top - 8)}" stroke-width="2" {stroke("pale")}/>' if level else ""
    size = f'width="{n(width)}" height="28" rx="8"'
    shape = f'{stem}<rect x="{n(x - width / 2)}" y="{n(y)}" {size}{dash} {both("head", "edge")}/>'
    return shape + text(x, y + 18.5, lane.title, anchor="middle", more=f'{BOLD} font-size="13"')


def _listed(layout: Layout, lane: Lane) -> str:
    """A letter on the lifeline, and the name in a list above the labels."""
    place, low = layout.places[lane.index], layout.top - 18
    same = [one for one in layout.story.lanes if one.left == lane.left and one.born is None]
    dot = f'<circle cx="{n(place.x)}" cy="{n(low)}" r="5" {fill("line")}/>'
    sign = letter(place.x, low, lane.mark, 0 if layout.tight else 9) if lane.mark else dot
    if len(same) == 1 and not lane.mark:
        return sign + text(place.start, low + 4, lane.name, more=BOLD)
    y = low - 17 * (len(same) - same.index(lane))
    near, anchor, room = (place.end, "end", place.end) if place.side < 0 else (place.start, "", place.room)
    name = cut(f"{lane.mark} {lane.name}".strip(), room * CELL / 8)
    return sign + text(near, y, name, anchor=anchor, more=BOLD)

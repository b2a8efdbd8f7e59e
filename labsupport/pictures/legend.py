"""What the signs mean: only those that occur in this picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .colours import both, fill, stroke
from .ladder.layout import EDGE, Layout
from .ladder.model import OUTSIDE
from .svg import n, segments, text

__all__ = ["below", "entries"]

_WIDTH: Final = 6.7  # of a character of 12 px, on the safe side
_LINE: Final = 20


def entries(layout: Layout) -> Iterable[tuple[str, str]]:
    """(sign, words) of what occurs."""
    story = layout.story
    kinds = {wire.kind for wire in story.wires}
    if layout.waits:
        yield "wait", "a call that waits"
    if "data" in kinds:
        yield "data", "bytes of one send: colour and number"
    if layout.bands:
        yield "band", "bytes that wait in a kernel"
    if kinds & {"SYN", "FIN", "RST", "ICMP"}:
        yield "kernel", "sent by a kernel on its own (ACKs of bytes are not drawn)" if layout.width > 500 else "sent by a kernel (ACKs of bytes not drawn)"
    if kinds & {"signal", "handed"}:
        words = [word for kind, word in (("signal", "a signal"), ("handed", "handed over by accept()")) if kind in kinds]
        yield "signal", ", or ".join(words)
    if any(dotted for lane in story.lanes if lane.kind != OUTSIDE for *_, dotted in segments(layout, lane)):
        yield "dotted", "only the kernel has it"
    if any(lane.states for lane in story.lanes):
        yield "state", "the kernel’s state (RFC 9293 §3.3.2)"


def below(layout: Layout, top: float) -> tuple[str, float]:
    """Notes and legend from `top` down; and where they end."""
    parts, y = [], top + 16
    for note in layout.story.notes:
        for line in _wrap(note, layout.width - 2 * EDGE):
            parts.append(text(EDGE, y, line, more='font-style="italic"'))
            y += 17
    x: float = EDGE
    parts.append(f'<path d="M{EDGE} {n(y - 10)}H{layout.width - EDGE}" {stroke("edge")}/>')
    y += 12
    for sign, words in entries(layout):
        width = 34 + len(words) * _WIDTH
        if x > EDGE and x + width > layout.width - EDGE:
            x, y = EDGE, y + _LINE
        parts.append(_sign(sign, x, y - 4) + text(x + 30, y, words, colour="soft"))
        x += width + 14
    return "".join(parts), y + 12


def _wrap(sentence: str, room: float) -> list[str]:
    lines: list[str] = []
    for word in sentence.split():
        if lines and (len(lines[-1]) + 1 + len(word)) * _WIDTH <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _sign(sign: str, x: float, y: float) -> str:
    """A sample, 24 pixels wide, its middle at `y`."""
    if sign == "wait":
        return f'<rect x="{n(x + 7)}" y="{n(y - 8)}" width="10" height="16" fill="url(#wait)" {stroke("wait")}/>'
    if sign == "band":
        return (f'<rect x="{n(x + 5)}" y="{n(y - 8)}" width="6" height="16" {fill("b1")}/>'
                f'<rect x="{n(x + 13)}" y="{n(y - 8)}" width="6" height="16" {fill("b2")}/>')  # fmt: skip
    if sign == "data":
        return (f'<path d="M{n(x)} {n(y)}h17" stroke-width="2.4" {stroke("b1")}/>'
                f'<path d="M{n(x + 24)} {n(y)}l-9 -4v8z" {fill("b1")}/>')  # fmt: skip
    if sign == "kernel":
        return (f'<path d="M{n(x)} {n(y)}h18" stroke-width="1.6" stroke-dasharray="6 4" {stroke("soft")}/>'
                f'<path d="M{n(x + 24)} {n(y)}l-8 -3.6v7.2z" {fill("soft")}/>')  # fmt: skip
    if sign == "signal":
        return (f'<path d="M{n(x)} {n(y)}h18" stroke-width="1.4" stroke-dasharray="1 4" {stroke("soft")}/>'
                f'<path d="M{n(x + 24)} {n(y)}l-7 -3.2v6.4z" {fill("soft")}/>')  # fmt: skip
    if sign == "dotted":
        return (f'<path d="M{n(x + 12)} {n(y - 7)}v15" stroke-width="3" stroke-dasharray=".1 6" stroke-linecap="round" '
                f"{stroke('pale')}/>")  # fmt: skip
    return (f'<path d="M{n(x + 12)} {n(y - 8)}v16" stroke-width="3" {stroke("line")}/>'
            f'<path d="M{n(x + 7)} {n(y)}h10" stroke-width="2" {both("line", "line")}/>')  # fmt: skip

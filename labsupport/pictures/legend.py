"""What the signs mean: only those that occur in this picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .colours import fill, stroke
from .draw.pen import cross, line, n, text, tip
from .draw.spans import segments
from .ladder.layout import EDGE, Layout
from .ladder.model import OUTSIDE, Story

__all__ = ["below", "entries"]

_WIDTH: Final = 6.7  # of a character of 12 px, on the safe side
_LINE: Final = 20
_KERNEL: Final = (
    "kernel to kernel (ACKs of bytes not drawn)",
    "kernel to kernel: opening and ending (ACKs of bytes are not drawn)",
)
_CROSSES: Final = {"closed": "thrown away", "full": "lost", "link": "lost", "refused": "refused"}
_DOTTED: Final = {"signal": "a signal", "handed": "handed over by accept()"}


def entries(layout: Layout) -> Iterable[tuple[str, str]]:
    """(sign, words) of what occurs."""
    story = layout.story
    kinds = {wire.kind for wire in story.wires}
    if layout.waits:
        yield "wait", "a call that waits"
    if "data" in kinds:
        yield "data", "bytes of one send: colour and number"
    if any(wire.until is not None for wire in story.wires):
        yield "slope", "on its way through the link"
    yield from _crosses(story)
    if layout.bands:
        yield "band", "bytes that wait in a kernel"
    if kinds & {"SYN", "FIN", "RST", "ICMP"}:
        yield "kernel", _KERNEL[layout.width > 500]
    if "alert" in kinds:
        yield "alert", "TLS says that no more comes (close_notify)"
    if kinds & {"signal", "handed"}:
        yield "signal", ", or ".join(_DOTTED[kind] for kind in ("signal", "handed") if kind in kinds)
    if any(dotted for lane in story.lanes if lane.kind != OUTSIDE for *_, dotted in segments(layout, lane)):
        yield "dotted", "only the kernel has it"
    if any(lane.states for lane in story.lanes):
        yield "state", "the kernel's state (RFC 9293 §3.3.2)"


def _crosses(story: Story) -> Iterable[tuple[str, str]]:
    words = {_CROSSES[wire.lost] for wire in story.wires if wire.lost in _CROSSES}
    if words:
        yield "cross", ", or ".join(sorted(words))


def below(layout: Layout, top: float) -> tuple[str, float]:
    """Notes and legend from `top` down; and where they end."""
    parts, y = [], top + 16
    for note in layout.story.notes:
        for words in _wrap(note, layout.width - 2 * EDGE):
            parts.append(text(EDGE, y, words, more='font-style="italic"'))
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
    return f'<g transform="translate({n(x)} {n(y)})">{_SIGNS[sign]}</g>'


def _arrow(colour: str, width: float, dash: str, size: float) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    half = size * 0.45
    return (
        f'<path d="M0 0h17" stroke-width="{width}"{dashes} {stroke(colour)}/>'
        f'<path d="M24 0l-{n(size)} -{n(half)}v{n(2 * half)}z" {fill(colour)}/>'
    )


_SIGNS: Final = {
    "wait": f'<rect x="7" y="-8" width="10" height="16" fill="url(#wait)" {stroke("wait")}/>',
    "band": (
        f'<path d="M8 -8v16" stroke-width="6" {stroke("b1")}/><path d="M16 -8v16" stroke-width="6" {stroke("b2")}/>'
    ),
    "data": _arrow("b1", 2.4, "", 9),
    "slope": line(0, 24, -7, 7, "b1", 2.4, "") + tip(0, 24, -7, 7, "b1", 9),
    "cross": cross(12, 0),
    "kernel": _arrow("soft", 1.6, "6 4", 8),
    "alert": _arrow("soft", 1.6, "", 8),
    "signal": _arrow("soft", 1.4, "1 4", 7),
    "dotted": f'<path d="M12 -7v15" stroke-width="3" stroke-dasharray=".1 6" stroke-linecap="round" {stroke("pale")}/>',
    "state": (
        f'<path d="M12 -8v16" stroke-width="3" {stroke("line")}/><path d="M7 0h10" stroke-width="2" {stroke("line")}/>'
    ),
}

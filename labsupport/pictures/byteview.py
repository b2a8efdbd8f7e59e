"""The byte view: the bytes of one call, each with its number in hex, its character and its send.

Three lines: which send the byte came from (a bar with its colour and number), the byte in
hex, and below it the character.  A character of several bytes stands once, under all of them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any, Final

from labsupport.tape.events import Call

from .characters import Character, characters
from .colours import both, fill, send
from .draw.pen import BOLD, SANS, mono, n, text
from .ladder.story import Source, tell
from .ladder.words import cells
from .svg import DEFS

__all__ = ["ByteView", "view"]

_ACROSS: Final = 8
_CELL: Final = 38
_LEFT: Final = 52
_ROW: Final = 74
_MOST: Final = 128


def view(source: Source, call: Call) -> ByteView:
    """The bytes that `call` sent or received, with the numbers that the ladder of `source` gives to the sends."""
    numbers = tell(source).numbers
    marks = []
    for arrow in source.exchange.of(call):
        start = arrow.taken if arrow.target is call else arrow.start
        marks.append((start, start + arrow.length, numbers.get(arrow.number, 0)))
    return ByteView(call.data or b"", tuple(marks), call.length)


@dataclass(frozen=True)
class ByteView:
    """Bytes and where they came from.

    - `data`: the bytes that were kept; `length`: how many there were, None: as many as were kept.
    - `marks`: (start, end, number of the send), end exclusive.
    """

    data: bytes
    marks: Sequence[tuple[int, int, int]] = ()
    length: int | None = None

    @property
    def shown(self) -> bytes:
        """The bytes that the view has room for."""
        return self.data[:_MOST]

    def _numbers(self) -> list[int]:
        """For each byte the number of its send, 0 where it is not known."""
        numbers = [0] * len(self.shown)
        for start, end, number in self.marks:
            numbers[start:end] = [number] * (min(end, len(numbers)) - start)
        return numbers

    def _rest(self) -> str:
        total = len(self.data) if self.length is None else self.length
        more = total - len(self.shown)
        return f"… and {more:,} more bytes" if more > 0 else ""

    def alt(self) -> str:
        """The bytes in one sentence."""
        total = len(self.data) if self.length is None else self.length
        found = list(characters(self.shown))
        long = sum(1 for one in found if one.length > 1 and not one.broken)
        text = f"{total:,} bytes, {self.shown[:32].hex(' ')}{' …' if total > 32 else ''}"
        if long:
            text += f"; {long} character{'s' if long > 1 else ''} of more than one byte"
        if any(one.broken for one in found):
            text += "; some bytes are not UTF-8"
        return text + "."

    def text(self) -> str:
        """The byte view as text: lines of 16 bytes."""
        lines = []
        numbers = self._numbers()
        letters = _letters(self.shown)
        for at in range(0, len(self.shown), 16):
            row = slice(at, at + 16)
            lines.append(f"{at:5}  hex   " + "".join(f"{byte:02x}  " for byte in self.shown[row]))
            lines.append(f"{'':5}  text  " + "".join(letter + " " * (4 - cells(letter)) for letter in letters[row]))
            if any(numbers):
                lines.append(f"{'':5}  send  " + "".join(f"{number or '?':<4}" for number in numbers[row]))
        return "\n".join(line.rstrip() for line in [*lines, *([self._rest()] if self._rest() else [])]) or "no bytes"

    def svg(self) -> str:
        """The byte view as SVG, 360 pixels wide."""
        rows = range(0, len(self.shown), _ACROSS)
        width, height = _LEFT + _ACROSS * _CELL + 8, len(rows) * _ROW + 34
        body = "".join(self._row(at, 12 + k * _ROW) for k, at in enumerate(rows))
        foot = self._rest() or "above: the send; below: the character"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'role="img" aria-labelledby="t" font-family="{escape(SANS)}" font-size="12">'
            f'<title id="t">{escape(self.alt(), quote=False)}</title>{DEFS}'
            f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8" {both("page", "edge")}/>'
            f"{body}{text(_LEFT, height - 12, foot, colour='soft')}</svg>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        data = b64encode(self.svg().encode()).decode()
        return {
            "text/html": f'<img alt="{escape(self.alt())}" src="data:image/svg+xml;base64,{data}">',
            "text/plain": self.text(),
        }

    def _row(self, at: int, top: float) -> str:
        data, numbers = self.shown[at : at + _ACROSS], self._numbers()[at : at + _ACROSS]
        parts = [text(_LEFT - 10, top + 34, f"{at}", colour="soft", anchor="end")]
        parts += _bars(numbers, top)
        for k, byte in enumerate(data):
            x = _LEFT + k * _CELL
            parts.append(f'<rect x="{x}" y="{n(top + 20)}" width="{_CELL}" height="22" {both("card", "edge")}/>')
            parts.append(mono(x + _CELL / 2, top + 35.2, f"{byte:02x}", anchor="middle"))
        for one in characters(self.shown):
            start, end = max(one.start, at), min(one.end, at + len(data))
            if start < end:
                parts.append(_letter(one, start, _LEFT + (start - at) * _CELL, (end - start) * _CELL, top + 42))
        return "".join(parts)


def _bars(numbers: Iterable[int], top: float) -> list[str]:
    """A bar over the bytes of each send."""
    parts, at = [], 0
    for number, group in groupby(numbers):
        count = len(list(group))
        x, width = _LEFT + at * _CELL + 1, count * _CELL - 2
        name = text(x + width / 2, top + 12.6, str(number or "?"), colour="ontop", anchor="middle", more=BOLD)
        parts.append(
            f'<rect x="{n(x)}" y="{n(top)}" width="{n(width)}" height="17" rx="3" {fill(send(number))}/>{name}'
        )
        at += count
    return parts


def _letter(one: Character, start: int, x: float, width: float, top: float) -> str:
    """A character under its bytes; where a line break parts them, it stands under the first."""
    inside, outline = ("errorback", "error") if one.broken else ("head", "edge") if one.length > 1 else ("page", "edge")
    shape = f'<rect x="{n(x)}" y="{n(top)}" width="{n(width)}" height="22" {both(inside, outline)}/>'
    content = "✗" if one.broken else one.text if start == one.start else "…"
    return shape + mono(x + width / 2, top + 15.2, content, colour="error" if one.broken else "ink", anchor="middle")


def _letters(data: bytes) -> list[str]:
    """For each byte its character, "·" where it only goes on, "✗" where it is none."""
    found = []
    for one in characters(data):
        found += ["✗"] * one.length if one.broken else [one.text[:4], *["·"] * (one.length - 1)]
    return found

"""A handshake as SVG: two lifelines, and each message a box on its arrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

from labsupport.pictures.colours import both, fill, stroke
from labsupport.pictures.draw.pen import BOLD, halo, letter, line, mono, n, text, tip

from .boxes import CHIP, LINE, PAD, STRIPE, Box, Chip, Frame, box, frame, wrap
from .model import KEYS, Message, Story, Turn
from .signs import colour, paper, sign

__all__ = ["Page", "Place", "Spot", "draw"]

_HEAD: Final = 46
_APART: Final = 5
_TURN: Final = 18
_KEYS: Final = 26
_HIGH: Final = 17
_EDGE: Final = 12
#: No alert, or the one that is a proper end.
_PROPER: Final = ("", "close_notify")
#: What is explained below: a message that is secret or not, or (None) the number of a flight.
_LEGEND: Final = (
    (False, "whoever listens on the way can read it"),
    (True, "whoever listens sees that there are bytes, and how many"),
    (None, "a flight: what one end sends before it waits for the other"),
)


class Spot(NamedTuple):
    """Where something stands on a page."""

    x: float
    y: float
    width: float
    height: float


class Place(NamedTuple):
    """Where a message stands on a page, and its fields, in order."""

    box: Spot
    fields: tuple[tuple[Chip, Spot], ...]


@dataclass(frozen=True)
class Page:
    """A picture of one width; `body` is SVG without the file around it; `places`: one for each message, in order."""

    width: float
    height: float
    body: str
    places: tuple[Place, ...]


def draw(story: Story, width: float, height: float = 0) -> Page:
    """The whole handshake, `width` pixels wide, and at least about `height` pixels high: its boxes take the rest."""
    page = _drawn(story, frame(width))
    spare = max(height - page.height, 0)
    return _drawn(story, frame(width, spare / len(page.places))) if spare and page.places else page


def _drawn(story: Story, place: Frame) -> Page:
    width, y = place.width, float(_HEAD)
    parts: list[str] = []
    places: list[Place] = []
    for k, turn in enumerate(story.turns):
        y += _TURN
        for m, message in enumerate(turn.messages):
            if (k, m) == story.keys:
                parts.append(_keys(place, y))
                y += _KEYS
            shape = box(message, place)
            parts.append(_arrow(place, turn, message, y + place.air / 2 + 16, first=m == 0) + _box(shape, place, y))
            spot = Spot(place.left, y, place.right - place.left, shape.height)
            places.append(Place(spot, tuple(_fields(shape, place, y))))
            y += shape.height + _APART
    foot, bottom = _foot(story, place, y + 10)
    card = f'<rect x=".5" y=".5" width="{n(width - 1)}" height="{n(bottom - 1)}" rx="8" {both("page", "edge")}/>'
    lines = "".join(f'<path d="M{n(x)} 36V{n(y + 6)}" stroke-width="3" {stroke("line")}/>' for x in _ends(place))
    return Page(width, bottom, card + _heads(story, place) + lines + "".join(parts) + foot, tuple(places))


def _ends(place: Frame) -> tuple[float, float]:
    return place.client, place.server


def _heads(story: Story, place: Frame) -> str:
    """The names of the two ends above their lifelines, the version between them."""
    parts = []
    for x, name in zip(_ends(place), ("client", "server"), strict=True):
        left = min(max(x - 36, 6), place.width - 78)
        shape = f'<rect x="{n(left)}" y="8" width="72" height="28" rx="8" {both("head", "edge")}/>'
        parts.append(shape + text(left + 36, 26.5, name, anchor="middle", more=f'{BOLD} font-size="13"'))
    title = f"{story.title}, as seen on the way" if place.beside else story.title
    return "".join(parts) + text(place.width / 2, 27, title, anchor="middle", more=f'{BOLD} font-size="14"')


def _keys(place: Frame, y: float) -> str:
    """Here both ends have what the eavesdropper has not."""
    rule = f'<path d="M{n(place.client)} {n(y + 9)}H{n(place.server)}" stroke-width="1.6" stroke-dasharray="6 4" '
    return f"{rule}{stroke('soft')}/>" + halo(place.width / 2, y + 13, KEYS, "ink")


def _arrow(place: Frame, turn: Turn, message: Message, y: float, *, first: bool) -> str:
    """From the sender's lifeline to the other, behind the box; with the first message, the number of the flight."""
    start, end = _ends(place) if turn.sender == "client" else _ends(place)[::-1]
    name = colour(secret=message.secret)
    shaft = line(start, end, y, y, name, 2, "") + tip(start, end, y, y, name, 10)
    return shaft + (letter(start, y, str(turn.number), 10) if first else "")


def _box(shape: Box, place: Frame, y: float) -> str:
    message, width, low = shape.message, place.right - place.left, _first_line(place, y)
    bad = message.wrong or message.alert not in _PROPER
    outline = "error" if bad else colour(secret=message.secret)
    size = f'width="{n(width)}" height="{n(shape.height)}" rx="5"'
    bar = f"M{n(place.left + STRIPE)} {n(y)}h-1a5 5 0 0 0 -5 5v{n(shape.height - 10)}a5 5 0 0 0 5 5h1z"
    return (
        paper(place.left, y, width, shape.height, secret=message.secret)
        + f'<path d="{bar}" {fill(colour(secret=message.secret))}/>'
        + f'<rect x="{n(place.left)}" y="{n(y)}" {size} fill="none" {_thick(outline)} {stroke(outline)}/>'
        + mono(place.left + STRIPE + PAD, low, message.name, more=f'{BOLD} font-size="13"')
        + sign(place.right - PAD, low, secret=message.secret)
        + _inside(shape, place, y)
    )


def _first_line(place: Frame, y: float) -> float:
    """The line on which the name of a message stands whose box begins at `y`."""
    return y + place.air / 2 + 20


def _thick(outline: str) -> str:
    return 'stroke-width="2.4"' if outline == "error" else 'stroke-width="1.2"'


def _inside(shape: Box, place: Frame, y: float) -> str:
    """The words, the fields, and what went wrong, beside the name or below it."""
    parts = []
    fields = _fields(shape, place, y)
    y = _first_line(place, y) + (0 if place.beside else LINE)
    for words in shape.says:
        parts.append(text(shape.words, y, words, colour="ink" if shape.message.alert else "soft"))
        y += LINE
    parts += [_chip(chip, spot) for chip, spot in fields]
    y += CHIP * len(shape.chips)
    for number, words in enumerate(shape.wrong):
        at = shape.words + (16 if number else 0)
        parts.append(text(at, y, words if number else f"✗ {words}", colour="error", more=BOLD))
        y += LINE
    return "".join(parts)


def _fields(shape: Box, place: Frame, y: float) -> Iterator[tuple[Chip, Spot]]:
    """The fields of a message whose box begins at `y`, in rows behind its words."""
    top = _first_line(place, y) + LINE * (len(shape.says) + (not place.beside)) - 11.5
    for number, row in enumerate(shape.chips):
        yield from ((chip, Spot(shape.words + chip.x, top + CHIP * number, chip.width, _HIGH)) for chip in row)


def _chip(chip: Chip, spot: Spot) -> str:
    x, y, width, height = map(n, spot)
    shape = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="3" {both("card", "edge")}/>'
    value = f" <tspan {BOLD} {fill('ink')}>{escape(chip.value, quote=False)}</tspan>" if chip.value else ""
    return (
        f'{shape}<text x="{n(spot.x + 6)}" y="{n(spot.y + 12.7)}" xml:space="preserve" {fill("soft", "m")}>'
        f"{escape(chip.name, quote=False)}{value}</text>"
    )


def _foot(story: Story, place: Frame, y: float) -> tuple[str, float]:
    """How it ended, and what the signs mean; and where that ends."""
    colour, mark = ("error", "✗ ") if story.failed else ("ink", "")
    ending = wrap(mark + story.ending, place.width - 2 * _EDGE)
    parts = [text(_EDGE, y + 14 + LINE * k, words, colour=colour, more=BOLD) for k, words in enumerate(ending)]
    y += 14 + LINE * len(ending)
    parts.append(f'<path d="M{_EDGE} {n(y - 8)}H{n(place.width - _EDGE)}" {stroke("edge")}/>')
    y += 11
    for secret, meaning in _LEGEND:
        shown = letter(_EDGE + 61, y - 4, "1", 8) if secret is None else sign(_EDGE + 70, y, secret=secret)
        lines = wrap(meaning, place.width - 2 * _EDGE - 80)
        parts += [shown, *(text(_EDGE + 80, y + LINE * k, line, colour="soft") for k, line in enumerate(lines))]
        y += LINE * len(lines) + 2
    return "".join(parts), y

"""The colours, in the light and in the dark theme.

Each is a name; an element carries the light colour as a presentation attribute and the name
as a class, and one block of CSS gives the classes their dark colours.  Colours of text have
a contrast of at least 4.5 to 1 with what they stand on, those of lines 3 to 1 (WCAG 2.2,
1.4.3 and 1.4.11).  The colours of the bytes differ in lightness too, and never stand without
their number.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BYTES", "PALETTE", "dark_css", "fill", "send", "stroke"]

#: name: (light, dark)
PALETTE: Final = {
    "page": ("#ffffff", "#14191f"),
    "ink": ("#1c2630", "#e8edf2"),
    "soft": ("#55626f", "#a7b3bf"),
    "card": ("#ffffff", "#1d242c"),
    "edge": ("#a3afbb", "#4d5a67"),
    "head": ("#eef3f8", "#232c36"),
    "line": ("#3f4f5f", "#b6c2ce"),
    "pale": ("#8494a4", "#7b8a99"),
    "wait": ("#b07d00", "#d9a72e"),
    "waitback": ("#fff4d6", "#3a3014"),
    "error": ("#b3261e", "#ff9a90"),
    "errorback": ("#fdecea", "#3b1f1d"),
    "ontop": ("#ffffff", "#10151a"),
    "b1": ("#0b63c0", "#74b8ff"),
    "b2": ("#ad4700", "#ffa76b"),
    "b3": ("#0a6b49", "#5cd3a4"),
    "b4": ("#7a3fb8", "#c8a6ff"),
    "b5": ("#b0215f", "#ff93c0"),
    "b6": ("#3d5a6c", "#a9c6d8"),
}

#: The colours of the bytes of the sends 1, 2, ...; then again from the first.
BYTES: Final = ("b1", "b2", "b3", "b4", "b5", "b6")


def send(number: int) -> str:
    """The name of the colour of a send's bytes; bytes of an unknown sender have none of their own."""
    return BYTES[(number - 1) % len(BYTES)] if number else "soft"


def fill(name: str, also: str = "") -> str:
    """The attributes that fill with a colour; `also`: a further class, "m" for text in a monospaced font."""
    return f'class="{also}{" " if also else ""}f-{name}" fill="{PALETTE[name][0]}"'


def stroke(name: str) -> str:
    """The attributes that draw a line in a colour."""
    return f'class="s-{name}" stroke="{PALETTE[name][0]}"'


def both(inside: str, outline: str) -> str:
    """The attributes that fill with one colour and outline with another."""
    return f'class="f-{inside} s-{outline}" fill="{PALETTE[inside][0]}" stroke="{PALETTE[outline][0]}"'


def dark_css() -> str:
    """The dark palette, in one block."""
    rules = "".join(f".f-{name}{{fill:{dark}}}.s-{name}{{stroke:{dark}}}" for name, (_, dark) in PALETTE.items())
    return f"@media (prefers-color-scheme:dark){{{rules}}}"

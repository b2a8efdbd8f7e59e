"""Long texts and programs in pieces that fit a screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from typing import Final

__all__ = ["in_screens", "lines_of", "programs"]

#: Characters in a line of a slide's text.
WIDTH: Final = 82

_FENCE: Final = re.compile(r"^(```|~~~)")


def lines_of(text: str) -> int:
    """How many lines a text has."""
    return text.rstrip("\n").count("\n") + 1


def in_screens(source: str, first: int, other: int = 13) -> list[str]:
    """A Markdown text in pieces of so many lines of a slide, divided between paragraphs.

    `first` lines fit the first screen, below its heading, and `other` each of the others.  One paragraph, one table,
    one program is never divided: the page makes what is too long smaller.
    """
    screens: list[str] = []
    room = 0.0
    for block in _blocks(source):
        height = _height(block)
        if not screens or height > room:
            room = first if not screens else other
            screens.append(block)
        else:
            screens[-1] += f"\n\n{block}"
        room -= height
    return screens


def _blocks(source: str) -> list[str]:
    """The paragraphs, tables and programs of a Markdown text; a program stays whole, whatever it holds."""
    blocks: list[list[str]] = [[]]
    fenced = False
    for line in source.strip().splitlines():
        if not line.strip() and not fenced:
            blocks.append([])
            continue
        fenced ^= _FENCE.match(line) is not None
        blocks[-1].append(line)
    return ["\n".join(block) for block in blocks if block]


def _height(block: str) -> float:
    lines = block.splitlines()
    if _FENCE.match(lines[0]):
        return len(lines) * 0.8
    if lines[0].startswith("|"):
        return sum(1.2 * max(1, ceil(len(line) / (WIDTH + 20))) for line in lines)
    return sum(ceil(len(re.sub(r"\]\([^)]*\)", "", line)) / WIDTH) for line in lines) + 0.6


def programs(source: str, limit: int) -> list[str]:
    """A program in pieces of at most `limit` lines, divided at its empty lines, between functions where that does."""
    pieces = [""]
    for paragraph, gap in _paragraphs(source, limit):
        together = f"{pieces[-1]}{gap}{paragraph}"
        if pieces[-1] and lines_of(together) > limit:
            pieces.append(paragraph)
        else:
            pieces[-1] = together.lstrip("\n")
    return pieces


def _paragraphs(source: str, limit: int) -> Iterator[tuple[str, str]]:
    """What stands between two empty lines, or, where that is too long, between one; each with the gap before it."""
    for whole in source.strip("\n").split("\n\n\n"):
        parts = whole.split("\n\n") if lines_of(whole) > limit else [whole]
        for number, part in enumerate(parts):
            yield part.strip("\n"), "\n\n" if number else "\n\n\n"

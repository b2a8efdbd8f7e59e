"""The run sheet of a chapter: its core in one table, to be held in the hand while one teaches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from . import predictions
from .beside import one_line, table
from .chapter import Chapter, Step, plain
from .notes import Notes
from .predictions import Prediction

__all__ = ["run_sheet"]

_HEAD: Final = ("min", "step", "question", "right", "why, in a sentence", "when late", "saves")
_YES: Final = re.compile(r"^Yes(?:\.|(:)) ")
_WORD: Final = re.compile(r"[a-z]+[ ,]")
_SENTENCE: Final = re.compile(r"(?<=[.?!])\s+(?=[^a-z])")
_BRIEF: Final = 40


def run_sheet(chapter: Chapter, notes: Notes) -> Iterator[str]:
    """The table of the core, from minute to minute in a room, and a line with the steps that are not in it."""
    yield table(_HEAD, list(_rows(chapter, notes)))
    yield "*min*: in a room, breaks not counted. *right*: the letter on the slide. *saves*: minutes, by our estimate."
    for title, chosen in (("Further", _further(chapter)), ("The capstone", _capstone(chapter))):
        if chosen:
            yield f"{title}, in a room: {', '.join(f'*{plain(step.title)}* {step.room}' for step in chosen)}."


def _further(chapter: Chapter) -> list[Step]:
    return [step for step in chapter.steps if not step.core and not step.capstone]


def _capstone(chapter: Chapter) -> list[Step]:
    return [step for step in chapter.steps if step.capstone]


def _rows(chapter: Chapter, notes: Notes) -> Iterator[list[str]]:
    minute = 0
    for part in chapter.parts:
        if part.room and part is not chapter.parts[0]:
            number, _, title = plain(part.title).partition(": ")
            yield ["", f"**{number}**", f"**{title}**" if title else "", "", "", "", ""]
        for step in part.steps:
            if step.core:
                yield [str(minute), *_row(step, notes)]
                minute += step.room
    yield [str(minute), "*the end*", "", "", "", "", ""]


def _row(step: Step, notes: Notes) -> list[str]:
    said: Mapping[str, str] = notes.steps.get(step.name, {})
    votes = predictions.asked(step.cells)
    saves = notes.saves.get(step.name, 0)
    return [
        plain(step.title),
        "<br>".join(one_line(each.question) for each in votes) or said.get("ask", ""),
        "<br>".join(each.letter(each.right) for each in votes),
        "<br>".join(_why(each) for each in votes) or _opening(said.get("say", said.get("watch", ""))),
        said.get("late", ""),
        str(saves) if saves else "",
    ]


def _why(asked: Prediction) -> str:
    """What the notebook says to the right choice, without its Yes; where it goes on from that, with the choice."""
    words = asked.choices[asked.right]
    if words.startswith("Yes,"):
        return one_line(f"{asked.right}: y{words[1:]}")
    after_colon = (found := _YES.match(words)) is not None and found[1]
    words = _YES.sub("", words)
    return one_line(words[:1].upper() + words[1:] if after_colon and _WORD.match(words) else words)


def _opening(text: str) -> str:
    """The first sentence of a note; with the second one where the first is short."""
    sentences = _SENTENCE.split(text)
    return " ".join(sentences[: 2 if len(sentences[0]) < _BRIEF else 1])

"""What a teacher says, asks and waits for, a step: written by people in `notes/NN.md`, one file a chapter.

The file begins with what to know before the chapter.  A section `## CELL-ID` has the notes of the step that begins at
this cell: items of a list, each with its kind (`KINDS`) in front.  `## Often argued` ends the file: a heading of the
third level is what somebody says, the text below it what there is to answer, with its source.  The slides' speaker
notes and the instructor's guide are both made of these.

An exercise may say which of its mistakes are met most, by their names: `- likely: answers once, accepts once`.  What
is left out `late` saves minutes in a room, by our estimate: `- saves: 3`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["ARGUED", "FOLDER", "KINDS", "Notes", "parse", "read"]

FOLDER: Final = Path(__file__).with_name("notes")

#: The kinds of note, with what the guide calls them; they are shown in the order in which they are written.
KINDS: Final[Mapping[str, str]] = {
    "say": "Say",
    "ask": "Ask",
    "watch": "Wait for",
    "wrong": "The usual wrong answer",
    "hazard": "Take care",
    "late": "When late",
}

#: The items that are no notes: the likeliest mistakes of an exercise; the minutes that are saved by what is left out.
_LIKELY: Final = "likely"
_SAVES: Final = "saves"

#: The heading of the last section.
ARGUED: Final = "Often argued"

_ITEM: Final = re.compile(r"^- (\w+): (.+(?:\n  .+)*)", re.MULTILINE)


@dataclass(frozen=True)
class Notes:
    """The notes of a chapter: `before` it, of its `steps` (by id, then by kind), and what is `argued`; all Markdown.

    `likely`: the names of the likeliest mistakes, by the id of the step that has the exercise.  `saves`: by how many
    minutes a step is shorter when late, by its id.
    """

    before: str
    steps: Mapping[str, Mapping[str, str]]
    argued: str
    likely: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    saves: Mapping[str, int] = field(default_factory=dict)


def read(number: str, folder: Path = FOLDER) -> Notes:
    """The notes of the chapter with this number; empty ones where there is no file."""
    path = folder / f"{number}.md"
    return parse(path.read_text("utf-8"), path.name) if path.exists() else Notes("", {}, "")


def parse(text: str, name: str = "notes") -> Notes:
    """The notes in a text; a ValueError names what is not a note."""
    before, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    steps: dict[str, Mapping[str, str]] = {}
    likely: dict[str, tuple[str, ...]] = {}
    saves: dict[str, int] = {}
    argued = ""
    for section in sections:
        heading, _, body = section.partition("\n")
        step = heading.strip()
        if step == ARGUED:
            argued = body.strip()
        else:
            items = _items(body, f"{name}, section {step}")
            if named := items.pop(_LIKELY, ""):
                likely[step] = tuple(each.strip().replace(" ", "_") for each in named.split(","))
            if minutes := items.pop(_SAVES, ""):
                saves[step] = int(minutes)
            steps[step] = items
    return Notes(re.sub(r"\A# .*\n", "", before).strip(), steps, argued, likely, saves)


def _items(body: str, where: str) -> dict[str, str]:
    found = {kind: " ".join(text.split()) for kind, text in _ITEM.findall(body)}
    if unknown := [kind for kind in found if kind not in {*KINDS, _LIKELY, _SAVES}]:
        raise ValueError(f"{where}: {unknown[0]!r} is no kind of note; known are {', '.join(KINDS)}")
    if left := _ITEM.sub("", body).strip():
        raise ValueError(f"{where}: expected items such as `- ask: …`, found {left[:60]!r}")
    return found

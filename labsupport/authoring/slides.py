"""A deck for each chapter: one HTML file that holds all it needs, reveal.js too, and opens with the network off.

The cells' tags say what becomes of them (`slideshow.slide_type`, as JupyterLab edits it):

- `slide` begins a column of the deck: a part, a step of the core; `subslide` a slide below: a step that leads further;
- `skip` leaves a cell out; `notes` puts its text into the speaker's notes; any other cell follows the one before it.

What does not fit a screen is divided: long texts between paragraphs, long programs between their pieces, and a picture
that is taller than the screen is scrolled by the key for the next slide.  A prediction is a question before its
experiment and an answer, on a fragment, after it.  The speaker's notes are those of `notes`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup
from nbformat import NotebookNode

from . import chapter as chapters
from . import predictions, rendering
from .chapter import Chapter, Part, Step
from .normal import is_prediction
from .notes import KINDS, Notes
from .notes import read as read_notes
from .pieces import in_screens, lines_of, programs

__all__ = ["Slide", "columns", "deck"]

#: Lines of code or print that fit a screen at a size that the last row reads.
LINES: Final = 22

#: So many pixels of a picture fit the screen, as slides.css enlarges it, and a key scrolls by this part of them.
WINDOW: Final = 420
STRIDE: Final = 0.8

#: Which notes stand with which kind of slide; all others, and those whose slide is not there, with the step's first.
#: What is to be said after the picture stands with the answer, and what to wait for with the first print too.
_PLACES: Final = {"ask": "question", "watch": "picture", "wrong": "answer"}

#: What a panel leaves in a stored output, and what the teacher does about it.
_PANEL: Final = ": run this cell to "
_SWITCH: Final = "**Switch to the notebook**: this is a panel, and a slide cannot show it."


@dataclass(frozen=True)
class Slide:
    """One screen: its `kind` (also its CSS class), its HTML, what stands above it, and the speaker's notes (Markdown).

    `begins` is "slide" or "subslide" where a tag says so, else "".  `prints`: it shows what a program printed.
    """

    kind: str
    body: str
    title: str = ""
    notes: str = ""
    begins: str = ""
    prints: bool = False


def deck(path: Path, core_only: bool = False) -> str:
    """The page with the slides of a notebook."""
    chapter = chapters.read(path)
    title = f"{chapter.number} {chapter.title}"
    found = columns(chapter, read_notes(chapter.number), core_only)
    return rendering.page("slides.html", title=title, columns=found, note=_note)


def columns(chapter: Chapter, notes: Notes, core_only: bool = False) -> list[list[Slide]]:
    """The slides of a chapter, column by column.  `core_only` leaves out what is not in the core."""
    found: list[list[Slide]] = []
    for slide in _slides(chapter, notes, core_only):
        if slide.begins == "slide" or not found:
            found.append([])
        found[-1].append(slide)
    return found


def _slides(chapter: Chapter, notes: Notes, core_only: bool) -> Iterator[Slide]:
    yield Slide("title", _title(chapter), notes=notes.before, begins="slide")
    for part in chapter.parts:
        if core_only and part.steps and not part.minutes():
            continue
        yield from _part(part, opens=part is chapter.parts[0])
        for step in part.steps:
            if step.core or not core_only:
                yield from _with_notes(_joined(list(_step(step))), step, notes.steps.get(step.name, {}))


def _title(chapter: Chapter) -> str:
    goal = rendering.markdown(chapter.opening)
    return f"<p class='number'>{chapter.number}</p><h1>{html.escape(chapter.title)}</h1>{goal}"


def _part(part: Part, opens: bool) -> Iterator[Slide]:
    """The cells before a part's first step; its heading is followed by the steps of its core."""
    for cell in part.cells[1:] if opens else part.cells:
        if _tag(cell) in {"skip", "notes"} or cell.cell_type != "markdown":
            continue
        first = cell is part.cells[0]
        for slide in _texts(cell, part.title, first):
            yield replace(slide, body=slide.body + _steps(part)) if slide.kind == "head" else slide


def _steps(part: Part) -> str:
    steps = "".join(f"<li>{rendering.markdown(step.title)}</li>" for step in part.steps if step.core)
    return f"<ul class='steps'>{steps}</ul>" if steps else ""


def _texts(cell: NotebookNode, title: str, opens: bool) -> Iterator[Slide]:
    """A Markdown cell: its heading is large where it opens a part or a step, and what is folded away is a question."""
    screens = in_screens(chapters.body(cell), first=11 if opens else 13) or [""]
    for number, screen in enumerate(screens):
        head = f"<h2>{rendering.markdown(chapters.title_of(cell))[3:-4]}</h2>" if opens and not number else ""
        kind = "head" if head else "text"
        if head or screen:
            yield Slide(kind, head + rendering.markdown(screen), title, begins=_tag(cell) if not number else "")
    for each in chapters.questions(cell.source):
        asked = f"<div class='asked'>{rendering.markdown(each.text)}</div>"
        yield Slide("recall", f"{asked}<div class='fragment'>{rendering.markdown(each.answer)}</div>", title)


def _step(step: Step) -> Iterator[Slide]:
    waiting: predictions.Prediction | None = None
    for cell in step.cells:
        if _tag(cell) in {"skip", "notes"}:
            continue
        if cell.cell_type == "markdown":
            yield from _texts(cell, step.title, cell is step.cells[0])
        elif is_prediction(cell):
            waiting = predictions.read(cell.source)
            yield Slide("question", _choices(waiting), step.title)
        else:
            yield from _program(cell, step)
            if waiting:
                yield Slide("answer", _choices(waiting, answered=True), step.title)
                waiting = None


def _joined(slides: list[Slide]) -> list[Slide]:
    """A heading without a text of its own stands above the text that follows it, as that of an exercise."""
    if len(slides) > 1 and slides[0].body.endswith("</h2>") and slides[1].kind == "text":
        return [replace(slides[0], body=slides[0].body + slides[1].body), *slides[2:]]
    return slides


def _choices(asked: predictions.Prediction, answered: bool = False) -> str:
    """The question with its choices; `answered`: with what is said to each, on a fragment."""
    items = []
    for letter, choice, said in asked.lettered:
        right = answered and choice == asked.right
        words = f"<b class='letter' aria-hidden='true'>{letter}</b><span class='choice'>{_inline(choice)}</span>"
        if answered:
            mark = "<span class='mark'>right</span> " if right else ""
            words += f"<span class='said fragment' data-fragment-index='0'>{mark}{_inline(said)}</span>"
        items.append(f"<li{' class=right' if right else ''}>{words}</li>")
    return f"<p class='asked'>{_inline(asked.question)}</p><ol class='choices'>{''.join(items)}</ol>"


def _inline(words: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(words, quote=False))


def _program(cell: NotebookNode, step: Step) -> Iterator[Slide]:
    """A code cell: its program in pieces, what it printed, its pictures."""
    said = "" if step.exercise else _printed(cell)
    pieces = programs(cell.source, LINES)
    room = LINES - lines_of(pieces[-1]) - 2
    joined = bool(said) and lines_of(said) <= room
    switch = _SWITCH if _PANEL in said else ""
    for piece in pieces:
        last = joined and piece is pieces[-1]
        shown = f"<div class='fragment'>{rendering.printed(said)}</div>" if last else ""
        yield Slide("code", rendering.code(piece) + shown, step.title, switch if last else "", prints=last)
    if said and not joined:
        yield Slide("output", rendering.printed(said), step.title, switch, prints=True)
    if not step.exercise:
        yield from (Slide("picture", _picture(image), step.title) for image in chapters.images(cell))


def _printed(cell: NotebookNode) -> str:
    """What a cell printed, and the text of what it showed that is no picture."""
    found = []
    for output in cell.outputs:
        data = output.get("data", {})
        if output.output_type == "stream":
            found.append(output.text)
        elif data and not chapters.images(cell):
            found.append(data.get("text/plain", ""))
    return "\n".join(text.strip("\n") for text in found if text.strip())


def _picture(image: str) -> str:
    """A picture that the key for the next slide scrolls."""
    steps = ceil(max(0, chapters.height(image) - WINDOW) / (WINDOW * STRIDE))
    more = "".join(f"<span class='fragment scroll' data-fragment-index='{step}'></span>" for step in range(steps))
    how = f"data-stride='{STRIDE}' tabindex='0' role='region' aria-label='The picture'"
    return f"<div class='window' {how}>{image}</div>{more}"


def _tag(cell: NotebookNode) -> str:
    tag = str(cell.metadata.get("slideshow", {}).get("slide_type", ""))
    return tag if tag in {"slide", "subslide", "skip", "notes"} else ""


def _with_notes(slides: list[Slide], step: Step, notes: Any) -> Iterator[Slide]:
    """The slides of a step, each with the notes that belong to it."""
    kinds = {slide.kind for slide in slides}
    order = {kind: number for number, kind in enumerate(notes)}
    places = _PLACES | ({"say": "answer"} if order.get("say", 0) > order.get("watch", len(order)) else {})
    printed = next((slide for slide in slides if slide.prints), None)
    kinds |= {"picture"} if printed else set()
    spoken = [cell.source for cell in step.cells if _tag(cell) == "notes"]
    first = [f"**{step.minutes} min{'' if step.core else ', further'}**, in a room {step.room}", *spoken]
    first += [_said(kind, notes[kind]) for kind in notes if places.get(kind) not in kinds]
    for number, slide in enumerate(slides):
        here = {slide.kind, "picture"} if slide is printed else {slide.kind}
        own = [slide.notes] if slide.notes else []
        own += [_said(kind, notes[kind]) for kind in notes if places.get(kind) in here]
        yield replace(slide, notes="\n\n".join([*first, *own] if not number else own))


def _said(kind: str, words: str) -> str:
    return f"**{KINDS[kind]}:** {words}"


def _note(slide: Slide) -> Markup:
    return Markup(rendering.markdown(slide.notes))  # noqa: S704 - the course's own text

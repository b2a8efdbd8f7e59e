"""The instructor's guide, in Markdown: kept in `labsupport/guide`, a page for the course and one for each chapter.

Minutes come from the cells' metadata, what to say from `notes`, what goes wrong and the answers from the exercises: a
page says nothing of its own, and `python -m labsupport.authoring check` fails when one is not current.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from . import chapter as chapters
from . import rendering
from .beside import beside, votes
from .chapter import IN_A_ROOM, Chapter, Step, plain
from .notes import KINDS, Notes
from .notes import read as read_notes
from .plans import FORMATS, Session, plan
from .runsheet import run_sheet
from .timetable import timetables

__all__ = ["GUIDE", "guide", "pages", "renew", "stale"]

#: Where the pages are kept.
GUIDE: Final = Path(__file__).resolve().parents[1] / "guide"

_MADE: Final = (
    "*Made by `python -m labsupport.authoring instructor`; do not edit. "
    "What to say, ask and wait for is in `labsupport/authoring/notes`.*"
)

#: Where the notes of the course want its first ladder.
_LADDER: Final = "{ladder}"

#: Where they want the factor between the minutes of a desk and those of a room.
_FACTOR: Final = "{factor}"

_BEFORE_THE_PLANS: Final = (
    "In every plan learners join the board, if you have one, right after the first exercise of chapter 00; and a day "
    "ends with *Your work as one file*, from the same chapter."
)


def pages(paths: Sequence[Path], factor: float = IN_A_ROOM) -> dict[str, str]:
    """The guide's pages for these notebooks, by file name; in a room a step takes so many times as long."""
    found = [chapters.read(path, factor) for path in paths]
    made = {"README.md": _paragraphs(_course_lines(found, factor)), "learner.md": _learner(found)}
    return made | {f"{each.number}.md": _chapter(each, read_notes(each.number)) for each in found}


def renew(paths: Sequence[Path], folder: Path = GUIDE) -> list[Path]:
    """Write the pages that are not current; those."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages(paths)
    late = stale(paths, folder)
    for name in late:
        (folder / name).write_text(made[name], "utf-8", newline="\n")
    return [folder / name for name in late]


def stale(paths: Sequence[Path], folder: Path = GUIDE) -> list[str]:
    """The names of the pages that are not what these notebooks and notes give."""
    kept = {path.name: path.read_text("utf-8") for path in folder.glob("*.md")}
    return [name for name, text in pages(paths).items() if kept.get(name) != text]


def guide(paths: Sequence[Path], factor: float = IN_A_ROOM) -> str:
    """The whole guide as one HTML page, for print."""
    made = [text for name, text in pages(paths, factor).items() if name != "learner.md"]
    articles = [rendering.markdown(text.replace(_MADE, "").replace("<details>", "<details open>")) for text in made]
    return rendering.page("print.html", title="Teaching Loopback", articles=articles)


def _paragraphs(lines: Iterator[str]) -> str:
    return "\n\n".join(line for line in lines if line) + "\n"


def _course_lines(found: Sequence[Chapter], factor: float) -> Iterator[str]:
    yield "# Teaching Loopback"
    yield _MADE
    yield read_notes("course").before.replace(_LADDER, _ladder(found)).replace(_FACTOR, f"{factor:g}")
    yield "## The chapters"
    yield _overview(found)
    yield _BEFORE_THE_PLANS
    earlier: list[Session] = []
    for form in FORMATS:
        yield f"## {form.name}"
        sessions = plan(form, found)
        yield from timetables(form, sessions, earlier, found)
        earlier = sessions
    yield read_notes("course").argued and f"## Often argued\n\n{read_notes('course').argued}"


def _ladder(found: Sequence[Chapter]) -> str:
    """The first ladder of the course, as text."""
    cells = (cell for chapter in found for cell in chapter.cells() if cell.cell_type == "code")
    texts = (
        output.data.get("text/plain", "")
        for cell in cells
        if chapters.images(cell)
        for output in cell.outputs
        if "data" in output
    )
    return f"```text\n{next(texts, '').rstrip()}\n```"


def _overview(found: Sequence[Chapter]) -> str:
    rows = ["| chapter | core | in a room | further | capstone |", "|---|---|---|---|---|"]
    rows += [
        f"| [{each.number} {each.title}]({each.number}.md) | {each.core} min | {each.room} min | {each.further} min "
        f"| {f'{each.capstone} min' if each.capstone else ''} |"
        for each in found
    ]
    totals = [sum(getattr(each, name) for each in found) for name in ("core", "room", "further", "capstone")]
    return "\n".join([*rows, "| together | " + " | ".join(f"{total} min" for total in totals) + " |"])


def _chapter(chapter: Chapter, notes: Notes) -> str:
    return _paragraphs(_chapter_lines(chapter, notes))


def _chapter_lines(chapter: Chapter, notes: Notes) -> Iterator[str]:
    yield f"# Teaching {chapter.number}: {chapter.title}"
    yield _MADE
    yield chapter.goal
    yield f"## The run sheet: {_total(chapter)}; the core in a room {chapter.room}"
    yield from run_sheet(chapter, notes)
    yield "## Before you begin"
    yield notes.before
    for part in chapter.parts:
        for step in part.steps:
            yield from _step(step, notes)
    if notes.argued:
        yield "## Often argued"
        yield notes.argued


def _total(chapter: Chapter) -> str:
    capstone = f", capstone {chapter.capstone}" if chapter.capstone else ""
    return f"core {chapter.core}, further {chapter.further}{capstone}"


def _step(step: Step, notes: Notes) -> Iterator[str]:
    yield f"## {step.title} · {step.minutes} min, in a room {step.room}{' ●' if step.core else ''}"
    said: Mapping[str, str] = notes.steps.get(step.name, {})
    if "ask" not in said:
        yield from votes(step)
    for kind, words in said.items():
        yield f"**{KINDS[kind]}.** {words}{_saved(notes.saves.get(step.name, 0)) if kind == 'late' else ''}"
        if kind == "ask":
            yield from votes(step)
    yield from beside(step, notes.likely.get(step.name, ()))


def _saved(minutes: int) -> str:
    return f" (Saves {minutes} min.)" if minutes else ""


def _learner(found: Sequence[Chapter]) -> str:
    return _paragraphs(_learner_lines(found))


def _learner_lines(found: Sequence[Chapter]) -> Iterator[str]:
    yield "# The course at a glance"
    yield "*Made by `python -m labsupport.authoring instructor`; do not edit.*"
    yield (
        "What you can do after each chapter, and how many minutes each step takes. The core, marked ●, is what later "
        "chapters stand on; all else may wait."
    )
    for each in found:
        yield f"## [{each.number} {each.title}](../../notebooks/{each.path.name})"
        yield each.goal
        yield f"{_total(each).capitalize()} minutes."
        for part in each.parts:
            if part.steps:
                yield f"**{plain(part.title)}**"
                steps = (f"{'● ' if s.core else ''}{plain(s.title)}, {s.minutes} min" for s in part.steps)
                yield "\n".join(f"- {line}" for line in steps)

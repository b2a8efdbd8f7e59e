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
from .beside import beside
from .chapter import Chapter, Step, plain
from .notes import KINDS, Notes
from .notes import read as read_notes
from .plans import FORMATS, Format, Session, clock, plan

__all__ = ["GUIDE", "guide", "pages", "renew", "stale"]

#: Where the pages are kept.
GUIDE: Final = Path(__file__).resolve().parents[1] / "guide"

_MADE: Final = (
    "*Made by `python -m labsupport.authoring instructor`; do not edit. "
    "What to say, ask and wait for is in `labsupport/authoring/notes`.*"
)

#: Where the notes of the course want its first ladder.
_LADDER: Final = "{ladder}"

#: Minutes left over of a meeting that are worth a word.
_WORTH: Final = 5


def pages(paths: Sequence[Path]) -> dict[str, str]:
    """The guide's pages for these notebooks, by file name."""
    found = [chapters.read(path) for path in paths]
    made = {"README.md": _course(found), "learner.md": _learner(found)}
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


def guide(paths: Sequence[Path]) -> str:
    """The whole guide as one HTML page, for print."""
    made = [text for name, text in pages(paths).items() if name != "learner.md"]
    articles = [rendering.markdown(text.replace(_MADE, "").replace("<details>", "<details open>")) for text in made]
    return rendering.page("print.html", title="Teaching Loopback", articles=articles)


def _paragraphs(lines: Iterator[str]) -> str:
    return "\n\n".join(line for line in lines if line) + "\n"


def _course(found: Sequence[Chapter]) -> str:
    return _paragraphs(_course_lines(found))


def _course_lines(found: Sequence[Chapter]) -> Iterator[str]:
    yield "# Teaching Loopback"
    yield _MADE
    yield read_notes("course").before.replace(_LADDER, _ladder(found))
    yield "## The chapters"
    yield _overview(found)
    earlier: list[Session] = []
    for form in FORMATS:
        yield f"## {form.name}"
        sessions = plan(form, found)
        yield from _plan(form, sessions, earlier)
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


def _plan(form: Format, sessions: Sequence[Session], earlier: Sequence[Session]) -> Iterator[str]:
    """The timetables of a format; where it begins like the `earlier` one, that is said, and not repeated."""
    lesson = sum(block.minutes for session in sessions for block in session.blocks if block.lesson)
    every = sum(session.minutes for session in sessions)
    meetings = f"{len(sessions)} meetings" if len(sessions) > 1 else "One meeting"
    yield (
        f"{meetings} of at most {form.minutes} minutes: {every} minutes, of which {lesson} are the steps of the "
        "notebooks in a room; the rest is the welcome and the breaks."
    )
    for number, session in enumerate(sessions, 1):
        if len(sessions) > 1:
            yield f"### {number}. {session.title}"
        same = _alike(session, earlier[0]) if len(sessions) == len(earlier) == 1 else 0
        if same:
            yield f"Until {_time(session, same)} as in *{earlier[0].title}*; then:"
        yield _timetable(session, same)
        yield _left(form, session)


def _alike(session: Session, earlier: Session) -> int:
    """With how many equal blocks the two begin."""
    pairs = zip(session.blocks, earlier.blocks, strict=False)
    return next(
        (n for n, (one, other) in enumerate(pairs) if one != other), min(len(session.blocks), len(earlier.blocks))
    )


def _time(session: Session, blocks: int) -> str:
    """The time of day after so many blocks."""
    return clock(session.start + sum(block.minutes for block in session.blocks[:blocks]))


def _timetable(session: Session, skipped: int = 0) -> str:
    rows = ["| from | to | minutes | |", "|---|---|---|---|"]
    for number, block in list(enumerate(session.blocks))[skipped:]:
        what = f"**{plain(block.what)}**" if block.lesson else block.what
        rows.append(f"| {_time(session, number)} | {_time(session, number + 1)} | {block.minutes} | {what} |")
    return "\n".join(rows)


def _left(form: Format, session: Session) -> str:
    """What is left of a meeting, where that is worth a word."""
    left = form.minutes - session.minutes
    if left < _WORTH:
        return ""
    until = clock(session.start + form.minutes)
    return (
        f"Of the {form.minutes} minutes {left} are left over, until {until}: for questions, and for what leads further."
    )


def _chapter(chapter: Chapter, notes: Notes) -> str:
    return _paragraphs(_chapter_lines(chapter, notes))


def _chapter_lines(chapter: Chapter, notes: Notes) -> Iterator[str]:
    yield f"# Teaching {chapter.number}: {chapter.title}"
    yield _MADE
    yield chapter.goal
    yield "## Before you begin"
    yield notes.before
    yield f"## The minutes: {_total(chapter)}; the core in a room {chapter.room}"
    yield _minutes(chapter)
    for part in chapter.parts:
        for step in part.steps:
            yield from _step(step, notes)
    if notes.argued:
        yield "## Often argued"
        yield notes.argued


def _total(chapter: Chapter) -> str:
    capstone = f", capstone {chapter.capstone}" if chapter.capstone else ""
    return f"core {chapter.core}, further {chapter.further}{capstone}"


def _minutes(chapter: Chapter) -> str:
    rows = ["| part | step | at a desk | in a room | |", "|---|---|---|---|---|"]
    for part in chapter.parts:
        for step in part.steps:
            first = plain(part.title).removeprefix(f"{chapter.number} ") if step is part.steps[0] else ""
            rows.append(f"| {first} | {plain(step.title)} | {step.minutes} | {step.room} | {_kind(step)} |")
    return "\n".join(rows)


def _kind(step: Step) -> str:
    return "● core" if step.core else "capstone" if step.capstone else "further"


def _step(step: Step, notes: Notes) -> Iterator[str]:
    yield f"## {step.title} · {step.minutes} min, in a room {step.room}{' ●' if step.core else ''}"
    said: Mapping[str, str] = notes.steps.get(step.name, {})
    for kind, words in said.items():
        yield f"**{KINDS[kind]}.** {words}"
    yield from beside(step, notes.likely.get(step.name, ()))


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

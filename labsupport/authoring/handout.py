"""A printable summary: for each chapter its goal, its one screen, the pictures that matter, and questions.

A picture is chosen by its cell: `loopback.handout` in the metadata is the sentence that stands below it.  The answers
to the questions stand at the end, so that a page can be used as a test.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import chapter as chapters
from . import rendering
from .chapter import Chapter, Question

__all__ = ["asked", "chosen", "handout"]

#: A picture is printed at this scale, or smaller where it would be taller than a page of Letter, in its own pixels.
SCALE: Final = 0.8
TALLEST: Final = 820

_STYLE: Final = re.compile(r"\sstyle=(?:\"[^\"]*\"|'[^']*')")
_NUMBERED: Final = re.compile(r"^\d+\. (.+)$", re.MULTILINE)
_ANSWERS: Final = re.compile(r"<summary>The answers</summary>\s+(.+)")


@dataclass(frozen=True)
class Asked:
    """The questions of a chapter: `questions` and `answers`, in one order, as Markdown."""

    chapter: Chapter
    questions: tuple[str, ...]
    answers: tuple[str, ...]


def handout(paths: Sequence[Path]) -> str:
    """The page, as HTML that prints on A4 and on Letter."""
    found = [chapters.read(path) for path in paths]
    articles = [_article(each) for each in found] + [_answers([asked(each) for each in found])]
    return rendering.page("print.html", title="Loopback: the handout", articles=articles)


def asked(chapter: Chapter) -> Asked:
    """All questions of a chapter: those to skip by, and those that it recalls from earlier chapters."""
    cells = [cell for cell in chapter.cells() if cell.cell_type == "markdown"]
    opening = chapters.questions(cells[0].source)
    recalled = chapter.cell("recall")
    found = [
        *(_numbered(opening[0].answer) if opening else ()),
        *chapters.questions(recalled.source if recalled else ""),
    ]
    return Asked(chapter, tuple(each.text for each in found), tuple(each.answer for each in found))


def _numbered(text: str) -> list[Question]:
    """The questions of a numbered list, with the answers that a fold below it has in one line: "1 yes. 2 no."."""
    texts, answers = _NUMBERED.findall(text), _ANSWERS.search(text)
    found: list[str] = []
    rest = f" {answers[1]}" if answers else ""
    for number in range(1, len(texts) + 1):
        _, _, rest = rest.partition(f" {number} ")
        found.append(re.split(rf"(?<=[.)]) {number + 1} ", rest, maxsplit=1)[0].strip())
    return [Question(text, answer) for text, answer in zip(texts, found, strict=True)]


def chosen(chapter: Chapter) -> Iterator[str]:
    """What the metadata chooses, as HTML: the texts and the pictures, each with its sentence."""
    for cell in chapter.cells():
        sentence = cell.metadata.get("loopback", {}).get("handout")
        if cell.id == "summary" or (sentence and cell.cell_type == "markdown"):
            yield rendering.markdown(chapters.body(cell))
        elif sentence:
            yield from (_figure(image, str(sentence)) for image in chapters.images(cell))


def _figure(image: str, sentence: str) -> str:
    tall = chapters.height(image)
    style = f"zoom: {min(SCALE, TALLEST / tall):.2f}; height: {tall}px" if tall else f"zoom: {SCALE}"
    fitted = _STYLE.sub("", image).replace("<img", f'<img style="{style}"', 1)
    return f"<figure>{fitted}<figcaption>{html.escape(sentence)}</figcaption></figure>"


def _article(chapter: Chapter) -> str:
    questions = "".join(f"<li>{rendering.markdown(text)}</li>" for text in asked(chapter).questions)
    head = f"<h1>{chapter.number} {html.escape(chapter.title)}</h1>{rendering.markdown(chapter.goal)}"
    test = f"<h2>Questions</h2><ol>{questions}</ol>" if questions else ""
    return head + "".join(chosen(chapter)) + test


def _answers(every: Sequence[Asked]) -> str:
    lists = []
    for each in every:
        answers = "".join(f"<li>{rendering.markdown(answer)}</li>" for answer in each.answers)
        if answers:
            lists.append(f"<h2>{each.chapter.number} {html.escape(each.chapter.title)}</h2><ol>{answers}</ol>")
    return f"<h1>Answers</h1>{''.join(lists)}"

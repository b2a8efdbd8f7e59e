"""What a teacher wants beside a step: the choices of a vote; what goes wrong in an exercise, and the answer, folded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from labsupport.exercises import Exercise
from labsupport.exercises.engine import Choice, Deciding, Mistake

from . import chapter as chapters
from . import predictions
from .chapter import Step
from .predictions import Prediction

__all__ = ["beside", "folded", "one_line", "table", "votes"]

#: So many mistakes are shown; the others are folded away.
SHOWN: Final = 4

_CODE: Final = re.compile(r"(`[^`]+`)")
_NUMBERED: Final = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)


def beside(step: Step, likely: Sequence[str] = ()) -> Iterator[str]:
    """The paragraphs of a step's exercise, or of a hunt whose answer the notebook has folded away."""
    if step.exercise:
        yield from _mistakes(step.exercise, likely, SHOWN if step.core or step.capstone else 0)
        yield from _answer(step.exercise)
    elif step.name.startswith("bug-hunt"):
        yield from _hunt(step)


def votes(step: Step) -> Iterator[str]:
    """The choices of a step's predictions, lettered as on the slide, and what the notebook says to the wrong ones."""
    for each in predictions.asked(step.cells):
        choices = " · ".join(_choice(letter, choice, each) for letter, choice, _ in each.lettered)
        yield f"**The vote.** {one_line(each.question)} {choices}"
        said = [f"- {letter}: {one_line(words)}" for letter, choice, words in each.lettered if choice != each.right]
        yield from folded("What the notebook says to the other choices", "\n".join(said))


def _choice(letter: str, choice: str, asked: Prediction) -> str:
    words = f"{letter} {one_line(choice)}"
    where = [system for system, right in asked.elsewhere.items() if right == choice]
    if choice == asked.right:
        return f"**{words}** (right)"
    return f"{words} (right on {' and '.join(where)})" if where else words


def one_line(text: str) -> str:
    """A message as one line in which nothing is Markdown but code: it quotes programs, `__reduce__` and `<b>` too."""
    words = _CODE.split(" ".join(text.split()))
    return "".join(word if number % 2 else _escaped(word) for number, word in enumerate(words))


def _escaped(words: str) -> str:
    for mark in ("\\", "*", "_", "<", "["):
        words = words.replace(mark, f"\\{mark}")
    return words


def folded(summary: str, *paragraphs: str) -> Iterator[str]:
    """Paragraphs that are folded away below a line."""
    yield f"<details><summary>{summary}</summary>"
    yield from paragraphs
    yield "</details>"


def _mistakes(exercise: Exercise, likely: Sequence[str], shown: int) -> Iterator[str]:
    """What learners get wrong, in the words with which the check answers: so many are shown, the likeliest first."""
    known = {each.name: each for each in exercise.mistakes}
    if unknown := [name for name in likely if name not in known]:
        raise ValueError(f"{unknown[0]!r} is no mistake of {exercise.name}; there are {', '.join(known)}")
    first = [known[name] for name in likely]
    every = [*first, *(each for each in exercise.mistakes if each not in first)]
    if shown:
        yield "What goes wrong, and what the check says about it:"
        yield _listed(every[:shown])
    if others := every[shown:]:
        yield from folded(f"What {'else ' if shown else ''}goes wrong ({len(others)})", _listed(others))


def _listed(mistakes: Sequence[Mistake]) -> str:
    return "\n".join(f"- *{each.name.replace('_', ' ')}*: {one_line(each.message)}" for each in mistakes)


def _answer(exercise: Exercise) -> Iterator[str]:
    """The answer: of a choice each decision with its reason, else a program."""
    if isinstance(exercise, Deciding) and exercise.questions:
        rows = [[str(n), one.right, one_line(one.choices[one.right])] for n, one in enumerate(exercise.questions, 1)]
        yield from folded("The answers", table(["", "answer", "what the check says"], rows))
    elif isinstance(exercise, Choice) and exercise.faults:
        yield from folded("The faults", *_faults(exercise))
    else:
        yield from folded(
            "A solution, as <code>.reveal()</code> shows it", f"```python\n{exercise.solution.strip()}\n```"
        )


def _faults(hunt: Choice) -> Iterator[str]:
    """All lines that may be named, in the order of the program."""
    found = sorted(hunt.faults, key=lambda fault: min(fault.lines))
    rows = [[_lines(sorted(each.lines)), one_line(each.what), one_line(each.question)] for each in found]
    yield table(["line", "the fault, and when it shows", "a question that leads to it"], rows)
    named = {line for fault in hunt.faults for line in fault.lines}
    sound = [line for line in range(1, hunt.last + 1) if line not in named]
    yield f"All other lines are sound: {_lines(sound)}."


def _lines(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _hunt(step: Step) -> Iterator[str]:
    """The faults that the notebook lists below its program."""
    for cell in step.cells:
        for each in chapters.questions(cell.source):
            rows = [[number, words] for number, words in _NUMBERED.findall(each.answer)]
            more = [line for line in _NUMBERED.sub("", each.answer).splitlines() if line.strip()]
            yield from folded(f"{each.text}, as the notebook has them", table(["", "the fault"], rows), *more)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)

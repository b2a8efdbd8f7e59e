"""An exercise: what is asked, how it is checked, and what a learner can ask for."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labsupport import progress

from .case import Case, Having, Mistake, Outcome
from .cell import in_new_cell
from .judging import failed, left_over, problem
from .run import surely
from .scene import play
from .sources import load
from .steps import sizes_left_out
from .values import value_text
from .verdict import Verdict, Words

__all__ = ["Exercise", "Task"]

_GAP: Final = "There is a gap left to fill: the line that raises NotImplementedError. Put your own lines in its place."
_NOTHING: Final = object()


@dataclass(eq=False)
class Exercise(ABC):
    """Something to write or to choose, with a check that says why.

    - `name`: how a notebook asks for it (``exercises.echo_server``), and the name that a source binds the answer to.
    - `chapter`; `prompt`: what is asked, in Markdown; `hints`: from a nudge to nearly the answer.
    - `starter`, `solution`: complete sources; `alternatives`: others that are right too.
    - `mistakes`: wrong programs that learners write, which the check recognises.
    - `praise`: what is said when it is passed.
    """

    name: str
    chapter: int
    prompt: str
    hints: tuple[str, ...]
    starter: str
    solution: str
    mistakes: tuple[Mistake, ...]
    praise: str
    alternatives: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._hinted = 0

    def check(self, answer: object = _NOTHING, *more: object) -> Verdict:
        """Try an answer, one.  What comes of it is kept with the learner's progress."""
        if answer is _NOTHING or more:
            count = len(more) + 1 if more else "none"
            return Verdict("not attempted", f"check() takes one answer and got {count}: {self._how()}")
        verdict = self._verdict(answer)
        if verdict.status == "not attempted":
            return verdict
        said = progress.record_verdict(self.name, verdict.status, verdict.mistake)
        return dataclasses.replace(verdict, notes=(*verdict.notes, said)) if said else verdict

    def check_source(self, source: str) -> Verdict:
        """Run a complete source that binds the answer to the exercise's name, and try that.  Keeps nothing."""
        if not isinstance(source, str):
            raise TypeError(f"check_source() takes a program as a string, not {value_text(source)}")
        loaded = load(source, self.name)
        try:
            verdict = loaded.verdict or self._verdict(loaded.answer)
        finally:
            left = surely(loaded.clear)
        return dataclasses.replace(verdict, notes=(*verdict.notes, *left_over(left))) if left else verdict

    def hint(self) -> Words:
        """The next hint; after the last one, the last one again."""
        number = min(self._hinted, len(self.hints) - 1)
        self._hinted = number + 1
        rest = len(self.hints) - number - 1
        more = f"({rest} more: call `.hint()` again.)" if rest else "(That was the last; `.reveal()` shows a solution.)"
        text = self.hints[number]
        return Words(
            f"**Hint {number + 1} of {len(self.hints)}.** {text}\n\n{more}", f"Hint {number + 1}: {text}\n{more}"
        )

    def reset(self) -> Words:
        """Begin anew: the exercise counts as not tried, the hints start again, and a fresh starter comes in a new cell.

        The cell with the learner's own answer stays as it is, and `exercises.restore()` takes back the rest.
        """
        said = progress.reset(self.name)
        self.forget_hints()
        source = f"{self.starter.rstrip()}\n\n\nexercises.{self.name}.check({self.name})"
        if in_new_cell(source):
            where, code = "A fresh starter is in a new cell below", ""
        else:
            where, code = "This is the starter", f"\n\n```python\n{source}\n```"
        text = said or f"`{self.name}` counts as not tried. `exercises.restore()` takes that back."
        return Words(f"{text} {where}; the cell with your own answer stays as it is.{code}")

    def forget_hints(self) -> None:
        """The next hint is the first one again."""
        self._hinted = 0

    def reveal(self) -> Words:
        """A solution, to compare with yours."""
        return Words(f"```python\n{self.solution.strip()}\n```", self.solution.strip())

    def _how(self) -> str:
        """How an answer is given, in a few words."""
        return f"put its name between the brackets, exercises.{self.name}.check({self.name})."

    @abstractmethod
    def _verdict(self, answer: object) -> Verdict:
        """Try an answer."""

    def __repr__(self) -> str:
        return f"<Exercise {self.name} of chapter {self.chapter:02}: .check(answer), .hint(), .reveal(), .reset()>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  IPython's
        return {"text/markdown": self.prompt, "text/plain": self.prompt}


@dataclass(eq=False, repr=False)
class Task(Exercise):
    """An exercise whose answer is a function, tried in `cases`, one after the other, until one goes wrong.

    - `parts`: the names of the functions, where the answer is a namespace that holds several.
    - `remarks`: what else to say when it is passed, from what came of the cases.
    """

    cases: Sequence[Case] = ()
    parts: tuple[str, ...] = ()
    remarks: Callable[[Sequence[Outcome]], tuple[str, ...]] = lambda _: ()

    def _verdict(self, answer: object) -> Verdict:
        if (said := self._no_answer(answer)) is not None:
            return said
        left = 0
        outcomes = []
        for case in self.cases:
            outcome = play(case, self.name, answer)
            if type(outcome.error) is NotImplementedError:  # IPython's error of input() is a kind of it, and no gap
                return Verdict("not attempted", _GAP, called=case.call, notes=left_over(outcome.left))
            left += outcome.left
            if expected := problem(outcome):
                return failed(outcome, expected, self.mistakes)
            outcomes.append(outcome)
        notes = (*self.remarks(outcomes), *sizes_left_out(outcomes), *left_over(left))
        shown = outcome if outcome.tape.calls() else outcomes[0]  # thousands of readings are not drawn
        return Verdict("passed", self.praise, excerpt=shown.tape, notes=notes)

    def _no_answer(self, answer: object) -> Verdict | None:
        """What to say of something that cannot be tried at all."""
        if self.parts:
            return None if Having(self.parts).fits(answer) else self._no_namespace(answer)
        if callable(answer):
            return None
        return Verdict(
            "failed",
            f"What is checked is a function, and this is {value_text(answer)}. "
            f"Give its name, without brackets: exercises.{self.name}.check({self.name}).",
            expected=f"a function that can be called as {self.cases[0].call}",
        )

    def _no_namespace(self, answer: object) -> Verdict:
        functions = ", ".join(f"{name}={name}" for name in self.parts)
        return Verdict(
            "failed",
            f"What is checked is one object that holds the functions {' and '.join(self.parts)}, and this is "
            f"{value_text(answer)}. Make it by {self.name} = SimpleNamespace({functions}), and give its name: "
            f"exercises.{self.name}.check({self.name}).",
            expected=repr(Having(self.parts)),
        )

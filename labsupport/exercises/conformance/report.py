"""What came of a check: one result a case, shown as a table with the ladders of the cases that went wrong."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labsupport.exercises.engine import Case, Facts, Mistake, Outcome, Verdict
from labsupport.exercises.engine.judging import failed, left_over, problem
from labsupport.exercises.engine.scene import play

if TYPE_CHECKING:
    from labsupport.pictures import Picture

__all__ = ["Nonconforming", "Report", "Result", "tried"]


class Nonconforming(AssertionError):  # noqa: N818  it is what was found out, as with Unmet
    """What `Report.raise_first` raises: the first case that went wrong, with its ladder as text."""


@dataclass(frozen=True)
class Result:
    """What came of one case: its `name`, and the `verdict` on it."""

    name: str
    verdict: Verdict

    @property
    def passed(self) -> bool:
        """Whether all went as it should."""
        return self.verdict.passed

    @property
    def sentence(self) -> str:
        """What went wrong, in a sentence or two; "" if nothing did."""
        return "" if self.passed else self.verdict.message

    @property
    def tape(self) -> Picture | None:
        """What happened, as a ladder; None where nothing did."""
        return self.verdict.tape


@dataclass(frozen=True)
class Report:
    """The results of a check, in order; shown in a cell it is a list, and the ladder of each case that went wrong.

    - `subject`: what was checked.
    """

    subject: str
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether every case went as it should."""
        return all(result.passed for result in self.results)

    @property
    def failures(self) -> tuple[Result, ...]:
        """Those that did not."""
        return tuple(result for result in self.results if not result.passed)

    def __getitem__(self, name: str) -> Result:
        """The result of a case by its name; KeyError says which there are."""
        for result in self.results:
            if result.name == name:
                return result
        raise KeyError(f"no case {name!r}; there are: {', '.join(repr(result.name) for result in self.results)}")

    def raise_first(self) -> None:
        """Raise `Nonconforming` for the first case that went wrong, if there is one: for use in a test."""
        for result in self.failures:
            raise Nonconforming(f"{self.subject}: {result.name}\n\n{result.verdict.text()}")

    def text(self) -> str:
        """The report as plain text."""
        lines = [f"{'✓' if result.passed else '○'} {result.name}" for result in self.results]
        return "\n\n".join([self._title(), "\n".join(lines), *(_told(result) for result in self.failures)])

    def _title(self) -> str:
        right = len(self.results) - len(self.failures)
        return f"{self.subject}: {right} of {len(self.results)} cases went as they should"

    def __repr__(self) -> str:
        return f"<Report {self._title()}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  IPython's
        return {"text/html": self._html(), "text/plain": self.text()}

    def _html(self) -> str:
        rows = "".join(
            f"<li>{'✓' if result.passed else '○'} {html.escape(result.name)}</li>" for result in self.results
        )
        parts = [f"<p><strong>{html.escape(self._title())}</strong></p>", f"<ul>{rows}</ul>"]
        for result in self.failures:
            shown = result.verdict._repr_mimebundle_()["text/html"]  # the one form that notebooks show
            parts.append(f"<details><summary>{html.escape(result.name)}</summary>{shown}</details>")
        return f"<div role='group' aria-label='{html.escape(self._title(), quote=True)}'>{''.join(parts)}</div>"


def _told(result: Result) -> str:
    return f"--- {result.name} ---\n\n{result.verdict.text()}"


def _under_strays(outcome: Outcome) -> Facts | None:
    return {} if outcome.unmet is not None and "strays" in outcome.unmet.got else None


_MISTAKES: Final = (
    Mistake(
        "waits_anew",
        "",  # no exercise's: there is no program to show
        "Each stray datagram gave your code a whole new wait. Fix the deadline once; "
        "each recv() gets what is left of it.",
        _under_strays,
    ),
)


def tried(subject: str, answer: Callable[..., Any], cases: Iterable[Case], mistakes: Sequence[Mistake] = ()) -> Report:
    """Play the cases, one after the other; one that goes wrong keeps none from its turn.

    `mistakes` answer for what this check alone knows, in the order in which they are to be looked for.
    What hangs is freed as in an exercise: its sockets are closed and its threads ended, within a second.
    """
    known = (*mistakes, *_MISTAKES)
    return Report(subject, tuple(Result(case.title, _verdict(case, answer, known)) for case in cases))


def _verdict(case: Case, answer: Callable[..., Any], mistakes: Sequence[Mistake]) -> Verdict:
    outcome = play(case, "your code", answer)
    if expected := problem(outcome):
        return failed(outcome, expected, mistakes)
    return Verdict("passed", "All went as it should.", excerpt=outcome.tape, notes=left_over(outcome.left))

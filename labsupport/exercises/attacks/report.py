"""The report: a row for each attack, and for each that was not held what happened, in a sentence."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labsupport.exercises.conformance import report as conformance

from .felt import Felt
from .held import Held
from .judging import Did, Facts
from .told import duration, memory

__all__ = ["Report", "Result"]

_HEAD: Final = ("attack", "answers in quiet", "under attack", "lost", "sockets", "threads", "memory", "")
_NOTE: Final = (
    "Answers: nine of ten visits of the good client took no longer. Lost: visits that were refused, reset, or "
    "not answered within 1 s. Sockets, threads, memory: the most before, the most under attack, and at the end."
)


@dataclass(frozen=True)
class Result(conformance.Result):
    """What came of one attack: its `name`, the `verdict` on it and the `facts`; None where it was skipped."""

    facts: Facts | None = None

    @property
    def passed(self) -> bool:
        """Whether the server held, or was not asked to."""
        return self.verdict.status != "failed"

    @property
    def skipped(self) -> bool:
        """Whether the attack makes no sense here; the verdict says why."""
        return self.facts is None and self.passed

    @property
    def _known(self) -> Facts:
        if self.facts is None:
            raise AttributeError(f"{self.name} was not run: {self.verdict.message}")
        return self.facts

    @property
    def did(self) -> Did:
        """What the attackers did."""
        return self._known.did

    @property
    def quiet(self) -> Felt:
        """What the good client felt before the attack."""
        return self._known.quiet

    @property
    def felt(self) -> Felt:
        """What it felt under attack."""
        return self._known.felt

    @property
    def before(self) -> Held:
        """The most that the server held in quiet."""
        return self._known.before

    @property
    def worst(self) -> Held:
        """The most that it held under attack."""
        return self._known.worst

    @property
    def after(self) -> Held:
        """What it held at the end."""
        return self._known.after

    @property
    def back(self) -> float | None:
        """Seconds after the attack in which all came back; None: it did not."""
        return self._known.back

    def cells(self) -> tuple[str, ...]:
        """Its row of the table."""
        mark = "skipped" if self.skipped else "held" if self.passed else "not held"
        if self.facts is None:
            return (self.name, *[""] * (len(_HEAD) - 2), mark)
        facts = self.facts
        lost = len(facts.felt.visits) - facts.felt.answered
        held = (facts.before, facts.worst, facts.after)
        return (
            self.name,
            duration(facts.quiet.p90),
            duration(facts.felt.p90),
            f"≈ {lost} of ≈ {len(facts.felt.visits)}",
            _way([each.sockets for each in held]),
            _way([each.threads for each in held]),
            " → ".join(memory(each.memory) for each in held) if facts.worst.memory is not None else "not told",
            mark,
        )


def _way(counts: list[int | None]) -> str:
    return "not told" if None in counts else " → ".join(f"≈ {count}" for count in counts)


@dataclass(frozen=True)
class Report(conformance.Report):
    """The results of the attacks, in order; shown in a cell it is a table."""

    results: tuple[Result, ...]

    def __getitem__(self, name: str) -> Result:
        """The result of an attack by its name, such as "stalled handshake"; KeyError says which there are."""
        found = super().__getitem__(name)
        assert isinstance(found, Result)
        return found

    def _title(self) -> str:
        run = [result for result in self.results if not result.skipped]
        held = sum(result.passed for result in run)
        return f"{self.subject} held through {held} of {len(run)} attack{'' if len(run) == 1 else 's'}"

    def text(self) -> str:
        """The report as plain text: the table, then what was skipped, then what was not held."""
        rows = [_HEAD, *(result.cells() for result in self.results)]
        wide = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
        table = ["  ".join(cell.ljust(size) for cell, size in zip(row, wide, strict=True)).rstrip() for row in rows]
        parts = [self._title(), "\n".join(table), _NOTE, *self._skipped()]
        return "\n\n".join([*parts, *(f"--- {each.name} ---\n\n{each.verdict.text()}" for each in self.failures)])

    def _skipped(self) -> Iterator[str]:
        lines = [f"{result.name}: {result.verdict.message}" for result in self.results if result.skipped]
        if lines:
            yield "Skipped.\n" + "\n".join(f"  {line}" for line in lines)

    def _html(self) -> str:
        """No colours but the page's own, no script: so it shows in both themes, and untrusted."""
        title = html.escape(self._title())
        head = "".join(f"<th scope='col'>{cell or 'verdict'}</th>" for cell in _HEAD)
        rows = "".join(_row(result.cells()) for result in self.results)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        parts = [
            f"<p><strong>{title}</strong></p>",
            f"<div style='overflow-x: auto' tabindex='0' role='region' aria-label='{title}'>{table}</div>",
            f"<p>{html.escape(_NOTE)}</p>",
        ]
        for result in self.results:
            if result.skipped:
                parts.append(f"<p>{html.escape(result.name)} was skipped. {html.escape(result.verdict.message)}</p>")
            elif not result.passed:
                shown = result.verdict._repr_mimebundle_()["text/html"]  # the one form that notebooks show
                parts.append(f"<details open><summary>{html.escape(result.name)}</summary>{shown}</details>")
        return f"<div role='group' aria-label='{title}'>{''.join(parts)}</div>"


def _row(cells: tuple[str, ...]) -> str:
    name, *others = (html.escape(cell) for cell in cells)
    return f"<tr><th scope='row'>{name}</th>{''.join(f'<td>{cell}</td>' for cell in others)}</tr>"

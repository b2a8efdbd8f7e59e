"""What the panel of attacks writes: what a good client felt, what the server held, and all runs so far."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from labsupport.exercises.attacks import Felt, Held, Result
from labsupport.panels.parts.strips import Span, axis, duration, quantity, scrolled, span, strip

from .attacking import Attacking

__all__ = ["ATTACK_STYLE", "Run", "felt_table", "held_table", "runs_table", "tables"]

ATTACK_STYLE: Final = """<style>
.loopback-attack .limits { white-space: normal; min-width: 240px; padding-left: 12px; }
</style>"""

_ANSWERED: Final = "answered"
_LOST: Final = ("refused", "reset", "unanswered")


@dataclass(frozen=True)
class Run:
    """One attack that has been run to its end: its settings in words, and what came of it."""

    name: str
    attackers: int
    limits: str
    result: Result


# --- what the good client felt ------------------------------------------------------------------


def felt_table(quiet: Felt, felt: Felt) -> str:
    """Two rows: quiet, and under attack."""
    ends = span([_times(quiet), _times(felt)])
    rows = "".join(_felt_row(name, one, ends) for name, one in (("in quiet", quiet), ("under attack", felt)))
    head = "".join(f'<th scope="col" class="figure">{name}</th>' for name in ("median", "nine of ten", "lost"))
    caption = (
        "The good client connects, asks, takes its answer and goes, again and again. A mark for each visit that was "
        "answered. “Nine of ten”: so many took no longer. “Lost”: refused, reset, or not answered within 1 s."
    )
    inside = (
        '<table class="loopback-kernel">'
        f'<thead><tr><th scope="col">good client</th><th scope="col">how long its answers took</th>{head}</tr></thead>'
        f'<tbody>{rows}</tbody><tfoot aria-hidden="true"><tr><td></td><td>{axis(ends)}</td><td colspan="3"></td></tr>'
        "</tfoot></table>"
    )
    return scrolled("What the good client felt", caption, inside)


def _times(felt: Felt) -> list[float]:
    return [visit.seconds for visit in felt.visits if visit.outcome == _ANSWERED]


def _felt_row(name: str, felt: Felt, ends: Span) -> str:
    times = _times(felt)
    if not felt.visits:
        cells = ["…"] * 3
    else:
        lost = ", ".join(f"{getattr(felt, kind)} {kind}" for kind in _LOST if getattr(felt, kind))
        counted = f"{len(felt.visits) - felt.answered} of {len(felt.visits)}"
        median = duration(statistics.median(times)) if times else "never"
        cells = [median, _p90(felt), f"{counted}{f' ({lost})' if lost else ''}"]
    inside = "".join(f'<td class="figure">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row">{name}</th><td>{strip(times, ends)}</td>{inside}</tr>'


def _p90(felt: Felt) -> str:
    return duration(felt.p90) if felt.p90 < float("inf") else "never"


# --- what the server held -----------------------------------------------------------------------


def held_table(before: Held | None, worst: Held, now: Held, when: str) -> str:
    """Three rows: sockets, threads, memory; `when`: what the last column is called."""
    head = "".join(f'<th scope="col" class="figure">{name}</th>' for name in ("in quiet", "at the most", when))
    rows = "".join(
        f'<tr><th scope="row">{kind}</th>{"".join(_held_cell(one, kind) for one in (before, worst, now))}</tr>'
        for kind in ("sockets", "threads", "memory")
    )
    caption = "The process of the server: its sockets (those that listen too), its threads, its memory."
    inside = (
        f'<table class="loopback-kernel"><thead><tr><th scope="col">server</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    return scrolled("What the server held", caption, inside)


def _held_cell(held: Held | None, kind: str) -> str:
    if held is None:
        return '<td class="figure">…</td>'
    value = getattr(held, kind)
    if value is None:
        return '<td class="figure">not told</td>'
    return f'<td class="figure">{f"≈ {quantity(value / 2**20)} MiB" if kind == "memory" else value}</td>'


# --- all runs -----------------------------------------------------------------------------------


def runs_table(runs: Sequence[Run]) -> str:
    """A row for each run, the last one first; "" for fewer than two."""
    if len(runs) < 2:
        return ""
    names = ("in quiet", "under attack", "lost", "sockets")
    head = "".join(f'<th scope="col" class="figure">{name}</th>' for name in names)
    rows = "".join(map(_run_row, reversed(runs)))
    inside = (
        f'<table class="loopback-kernel"><thead><tr><th scope="col">attack</th><td></td>{head}'
        f'<th scope="col" class="limits">limits</th></tr></thead><tbody>{rows}</tbody></table>'
    )
    caption = (
        "Your attacks so far, the last one first. In quiet, under attack: nine of ten answers took no longer. Sockets: "
        "in quiet → at the most → afterwards."
    )
    return scrolled("Your attacks so far", caption, inside)


def _run_row(run: Run) -> str:
    result = run.result
    lost = f"{len(result.felt.visits) - result.felt.answered} of {len(result.felt.visits)}"
    sockets = " → ".join(_told(held.sockets) for held in (result.before, result.worst, result.after))
    cells = ["held" if result.passed else "not held", _p90(result.quiet), _p90(result.felt), lost, sockets]
    inside = "".join(f'<td class="figure">{cell}</td>' for cell in cells)
    title = f"{escape(run.name)}, {run.attackers}"
    return f'<tr><th scope="row">{title}</th>{inside}<td class="limits">{escape(run.limits)}</td></tr>'


def _told(count: int | None) -> str:
    return "not told" if count is None else str(count)


def tables(made: Attacking) -> str:
    """Both tables of an attack, so far or in the end; "" before there is anything."""
    result, progress = made.result, made.progress
    if result is not None and result.facts is not None:
        held = held_table(result.before, result.worst, result.after, "afterwards")
        return felt_table(result.quiet, result.felt) + held
    if progress is None:
        return ""
    quiet = progress.worst if progress.phase == "quiet" else made.quiet_held
    return felt_table(progress.quiet, progress.felt) + held_table(quiet, progress.worst, progress.held, "now")

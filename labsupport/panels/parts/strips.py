"""How times are spread, as a strip of marks beside their figures: HTML that reads in both themes and in grey.

A strip has a mark for each time (of many, for sixty that are spread alike), a band over the middle half and a line at
the median.  All strips of a table have one axis, in powers of ten.  Nothing is told by a strip alone: whoever uses
one writes the figures beside it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = [
    "STRIP_STYLE",
    "axis",
    "duration",
    "middle_half",
    "part",
    "progress",
    "quantity",
    "scrolled",
    "span",
    "strip",
]

STRIP_STYLE: Final = """<style>
.loopback-panel .widget-html, .loopback-panel .widget-html-content { min-width: 0; max-width: 100%; }
.loopback-scrolled { overflow-x: auto; }
.loopback-scrolled th { font-weight: 600; }
.loopback-scrolled tbody th { font-weight: normal; }
.loopback-scrolled th, .loopback-scrolled td { vertical-align: middle; white-space: nowrap; }
.loopback-panel .loopback-caption { font-size: 12px; font-style: italic; margin: 0; }
.loopback-scrolled td.figure { text-align: right; font-variant-numeric: tabular-nums; }
.loopback-scrolled thead th.figure { text-align: right; }
.loopback-strip { display: block; width: 200px; height: 22px; overflow: visible; margin: 0 24px 0 4px; }
@media (max-width: 600px) { .loopback-strip { width: 150px; } }
.loopback-strip .rule { stroke: var(--edge); }
.loopback-strip .mark { fill: var(--ink); fill-opacity: .45; }
.loopback-strip .band { fill: var(--accent); fill-opacity: .35; }
.loopback-strip .median { stroke: var(--accent); stroke-width: 3; }
.loopback-strip text { fill: var(--ink); font-size: 12px; }
.loopback-progress { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: center; font-size: 13px; }
.loopback-progress progress { accent-color: var(--accent); width: 240px; max-width: 100%; }
</style>"""

_MARKS: Final = 60

#: The ends of an axis, in seconds, as powers of ten.
Span = tuple[int, int]


def span(series: Iterable[Sequence[float]]) -> Span:
    """The powers of ten between which all of these times lie; at least one decade."""
    times = [time for one in series for time in one if time > 0] or [0.001]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    return low, max(high, low + 1)


def strip(times: Sequence[float], ends: Span) -> str:
    """A strip as SVG; it has no text, so it is hidden from screen readers."""
    ordered = sorted(times)
    marks = "".join(f'<circle class="mark" cx="{_at(time, ends)}" cy="11" r="3"/>' for time in _thinned(ordered))
    inside = '<line class="rule" x1="0" x2="100%" y1="11" y2="11"/>' + marks
    if ordered:
        low, high = (_place(part(ordered, share), ends) for share in (0.25, 0.75))
        middle = _at(statistics.median(ordered), ends)
        inside += (
            f'<rect class="band" x="{low:.1f}%" width="{max(high - low, 0.5):.1f}%" y="4" height="14"/>'
            f'<line class="median" x1="{middle}" x2="{middle}" y1="2" y2="20"/>'
        )
    return f'<svg class="loopback-strip" aria-hidden="true">{inside}</svg>'


def axis(ends: Span) -> str:
    """The numbers below the strips, as SVG."""
    low, high = ends
    every = math.ceil((high - low) / 3)
    ticks = "".join(_tick(power, ends) for power in range(low, high + 1, every))
    return f'<svg class="loopback-strip" aria-hidden="true">{ticks}</svg>'


def _tick(power: int, ends: Span) -> str:
    at = _at(10.0**power, ends)
    text = f"{10.0 ** (power + 3):g} ms" if power < 0 else f"{10.0**power:g} s"
    line = f'<line class="rule" x1="{at}" x2="{at}" y1="0" y2="5"/>'
    return f'{line}<text x="{at}" y="17" text-anchor="middle">{text}</text>'


def _place(time: float, ends: Span) -> float:
    """Where a time lies between the ends, in percent."""
    low, high = ends
    return min(100.0, max(0.0, 100 * (math.log10(max(time, 1e-9)) - low) / (high - low)))


def _at(time: float, ends: Span) -> str:
    return f"{_place(time, ends):.1f}%"


def _thinned(ordered: Sequence[float]) -> Sequence[float]:
    """All of them, or as many as can be told apart, the first and the last among them."""
    if len(ordered) <= _MARKS:
        return ordered
    return [ordered[round(number * (len(ordered) - 1) / (_MARKS - 1))] for number in range(_MARKS)]


# --- figures ------------------------------------------------------------------------------------


def part(ordered: Sequence[float], share: float) -> float:
    """The least of these, which are in order, that `share` of them do not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1]


def quantity(value: float) -> str:
    """Three digits, and never in powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.001 else f"{value:.4f}"


def duration(seconds: float) -> str:
    """A time that was measured: "≈ 41.2 ms", "≈ 1.74 s"."""
    return f"≈ {quantity(seconds)} s" if seconds >= 1 else f"≈ {quantity(seconds * 1000)} ms"


def middle_half(times: Sequence[float]) -> str:
    """From which to which time the middle half of them took."""
    ordered = sorted(times)
    low, high = (quantity(part(ordered, share) * 1000) for share in (0.25, 0.75))
    return f"≈ {low} to {high} ms"


def scrolled(name: str, caption: str, table: str) -> str:
    """A table that is wider than a telephone, in a region that scrolls, by keyboard too, below its caption."""
    above = f'<p class="loopback-caption">{caption}</p>'
    return f'{above}<div class="loopback-scrolled" role="region" aria-label="{name}" tabindex="0">{table}</div>'


def progress(done: float, of: float, said: str) -> str:
    """How far something has come."""
    bar = f'<progress value="{done:g}" max="{of:g}"></progress>'
    return f'<label class="loopback-progress">{bar}<span>{said}</span></label>'

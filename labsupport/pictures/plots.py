"""Plots of what was measured: a picture on an opaque card, one sentence that tells it, and its figures as text.

    >>> plots.distribution({"quiet": [0.011, 0.012], "behind a stall": [0.011, 0.213]})

Each function takes series by their names and gives a `Plot`, which a cell shows.  Series differ in colour, marker and
line style, so that a plot reads in grey too.  Figures are printed behind "≈": two runs never measure the same.
"""

from __future__ import annotations

import io
import math
import statistics
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Plot", "distribution", "points", "rate"]

#: Colours that stay apart for colour-blind readers (Okabe and Ito, "Color universal design", 2008), darkest first.
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00")
_MARKERS: Final = ("o", "s", "^", "D", "v", "x")
_STROKES: Final = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))

#: The figures of a distribution: the part that was done by then, and how many values it takes to tell it.
_QUANTILES: Final = {"median": (0.5, 1), "p90": (0.9, 10), "p99": (0.99, 100), "longest": (1.0, 1)}

_INK: Final = "#1b1b1b"
_CARD: Final = "#ffffff"
_GRID: Final = "#d9d9d9"
_WIDTH: Final = 600  # CSS pixels
_HEIGHT: Final = 320
_FINE: Final = 2  # pixels of the file for each of them

#: A style for each series: colour, marker, line.
_Style = dict[str, Any]
_Row = tuple[str, ...]


@dataclass(frozen=True)
class Plot:
    """A picture of measured figures.

    - `png`: the file; `alt`: one sentence that tells what is drawn.
    - `columns`, `rows`: its figures, ready to read; the first column names the series.
    """

    png: bytes
    alt: str
    columns: _Row
    rows: tuple[_Row, ...]

    def text(self) -> str:
        """The sentence, and a line for each series with its figures."""
        names = self.columns[1:]
        lines = (f"{row[0]}: " + ", ".join(map(" ".join, zip(names, row[1:], strict=True))) for row in self.rows)
        return "\n".join([self.alt, *lines])

    def html(self) -> str:
        """An <img> that is shown in a notebook that nobody has trusted yet, and the figures below it."""
        size = f'width="{_WIDTH}" height="{_HEIGHT}" style="max-width:100%;height:auto"'
        data = b64encode(self.png).decode()
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.columns)
        body = "".join(f"<tr>{_cells(row)}</tr>" for row in self.rows)
        return (
            f'<img alt="{escape(self.alt)}" {size} src="data:image/png;base64,{data}">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.text()}

    def __repr__(self) -> str:
        return self.text()


def _cells(row: _Row) -> str:
    return f'<th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])


# --- the kinds of plot -----------------------------------------------------------------------


def distribution(series: Mapping[str, Sequence[float]], *, what: str = "took", title: str = "") -> Plot:
    """How `series` of times (seconds) are spread: which part of them was done after so long.

    A curve that rises early and straight is quick and even; a long way to the right at the top is a tail.
    """
    _check(series)

    def draw(axes: Axes, styles: Mapping[str, _Style]) -> None:
        for name, times in series.items():
            done = sorted(time * 1000 for time in times)
            share = [(number + 1) / len(done) * 100 for number in range(len(done))]
            every = max(1, len(done) // 12)
            axes.step(done, share, where="post", label=name, markevery=every, **styles[name])
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(_between)
        axes.set_xlabel(f"{what} at most (ms)")
        axes.set_ylabel("share of them (%)")

    fewest = min(map(len, series.values()))
    parts = {name: part for name, (part, needs) in _QUANTILES.items() if fewest >= needs}
    rows = [(name, f"{len(times)}", *map(_ms, _quantiles(times, parts.values()))) for name, times in series.items()]
    alt = f"How long {_listed(series)} {what}: a curve each, of the share that was done after so many milliseconds."
    return _plot(draw, series, title, alt, ("", "how many", *parts), rows)


def points(series: Mapping[str, Sequence[tuple[float, float]]], *, x: str, y: str, title: str = "") -> Plot:
    """A mark for each pair (x, y) of each series; `x` and `y` say what they are, with their unit."""
    _check(series)

    def draw(axes: Axes, styles: Mapping[str, _Style]) -> None:
        for name, pairs in series.items():
            style = {**styles[name], "linestyle": "none"}
            axes.plot([pair[0] for pair in pairs], [pair[1] for pair in pairs], label=name, **style)
        axes.set_xlabel(x)
        axes.set_ylabel(y)

    rows = [
        (name, f"{len(pairs)}", *(_figure(pick(pair[1] for pair in pairs)) for pick in (min, statistics.median, max)))
        for name, pairs in series.items()
    ]
    alt = f"{_listed(series)}: {y} over {x}, a mark each."
    return _plot(draw, series, title, alt, ("", "how many", f"least {y}", "median", "most"), rows)


def rate(series: Mapping[str, Sequence[float]], *, every: float, what: str = "attempts", title: str = "") -> Plot:
    """How many of `series` of moments (seconds from the start) fell into each span of `every` seconds."""
    _check(series)
    if not every > 0:
        raise ValueError(f"every={every!r} is not a span of time: give seconds above 0, such as every=0.05.")
    end = max(max(moments) for moments in series.values())
    edges = [number * every for number in range(math.floor(end / every) + 2)]
    counts = {name: _counted(moments, edges, every) for name, moments in series.items()}

    def draw(axes: Axes, styles: Mapping[str, _Style]) -> None:
        middles = [(low + high) / 2 for low, high in pairwise(edges)]
        for name, numbers in counts.items():
            axes.step(middles, numbers, where="mid", label=name, **styles[name])
        axes.set_xlabel("seconds since the start")
        axes.set_ylabel(f"{what} in {every * 1000:g} ms")

    rows = [(name, f"≈ {len(series[name])}", f"≈ {max(counts[name])}") for name in series]
    alt = f"{_listed(series)}: {what} in each {every * 1000:g} milliseconds, a line each."
    return _plot(draw, series, title, alt, ("", what, f"most in {every * 1000:g} ms"), rows)


# --- what they share -------------------------------------------------------------------------


def _plot(
    draw: Callable[[Axes, Mapping[str, _Style]], None],
    series: Iterable[str],
    title: str,
    alt: str,
    columns: _Row,
    rows: Iterable[_Row],
) -> Plot:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # No pyplot: it keeps every figure, and belongs to one thread.
    figure = Figure(figsize=(_WIDTH / 96, _HEIGHT / 96), dpi=96 * _FINE, facecolor=_CARD, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=_CARD)
    looks = zip(cycle(_COLOURS), cycle(_MARKERS), cycle(_STROKES), strict=False)
    draw(
        axes,
        {
            name: {"color": colour, "marker": marker, "linestyle": stroke, "markersize": 5, "linewidth": 1.8}
            for name, (colour, marker, stroke) in zip(series, looks, strict=False)
        },
    )
    _finish(axes)
    if title:
        figure.suptitle(title, size=11, color=_INK, x=0.01, ha="left")
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return Plot(file.getvalue(), alt, columns, tuple(rows))


def _finish(axes: Axes) -> None:
    """Quiet lines, readable text, and the names of the series above them all."""
    axes.grid(color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(which="both", labelsize=9.5, colors=_INK)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(size=10, color=_INK)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1), ncols=3, fontsize=9.5, frameon=False, labelcolor=_INK)


def _check(series: Any) -> None:
    if not isinstance(series, Mapping) or not series:
        raise ValueError(f"a plot needs its series by name, such as {{'quiet': [...]}}, not {series!r}.")
    empty = [name for name, values in series.items() if not len(values)]
    if empty:
        raise ValueError(f"the series {empty[0]!r} is empty: there is nothing to draw. Measure first.")


def _quantiles(times: Sequence[float], parts: Iterable[float]) -> list[float]:
    """For each part of the times the longest in it; the nearest that was measured, none made up."""
    ordered = sorted(times)
    return [ordered[math.ceil(part * len(ordered)) - 1] for part in parts]


def _counted(moments: Iterable[float], edges: Sequence[float], every: float) -> list[int]:
    counts = [0] * (len(edges) - 1)
    for moment in moments:
        counts[min(len(counts) - 1, max(0, math.floor(moment / every)))] += 1
    return counts


def _ms(seconds: float) -> str:
    return f"≈ {_number(seconds * 1000)} ms"


def _figure(value: float) -> str:
    return f"≈ {_number(value)}"


def _between(value: float, _: float) -> str:
    """Of the small steps of a logarithmic axis the second and the fifth have a number."""
    return f"{value:g}" if f"{value:e}"[0] in "25" else ""


def _number(value: float) -> str:
    """Three digits, and never in powers of ten."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.4f}"


def _listed(series: Iterable[str]) -> str:
    *first, last = series
    return f"{', '.join(first)} and {last}" if first else last

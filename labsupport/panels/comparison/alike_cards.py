"""What the panel of two connections writes: the option, the figures of both connections, and what they say."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from html import escape
from typing import Final

from labsupport.measure import Comparison
from labsupport.panels.parts.strips import Span, axis, duration, middle_half, quantity, scrolled, span, strip

from .changes import Change
from .side import Side
from .side_by_side import SideBySide
from .traffic import Exchange, Traffic

__all__ = ["about", "figures", "sentences", "throughput"]

_HEAD: Final = ("median", "middle half", "throughput (mean)")


def about(change: Change, traffic: Traffic) -> str:
    """What the option does and where it is set, and what the traffic is, as HTML."""
    row = change.row
    option = f"<code>{row.name}</code>: {escape(row.what)} ({escape(row.source)}). It is set {escape(change.where)}."
    return f"<p>{option}</p><p>{escape(traffic.does)} Timed: {escape(traffic.timed)}.</p>"


def figures(made: SideBySide) -> str:
    """The times and the throughput of both connections, so far or at the end, and what the system made of the value."""
    found = made.found
    ends = span(found.times.values())
    rows = "".join(_row(name, found.times[name], side, ends) for name, side in made.sides.items())
    head = "".join(f'<th scope="col" class="figure">{name}</th>' for name in _HEAD)
    caption = f"{escape(made.change.name)}, “{escape(made.name)}”: {_trials(found)}"
    table = (
        '<table class="loopback-kernel">'
        f'<thead><tr><th scope="col">connection</th><th scope="col">a mark for each trial</th>{head}</tr></thead>'
        f'<tbody>{rows}</tbody><tfoot aria-hidden="true"><tr><td></td><td>{axis(ends)}</td><td colspan="3"></td></tr>'
        "</tfoot></table>"
    )
    return scrolled("Both connections", caption, table) + _settings(made)


def _trials(found: Comparison) -> str:
    fewest = min(map(len, found.times.values()))
    return f"{fewest} trial{'' if fewest == 1 else 's'} of each, in turn"


def _row(name: str, times: Sequence[float], side: Side, ends: Span) -> str:
    told = [duration(statistics.median(times)), middle_half(times)] if times else ["…", "…"]
    cells = [*told, throughput(side.traffic, list(side.exchanges))]
    inside = "".join(f'<td class="figure">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row">{escape(name)}</th><td>{strip(times, ends)}</td>{inside}</tr>'


def throughput(traffic: Traffic, exchanges: Sequence[Exchange]) -> str:
    """What has gone over a connection in a second: questions, where they are small, else megabytes."""
    seconds = sum(one.total for one in exchanges)
    if not seconds:
        return "…"
    if traffic.small:
        return f"≈ {quantity(len(exchanges) / seconds)} questions/s"
    return f"≈ {quantity(sum(one.arrived for one in exchanges) / seconds / 1e6)} MB/s"


def _settings(made: SideBySide) -> str:
    settings = (side.setting for side in made.sides.values())
    return "".join(f"<p>{escape(setting.text())}</p>" for setting in settings if setting is not None)


# --- in words -----------------------------------------------------------------------------------


def sentences(made: SideBySide) -> list[str]:
    """What is to be said of it in the end, each as HTML."""
    found = made.found
    said = [escape(f"{made.name}: {finding}") for finding in found.findings]
    said += [escape(lost) for name, side in made.sides.items() if (lost := _lost(name, list(side.exchanges)))]
    early = {"": "", "cancelled": "It was stopped early.", "out of time": "There was no time for more trials."}
    return [
        *said,
        early[found.ended],
        f"It could not be done to its end: {escape(made.trouble)}" if made.trouble else "",
    ]


def _lost(name: str, exchanges: Sequence[Exchange]) -> str:
    """What did not arrive over this connection."""
    cut = [one for one in exchanges if one.error]
    if not cut:
        return ""
    arrived = quantity(statistics.median(one.arrived for one in cut) / 1024)
    return (
        f"{name}: in {len(cut)} of {len(exchanges)} exchanges the peer got {cut[0].error} and only a part, "
        f"≈ {arrived} KiB in the middle."
    )

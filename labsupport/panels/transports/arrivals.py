"""What became of numbered messages: pure functions from the tape to facts, and from facts to words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from labsupport.tape.events import Call, Endpoint, Event, Passage
from labsupport.tape.streams import RECEIVING, SENDING

from .crossing import SIZE, Crossing, Protocol

__all__ = ["ARRIVALS_STYLE", "Arrivals", "arrivals", "numbers", "summary", "table"]

ARRIVALS_STYLE: Final = """<style>
.loopback-arrivals { border-collapse: collapse; font-size: 13px; margin: 2px 0; }
.loopback-arrivals caption { text-align: left; font-size: 12px; font-style: italic; }
.loopback-arrivals th { font-weight: normal; text-align: left; padding: 1px 16px 1px 0; white-space: nowrap; }
.loopback-arrivals thead th { font-weight: 600; }
.loopback-arrivals td { padding: 1px 24px 1px 0; vertical-align: top; min-width: 150px; }
.loopback-arrivals tfoot td, .loopback-arrivals tfoot th { border-top: 1px solid var(--edge); padding-top: 4px; }
.loopback-arrivals i.bar { display: block; height: 3px; background: var(--accent); border-radius: 2px; }
</style>"""


@dataclass(frozen=True)
class Arrivals:
    """What became of the messages of one crossing.

    - `order`: their numbers, as the receiving program got them.
    - `took`: for each number, the seconds from its send to each time that the program had it.
    - `behind`: for each number that was late in a stream, the number that the link had stalled: its own, or an older.
    - `over`: nothing more will come.
    """

    protocol: Protocol
    count: int
    order: tuple[int, ...]
    took: Mapping[int, tuple[float, ...]]
    behind: Mapping[int, int]
    over: bool

    @property
    def missing(self) -> list[int]:
        """The numbers that never came."""
        return [number for number in range(self.count) if number not in self.took] if self.over else []

    @property
    def doubled(self) -> list[int]:
        """The numbers that came more than once."""
        return [number for number, times in sorted(self.took.items()) if len(times) > 1]

    @property
    def overtaken(self) -> dict[int, int]:
        """For each number that came after a larger one, the first such (RFC 4737 §3.3 calls it reordered)."""
        found: dict[int, int] = {}
        seen: list[int] = []
        for number in self.order:
            if number not in seen and (larger := next((one for one in seen if one > number), None)) is not None:
                found[number] = larger
            seen.append(number)
        return found


def arrivals(crossing: Crossing) -> Arrivals:
    """What became of its messages so far."""
    over = not crossing.running  # before the tape is read, so that "missing" is never said too early
    events, count = crossing.events(), crossing.way.count
    sent = {_number(call): call.started for call in _calls(events, crossing.sender) if call.op in SENDING}
    reads = [call for call in _calls(events, crossing.receiver) if call.op in RECEIVING and call.length]
    came = [each for each in (_of_stream if crossing.protocol == "TCP" else _of_datagrams)(reads) if each[0] in sent]
    took: dict[int, tuple[float, ...]] = {}
    for number, time in came:
        took[number] = (*took.get(number, ()), time - sent[number])
    passages = [event for event in events if isinstance(event, Passage)]
    behind = dict(_behind(passages, sent, dict(came)))
    return Arrivals(crossing.protocol, count, tuple(number for number, _ in came), took, behind, over)


def _calls(events: Iterable[Event], end: Endpoint | None) -> Iterator[Call]:
    return (event for event in events if isinstance(event, Call) and event.endpoint is end)


def _of_stream(calls: Iterable[Call]) -> Iterator[tuple[int, float]]:
    """Each message, and when its last byte was read."""
    for call in calls:
        before = call.offset or 0
        for number in range(before // SIZE, (before + (call.length or 0)) // SIZE):
            yield number, call.ended or call.started


def _of_datagrams(calls: Iterable[Call]) -> Iterator[tuple[int, float]]:
    for call in calls:
        yield _number(call), call.ended or call.started


def _number(call: Call) -> int:
    """The number in the message that this call carried."""
    return int((call.data or b"").split()[1])


def _behind(
    passages: Iterable[Passage], sent: Mapping[int, float], came: Mapping[int, float]
) -> Iterator[tuple[int, int]]:
    """Each message that waited for a stalled one, and which: it was sent before that one had come."""
    stalls = (one for passage in passages for one in passage.decisions if one.effect == "stalled")
    stalled = sorted({one.at // SIZE for one in stalls})
    for number in came:
        waited = [one for one in stalled if one <= number and one in came and sent[number] < came[one]]
        if waited:
            yield number, waited[-1]


# --- in words ---


def numbers(found: Iterable[int]) -> str:
    """In a row, as a sentence has them: "3", "3 and 5", "3, 5 and 7"."""
    *most, last = map(str, found)
    return f"{', '.join(most)} and {last}" if most else last


def summary(found: Arrivals) -> str:
    """What came, in a sentence or two."""
    came = found.count - len(found.missing)
    parts = [f"{came} of {found.count} came"]
    for what, which in (("missing", found.missing), ("twice", found.doubled), ("overtaken", sorted(found.overtaken))):
        if which:
            parts.append(f"{what}: {numbers(which)}")
    if len(parts) == 1 and came:
        parts.append("each once and in order")
    if found.took:
        parts.append(f"the slowest took {_ms(max(map(max, found.took.values())))}")
    return f"<b>{found.protocol}</b>: {'; '.join(parts)}."


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _said(found: Arrivals, number: int) -> str:
    """One message, in words."""
    times = found.took.get(number, ())
    if not times:
        return "<b>missing</b>" if number in found.missing else "…"
    said = [" and ".join(map(_ms, times))]
    if len(times) > 1:
        said.append("<b>twice</b>")
    if number in found.overtaken:
        said.append(f"<b>overtaken</b> by {found.overtaken[number]}")
    if (stalled := found.behind.get(number)) is not None:
        said.append("<b>stalled</b>" if stalled == number else f"<b>waited</b> behind {stalled}")
    return ", ".join(said)


def _cell(found: Arrivals, number: int, longest: float) -> str:
    times = found.took.get(number)
    width = max(1, round(100 * times[0] / longest)) if times else 0
    bar = f'<i class="bar" aria-hidden="true" style="width:{width}%"></i>' if times else ""
    return f"<td>{_said(found, number)}{bar}</td>"


def table(both: Sequence[Arrivals], caption: str) -> str:
    """A row for each message and a column for each protocol, as HTML."""
    longest = max((time for one in both for times in one.took.values() for time in times), default=1)
    head = "".join(f'<th scope="col">{one.protocol}: came after</th>' for one in both)
    rows = "".join(
        f'<tr><th scope="row">{number}</th>{"".join(_cell(one, number, longest) for one in both)}</tr>'
        for number in range(max(one.count for one in both))
    )
    orders = "".join(f"<td>{' '.join(map(str, one.order)) or '…'}</td>" for one in both)
    return (
        f'<table class="loopback-arrivals"><caption>{escape(caption)}</caption>'
        f'<thead><tr><th scope="col">message</th>{head}</tr></thead><tbody>{rows}</tbody>'
        f'<tfoot><tr><th scope="row">read in this order</th>{orders}</tr></tfoot></table>'
    )

"""The text twin of a ladder: the same rows, the same numbers, in at most 100 columns.

Clients stand left, the server right, what crosses between them in the middle.  Each entry
names its lifeline, so that a screen reader, which reads line by line, loses nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from labsupport.tape.events import Call

from .ladder.model import Band, Chip, Label, Lane, Story, Wire
from .ladder.words import ELLIPSIS, cells, fit

__all__ = ["WIDTH", "twin"]

#: No line is longer, in columns.
WIDTH: Final = 100
_LEFT: Final = 38
_MIDDLE: Final = 14
_RIGHT: Final = 39
#: Of a longer ladder the first and the last rows are written.
_MOST: Final = 160
_TAIL: Final = 40


def twin(story: Story) -> str:
    """The ladder as text."""
    lines = [*_names(story), "-" * (WIDTH - 2)]
    labels: dict[int, list[Label]] = defaultdict(list)
    wires: dict[int, list[Wire]] = defaultdict(list)
    arrive: dict[int, list[Wire]] = defaultdict(list)
    for label in story.labels:
        labels[label.row].append(label)
    for wire in story.wires:
        wires[wire.source.row].append(wire)
        if wire.until is not None:
            arrive[wire.until.row].append(wire)
    for row in range(story.rows):
        if story.rows > _MOST and _MOST - _TAIL <= row < story.rows - _TAIL:
            if row == _MOST - _TAIL:
                lines.append(f"     … {story.rows - _MOST:,} more rows: tape.live() shows them all")
            continue
        lines += _row(story, row, labels[row], wires[row], arrive[row])
    lines += _left_over(story)
    lines += [line for note in story.notes for line in _wrapped(note, WIDTH - 2)]
    return "\n".join(line.rstrip() for line in lines)


def _names(story: Story) -> list[str]:
    """The lanes of both sides, above the rows."""
    sides = [", ".join(lane.title for lane in story.lanes if lane.left == left) for left in (True, False)]
    left, right = _wrapped(sides[0], _LEFT), _wrapped(sides[1], _RIGHT)
    count = max(len(left), len(right))
    left, right = left + [""] * (count - len(left)), right + [""] * (count - len(right))
    return [_line("", one, "", other) for one, other in zip(left, right, strict=True)]


def _line(number: str, left: str, middle: str, right: str) -> str:
    return f"{number:>3}  {_pad(left, _LEFT)} {_centre(middle, _MIDDLE)}  {right}"


def _pad(text: str, width: int) -> str:
    return text + " " * max(0, width - cells(text))


def _centre(text: str, width: int) -> str:
    room = max(0, width - cells(text))
    return " " * (room // 2) + text + " " * (room - room // 2)


def _row(story: Story, row: int, labels: list[Label], wires: list[Wire], arrive: list[Wire]) -> list[str]:
    """One row: as many lines as its longer side has."""
    labels = [label for label in labels if label.kind != "mark"]
    sides: dict[bool, list[str]] = {True: [], False: []}
    crossing = [wire for wire in wires if wire.kind != "handed"]
    births = {wire.target.index: line for line, wire in enumerate(crossing) if wire.kind == "ACK" and wire.target}
    for label in sorted(labels, key=lambda label: (label.lane, label.kind == "state", label.index)):
        lane = story.lanes[label.lane]
        width = _LEFT if lane.left else _RIGHT
        side = sides[lane.left]
        side += [""] * (births.get(label.index, 0) - len(side))  # what an ACK begins stands beside it
        side += _entry(lane, label, width, many=_many(story, lane))
    middle = list(dict.fromkeys(_crossing(story, wire) for wire in crossing))
    middle += [_arriving(story, wire) for wire in arrive]
    count = max(len(sides[True]), len(sides[False]), len(middle), 1)
    padded = [list_ + [""] * (count - len(list_)) for list_ in (sides[True], middle, sides[False])]
    return [_line(str(row + 1) if k == 0 else "", *(column[k] for column in padded)) for k in range(count)]


def _many(story: Story, lane: Lane) -> bool:
    return sum(1 for one in story.lanes if one.left == lane.left) > 1


def _entry(lane: Lane, label: Label, width: int, *, many: bool) -> list[str]:
    who = f"{lane.title}: " if many else ""
    if label.kind == "state":
        return [f"{who}[{label.text}]"]
    if label.kind == "head":
        return [f"{who}begins, made by the kernel"]
    what = label.text + (" (TLS)" if label.tls else "")
    if isinstance(label.event, Call) and what.startswith(ELLIPSIS):
        what = f"{ELLIPSIS} {label.event.op}(){what[1:]}"
    if label.kind == "note":
        what = f"({what})"
    if label.trouble:
        what += f" ✗ {label.trouble}"
    parts = [who + what, *(f"  {_bytes(chip)}" for chip in label.chips)]
    if len(parts) == 2 and cells(parts[0]) + cells(parts[1]) <= width:
        parts = ["".join(parts)]
    return [piece for part in parts for piece in _wrapped(part, width)]


def _bytes(chip: Chip) -> str:
    return f"{chip.name} “{chip.text}”" if chip.text else f"{chip.name}"


def _crossing(story: Story, wire: Wire) -> str:
    """What goes from one side to the other: "──1──>"."""
    start, end = story.lanes[wire.start], story.lanes[wire.lane]
    name = {"data": str(wire.number or "?"), "signal": "signal"}.get(wire.kind, wire.kind)
    if start.left == end.left:
        return f"· {name} ·"
    stroke = "─" if wire.kind in ("data", "alert") else "-"
    arm = stroke * max(1, (_MIDDLE - len(name) - 3) // 2)
    tail, tips = arm, ("<", ">")
    if wire.by_link:
        return _from_link(name, to_the_left=end.left)
    if wire.lost:
        tips = (ELLIPSIS, ELLIPSIS) if wire.lost == "on its way" else ("✗", "✗")
    elif wire.until is not None:
        tips, tail = (ELLIPSIS, ELLIPSIS), arm[1:]
    return f"{arm} {name} {tail}{tips[1]}" if start.left else f"{tips[0]}{tail} {name} {arm}"


def _arriving(story: Story, wire: Wire) -> str:
    """The end of what left in an earlier row: "… 1 ──>"."""
    end = story.lanes[wire.lane]
    name = {"data": str(wire.number or "?")}.get(wire.kind, wire.kind)
    arm = ("─" if wire.kind in ("data", "alert") else "-") * max(1, (_MIDDLE - len(name) - 3) // 2)
    return f"<{arm} {name} {ELLIPSIS}" if end.left else f"{ELLIPSIS} {name} {arm}>"


def _from_link(name: str, *, to_the_left: bool) -> str:
    """What a link sent on its own: "<── RST ·" to a client, "· RST ──>" to a server."""
    arm = "-" * max(1, (_MIDDLE - len(name) - 3) // 2)
    return f"<{arm} {name} ·" if to_the_left else f"· {name} {arm}>"


def _left_over(story: Story) -> list[str]:
    """Bytes that nobody took."""
    return [line for band in story.bands if band.end is None for line in _wrapped(_rest(story, band), WIDTH - 2)]


def _rest(story: Story, band: Band) -> str:
    whose = "client" if story.lanes[band.lane].left else "server"
    return f"Bytes of {band.number} ({band.length:,} B) wait in the {whose}'s kernel."


def _wrapped(sentence: str, width: int) -> list[str]:
    lines: list[str] = []
    indent = sentence[: len(sentence) - len(sentence.lstrip())]
    for word in sentence.split():
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append((indent if not lines else f"{indent}  ") + fit(word, width - 2 - len(indent)))
    return lines

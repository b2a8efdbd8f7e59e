"""What can be pointed at in a live ladder, and what there is to say of it.

A *step* is a call, or a part of one: where it begins, and where it returns if it waited.  Steps are counted in the
order of the rows, which is an order in which everything could have happened.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

from labsupport.pictures.draw.wires import stop
from labsupport.pictures.ladder.layout import Layout
from labsupport.pictures.ladder.measure import CHIP, LINE, PAD
from labsupport.pictures.ladder.model import Label
from labsupport.tape.events import Call, Sync

__all__ = ["SHOWN", "Steps", "hexdump", "spots"]

#: Of a call's bytes so many are shown.
SHOWN: Final = 256


class Steps:
    """The steps of a layout, in order, and what each has to tell."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        order = [label for row in layout.rows for label in row.labels if label.kind in ("call", "sync")]
        self._labels = order
        self._places = {label.index: place for place, label in enumerate(order)}

    def __len__(self) -> int:
        return len(self._labels)

    def place(self, label: Label) -> int:
        """Which step this label is, or -1."""
        return self._places.get(label.index, -1)

    def told(self, index: int) -> dict[str, Any]:
        """Where the step is, what it says, and the bytes of its call, as HTML."""
        label = self._labels[index]
        return {
            "y": self._layout.anchors[label.index],
            "row": label.row,
            "sends": _numbers(label),
            "says": _said(self._layout, label),
            "bytes": _bytes(label),
        }


def spots(layout: Layout, steps: Steps, first: int, last: int) -> dict[str, Any]:
    """The places on a page: of calls, of the bytes in them, of the arrows and of the bytes that wait.

    - `calls`: [step, x, y, width, height, numbers of the sends, what a pointer is told];
    - `chips`: [number of the send, x, y, width, height]; `ways`: [number, x, y, x, y].
    """
    labels = [label for row in layout.rows[first:last] for label in row.labels if steps.place(label) >= 0]
    wires = [wire for row in layout.rows[first:last] for wire in row.wires if wire.kind == "data" and wire.number]
    return {
        "calls": [
            [steps.place(label), *_rectangle(layout, label), _numbers(label), _said(layout, label)] for label in labels
        ],
        "chips": [chip for label in labels for chip in _chips(layout, label)],
        "ways": [[wire.number, *_way(layout, wire)] for wire in wires],
    }


def _rectangle(layout: Layout, label: Label) -> tuple[float, float, float, float]:
    place, shape = layout.places[label.lane], layout.boxes[label.index]
    x = place.end - shape.width if place.side < 0 else place.start
    return round(x, 1), round(layout.anchors[label.index] - shape.up, 1), round(shape.width, 1), shape.up + shape.down


def _chips(layout: Layout, label: Label) -> list[list[float]]:
    x, y, _, _ = _rectangle(layout, label)
    shape = layout.boxes[label.index]
    y = layout.anchors[label.index] + LINE * (len(shape.lines) - 1 + len(shape.trouble))
    found = []
    for line, row in enumerate(shape.chips, 1):
        for chip, offset, width in row:
            place = [x + PAD + offset, y + CHIP * line - 9, width, 17]
            found += [[number, *place] for number in range(chip.number, max(chip.number, chip.last) + 1) if number]
    return found


def _way(layout: Layout, wire: Any) -> tuple[float, float, float, float]:
    y, until = layout.heights(wire)
    start, end = layout.places[wire.start].x, layout.places[wire.lane].x
    return start, y, stop(layout, wire, start, end) if wire.lost else end, until


def _numbers(label: Label) -> list[int]:
    numbers: set[int] = set()
    for chip in label.chips:
        numbers.update(range(chip.number, max(chip.number, chip.last) + 1))
    return sorted(numbers - {0})


def _said(layout: Layout, label: Label) -> str:
    who = layout.story.lanes[label.lane].title
    trouble = f", {label.trouble}" if label.trouble else ""
    chips = ", ".join(f"({chip.name}) {chip.text}".strip() for chip in label.chips)
    returns = isinstance(label.event, Call) and label.text.startswith("…")
    what = f"{label.event.op} {label.text}" if returns else label.text
    return f"{who}: {what}{trouble}{': ' + chips if chips else ''}"


# --- the bytes of a call ------------------------------------------------------------------------


def _bytes(label: Label) -> str:
    event = label.event
    if not isinstance(event, Call):
        return "<p>No bytes: one program waits for another.</p>" if isinstance(event, Sync) else ""
    if event.forgotten:
        return "<p>The tape has had to forget the bytes of this call; it keeps those of the newest calls.</p>"
    if event.data is None or event.length is None:
        return "<p>This call has carried no bytes.</p>"
    more = event.length - min(SHOWN, len(event.data))
    rest = f"<p>… and {more:,} more.</p>" if more > 0 else ""
    return f"<p>{event.length:,} bytes</p><pre>{escape(hexdump(event.data[:SHOWN]))}</pre>{rest}"


def hexdump(data: bytes, width: int = 8) -> str:
    """Offset, hexadecimal and text, `width` bytes a line; what is not printable ASCII is a dot."""
    lines = []
    for start in range(0, len(data), width):
        piece = data[start : start + width]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        lines.append(f"{start:5d}  {piece.hex(' '):<{3 * width - 1}}  {text}")
    return "\n".join(lines)

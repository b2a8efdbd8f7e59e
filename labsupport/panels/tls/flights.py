"""`handshake`: every byte of a handshake, as a tree of flights, records, messages and fields.

Python sends a tree of plain data; the browser shows it, and lays out nothing of TLS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.theme import theme
from labsupport.pictures.handshake.draw import Place, draw
from labsupport.pictures.handshake.messages import Path as Steps
from labsupport.pictures.handshake.messages import broken
from labsupport.pictures.handshake.model import Message, Story, Turn
from labsupport.pictures.handshake.signs import DEFS
from labsupport.pictures.handshake.story import Handshake, tell
from labsupport.pictures.handshake.twin import sentence, twin
from labsupport.pictures.ladder.across import NARROW
from labsupport.tls.parts import Flight, Part

__all__ = ["HandshakePanel", "handshake"]

_HERE: Final = Path(__file__).parent
#: A place as the browser writes it, where each part has one.
_PLACE: Final = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")
_RFC: Final = re.compile(r"RFC (\d+)(?:, (section|appendix) ([A-Z]?[\d.]*))?$")


class HandshakePanel(anywidget.AnyWidget):
    """A transcript to look into.

    - `head`: the picture, where its messages and fields stand in it, its text, and what was raised.
    - `flights`: the tree and the bytes; both are plain data.
    - `selected`: the part that is looked at, as its place: "1.0.2" is part 2 of record 0 of flight 1, all from 0.
      What is no part is refused with a TraitError.
    - `opened`: whether encrypted bytes are shown as they are in clear, where the key is there.
    """

    _esm = _HERE / "flights.js"
    _css = (_HERE / "flights.css").read_text("utf-8") + theme("loopback-flights")

    head = traitlets.Dict().tag(sync=True)
    flights = traitlets.List(traitlets.Dict()).tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)
    opened = traitlets.Bool(False).tag(sync=True)

    def __init__(self, transcript: Handshake) -> None:
        story = tell(transcript)
        self._flights = tuple(transcript.flights)
        super().__init__(
            head=_head(story, transcript.error),
            flights=[_flight(number, flight) for number, flight in enumerate(self._flights)],
            selected=_broken(self._flights) or _first(story),
        )

    @property
    def part(self) -> Part | Flight | None:
        """The part that is looked at, or a whole flight; None where there is none."""
        return _at(self._flights, self.selected)

    @traitlets.validate("selected")
    def _is_a_part(self, proposal: Any) -> Any:
        if self._flights and _at(self._flights, proposal["value"]) is None:
            raise traitlets.TraitError(f"there is no part {proposal['value']!r}; the first flight is '0'")
        return proposal["value"]

    def __repr__(self) -> str:
        return "<the bytes of a handshake: run this cell to look into them>"


def handshake(transcript: Handshake) -> HandshakePanel:
    """Look into every byte of a transcript, such as `tls.handshake()` gives; TypeError for what is none.

    Each part has its bytes, as they were on the wire and, where they were encrypted, opened; what it says, what it is
    for, and where that is written.  Running the cell again closes it.
    """
    return replace_earlier(HandshakePanel(transcript))


# --- where a part is ------------------------------------------------------------------------------


def _at(flights: Sequence[Flight], place: str) -> Part | Flight | None:
    if not _PLACE.fullmatch(place):
        return None
    here: Part | Flight | None = None
    parts: Sequence[Part | Flight] = flights
    for number in map(int, place.split(".")):
        if number >= len(parts):
            return None
        here = parts[number]
        parts = here.parts
    return here


def _broken(flights: Sequence[Flight]) -> str:
    """The first part in which something is wrong, or ""."""
    for number, flight in enumerate(flights):
        for record, part in enumerate(flight.parts):
            wrong = broken(part)
            if wrong is not None:
                return _place(part, wrong, f"{number}.{record}")
    return ""


def _first(story: Story) -> str:
    """The message that was refused, else the first; "" where there is none."""
    places = [(one, place) for turn, one in _messages(story) for place in _places(turn, one)]
    return next((place for one, place in places if one.wrong), places[0][1] if places else "")


def _messages(story: Story) -> list[tuple[Turn, Message]]:
    return [(turn, one) for turn in story.turns for one in turn.messages]


def _places(turn: Turn, message: Message) -> list[str]:
    return [_written(turn, path) for path in message.paths]


def _written(turn: Turn, path: Steps) -> str:
    """A place in a flight, as the browser writes it."""
    return ".".join(map(str, (turn.number - 1, *path)))


def _place(part: Part, wanted: Part, place: str) -> str:
    """The place of a part below another whose place is known."""
    if part is wanted:
        return place
    found = (_place(one, wanted, f"{place}.{number}") for number, one in enumerate(part.parts))
    return next(filter(None, found), "")


# --- what goes over -------------------------------------------------------------------------------


def _head(story: Story, error: str) -> dict[str, Any]:
    page = draw(story, NARROW)
    return {
        "error": error,
        "alt": sentence(story),
        "text": twin(story),
        "svg": page.body,
        "defs": DEFS[DEFS.index("<defs>") :],  # the colours of the dark theme come with the style sheet
        "width": page.width,
        "height": page.height,
        "spots": [_spot(*one, place) for place, one in zip(page.places, _messages(story), strict=True)],
    }


def _spot(turn: Turn, message: Message, place: Place) -> dict[str, Any]:
    """Where a message and its fields stand in the picture, and in the tree."""
    fields = [
        {"place": _written(turn, chip.path), "box": list(spot), "name": f"{chip.name} {chip.value}".strip()}
        for chip, spot in place.fields
    ]
    return {"places": _places(turn, message), "box": list(place.box), "name": message.name, "fields": fields}


def _flight(number: int, flight: Flight) -> dict[str, Any]:
    """A flight: what it is, its bytes, and its parts.  `opened` has two dots for a byte that nobody here can read."""
    return {
        "label": f"Flight {number + 1}",
        "value": f"{flight.sender} → {flight.receiver}: {flight.name}",
        "means": f"What the {flight.sender} sends before it has to wait for the {flight.receiver}.",
        "data": flight.data.hex(),
        "opened": "".join(_opened(flight)),
        "start": 0,
        "end": len(flight.data),
        "parts": [_part(part) for part in flight.parts],
    }


def _opened(flight: Flight) -> list[str]:
    """Each byte of a flight in clear, in hex; ".." where nobody here has the key."""
    shown = [".."] * len(flight.data)

    def fill(part: Part) -> None:
        clear = part.opened or (b"" if part.secret else flight.data[part.start : part.end])
        shown[part.start : part.start + len(clear)] = [f"{byte:02x}" for byte in clear]
        for one in part.parts:
            fill(one)

    for record in flight.parts:
        fill(record)
    return shown


def _part(part: Part) -> dict[str, Any]:
    """A part: as plain data; what is empty is left out."""
    told = {
        "value": part.value,
        "means": part.explanation,
        "source": part.source,
        "link": _link(part.source),
        "error": part.error,
        "secret": part.secret,
        "parts": [_part(one) for one in part.parts],
    }
    return {"label": part.label, "start": part.start, "end": part.end, **{k: v for k, v in told.items() if v}}


def _link(source: str) -> str:
    """Where a source can be read, or ""."""
    found = _RFC.match(source)
    if not found:
        return ""
    number, kind, place = found.groups()
    return f"https://www.rfc-editor.org/rfc/rfc{number}.html" + (f"#{kind}-{place}" if kind else "")

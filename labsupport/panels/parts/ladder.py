"""The live ladder: the picture of what happens, while it happens.

Python lays out and draws; the browser scrolls, steps and highlights.  What goes over is

- `head`: how high the whole is, where its pages (some rows each) begin, the names above the lifelines, the legend;
- `pages`: some of the pages, each with its SVG and the *spots* on it that can be pointed at.

A new layout comes with its first and its last page, so that it shows also while the kernel is busy with a cell and
cannot answer; any other page is asked for when somebody scrolls to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

from labsupport.pictures import Picture
from labsupport.pictures.alt import sentence
from labsupport.pictures.ladder.layout import Layout, lay_out
from labsupport.pictures.legend import below
from labsupport.pictures.svg import DEFS, fragment, heads
from labsupport.pictures.text import twin
from labsupport.tape.events import Call, Endpoint
from labsupport.tape.exchange import Connection
from labsupport.tape.selection import belonging

from .spots import Steps, spots
from .theme import theme
from .ticker import Ticker

__all__ = ["ROWS", "LiveLadder"]

#: Rows on a page.
ROWS: Final = 40
#: A ladder of more events than these is no longer told in a sentence.
LONG: Final = 400
_HERE: Final = Path(__file__).parent


class LiveLadder(anywidget.AnyWidget):
    """A ladder that grows.

    `now` gives the picture as it stands; as long as `grows` says so it is looked at again, 20 times a second at most.
    Where `ticks` is false, somebody else calls `refresh()`.
    - `paused`: show nothing newer; `follow`: the number of the one connection to show, or "" for all.
    - `narrow`: drawn for 400 pixels; `step`: the place of the event that is looked at, -1 for none.
    """

    _esm = _HERE / "ladder.js"
    _css = (_HERE / "ladder.css").read_text("utf-8") + theme("loopback-ladder")

    head = traitlets.Dict().tag(sync=True)
    pages = traitlets.Dict().tag(sync=True)
    paused = traitlets.Bool(False).tag(sync=True)
    follow = traitlets.Unicode("").tag(sync=True)
    narrow = traitlets.Bool(False).tag(sync=True)
    step = traitlets.Int(-1).tag(sync=True)

    def __init__(self, now: Callable[[], Picture], grows: Callable[[], bool] = bool, *, ticks: bool = True) -> None:
        self._now = now
        self._grows = grows
        self._lock = threading.RLock()
        self._seen: Any = None
        self._version = 0
        self._picture = Picture([])
        self._layout: Layout
        self._steps: Steps
        super().__init__()
        self.refresh()
        self.observe(lambda _: self.refresh(), ["follow", "narrow", "paused"])
        self.on_msg(self._asked)
        self._ticker = Ticker(self._look)
        if ticks and grows():
            self._ticker.start()

    # --- looking at the tape ---

    def _look(self) -> bool:
        goes_on = self._grows()  # before the refresh, so that the last one comes after the end
        self.refresh()
        return goes_on

    def refresh(self) -> bool:
        """Lay out what there is now, and send it, if it is not what was sent before; True when it was sent."""
        with self._lock:
            if self.paused and self._version:
                return False
            picture = self._now()
            seen = (*_fingerprint(picture), self.follow, self.narrow, self._grows())
            if seen == self._seen:
                return False
            self._seen = seen
            self._show(picture)
            return True

    def _show(self, picture: Picture) -> None:
        connections = _chosen(picture)
        self._picture = self._followed(picture, connections)
        self._layout = lay_out(self._picture, self.narrow)
        self._steps = Steps(self._layout)
        self._version += 1
        count = len(self._starts())
        with self.hold_sync():
            self.head = self._head(connections)
            self.pages = {"version": self._version, **self._drawn({0, count - 2, count - 1})}

    def _followed(self, picture: Picture, connections: dict[str, Connection]) -> Picture:
        one = connections.get(self.follow)
        if one is None:
            return picture
        ends: set[Endpoint] = {end for end in (one.client, one.server) if end is not None}
        return Picture(belonging(picture.events, ends), picture.dropped)

    # --- what is sent ---

    def _starts(self) -> range:
        """The first row of each page."""
        return range(0, max(1, len(self._layout.rows)), ROWS)

    def _head(self, connections: dict[str, Connection]) -> dict[str, Any]:
        layout = self._layout
        foot, height = below(layout, 0)
        return {
            "version": self._version,
            "width": layout.width,
            "top": layout.top,
            "height": layout.height,
            "starts": [layout.rows[row].top if row else layout.top - 8 for row in self._starts() if layout.rows],
            "steps": len(self._steps),
            "heads": heads(layout),
            "defs": DEFS[DEFS.index("<defs>") :],  # the colours of the dark theme come with the style sheet
            "foot": foot,
            "foot_height": height,
            "alt": self._alt(),
            "dropped": self._picture.dropped,
            "growing": self._grows(),
            "connections": [[number, _title(number, one)] for number, one in connections.items()],
        }

    def _alt(self) -> str:
        # Of a long story nobody listens to more than that there is one: its text is a click away.
        if len(self._steps) > LONG:
            return f"A ladder of {len(self._steps):,} events; its text is below."
        return sentence(self._layout.story)

    def _drawn(self, wanted: set[int]) -> dict[str, Any]:
        starts = self._starts()
        return {
            str(page): {
                "svg": fragment(self._layout, starts[page], starts[page] + ROWS),
                "spots": spots(self._layout, self._steps, starts[page], starts[page] + ROWS),
            }
            for page in sorted(wanted)
            if 0 <= page < len(starts)
        }

    # --- what the browser asks for ---

    def _asked(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """A message from the browser: {"want": "pages" | "step" | "text", ...}.  What makes no sense gets no answer."""
        answers = {"pages": self._answer_pages, "step": self._answer_step, "text": self._answer_text}
        answer = answers.get(str(content.get("want"))) if isinstance(content, dict) else None
        if answer is not None:
            with self._lock:
                self.send({"got": content["want"], "version": self._version, **answer(content)})

    def _answer_pages(self, content: dict[str, Any]) -> dict[str, Any]:
        wanted = {page for page in content.get("pages", ())[:8] if isinstance(page, int)}
        return {"pages": self._drawn(wanted)}

    def _answer_step(self, content: dict[str, Any]) -> dict[str, Any]:
        index = content.get("step")
        if not isinstance(index, int) or not 0 <= index < len(self._steps):
            return {"step": -1}
        return {"step": index, **self._steps.told(index)}

    def _answer_text(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"text": twin(self._layout.story)}

    def close(self) -> None:
        """Take it off the page, and look no more."""
        self._ticker.stop()
        super().close()

    def __repr__(self) -> str:
        return "<the live ladder: run this cell to see it grow>"


def _fingerprint(picture: Picture) -> tuple[Any, ...]:
    """What differs when the picture does: how many events there are, how many have ended, and the names."""
    events = picture.events
    ended = sum(1 for event in events if getattr(event, "done", 1) is not None)
    names = {event.endpoint.label for event in events if isinstance(event, Call)}
    return len(events), ended, events[-1].order if events else 0, frozenset(names), picture.dropped


def _chosen(picture: Picture) -> dict[str, Connection]:
    return {str(one.number): one for one in picture.exchange.connections}


def _title(number: str, one: Connection) -> str:
    names = [end.role if end is not None else "outside" for end in (one.client, one.server)]
    if one.server is None and one.listener is not None:
        names[1] = "not accepted yet"
    return f"{number}: {names[0]} → {names[1]}"

"""`protocols`: the same numbered messages by TCP and by UDP, through links with the same faults."""

from __future__ import annotations

import threading
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.pictures import Picture

from .arrivals import ARRIVALS_STYLE, arrivals, summary, table
from .cells import replace_earlier
from .choices import Choices
from .crossing import GAP, MOST, SIZE, STALL, Crossing, Protocol, Way
from .ladder import LiveLadder
from .slider import Slider
from .ticker import Ticker
from .words import STYLE, status

__all__ = ["ProtocolsPanel", "protocols"]

_LOOK: Final = 0.1  # seconds between two looks at what has arrived
_BOTH: Final[tuple[Protocol, Protocol]] = ("TCP", "UDP")
_WELCOME: Final = "Nothing has been sent yet. Choose what the link does, and press Send."
_NOTE: Final = (
    f"One message of {SIZE:,} bytes every {GAP * 1000:.0f} ms, by both at once. Where the link loses a datagram, "
    f"the TCP connection waits {STALL:g} s, as if a segment had been lost and sent again: this is simulated. Doubling "
    "and reordering do nothing to the TCP column: the kernel drops second copies and sorts, before the program reads."
)


class ProtocolsPanel(ipywidgets.VBox):
    """Sliders for the link, what arrived by each protocol, and the ladder of one of the two.

    - `count`: of the messages; `loss`, `doubling`, `reordering`: probabilities; `latency`: in milliseconds.
    - `seed`: of the link's dice: the same seed and the same sliders lose the same messages.
    - `shown`: whose ladder is drawn, "TCP" or "UDP".
    - `busy`: something is on its way; `said`: the status line, and `arrived`: the table, both as HTML.
    """

    count = traitlets.Int(10, min=1, max=MOST)
    loss = traitlets.Float(0.2, min=0, max=0.5)
    doubling = traitlets.Float(0, min=0, max=0.5)
    reordering = traitlets.Float(0, min=0, max=0.5)
    latency = traitlets.Float(20, min=0, max=300)
    seed = traitlets.Int(0, min=0, max=99)
    shown = traitlets.Enum(_BOTH, "UDP")
    busy = traitlets.Bool(False)
    said = traitlets.Unicode(_WELCOME)
    arrived = traitlets.Unicode("")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._crossings: dict[str, Crossing] = {}
        self._closed = False
        self._ticker = Ticker(self._look, _LOOK)
        self.ladder = LiveLadder(self._story, lambda: self.busy, ticks=False)
        self._make_controls()
        super().__init__(self._parts())
        self.add_class("loopback-panel")
        self.add_class("loopback-protocols")
        self._wire()

    # --- the page ---

    def _make_controls(self) -> None:
        self.sliders = {
            "count": Slider("Messages:", self.count, least=1, most=MOST),
            "loss": Slider("Loss:", self.loss, most=0.5, step=0.05),
            "doubling": Slider("Doubling:", self.doubling, most=0.5, step=0.05),
            "reordering": Slider("Reordering:", self.reordering, most=0.5, step=0.05),
            "latency": Slider("Latency:", self.latency, most=300, step=10, unit="ms"),
            "seed": Slider("Seed of the dice:", self.seed, most=99),
        }
        self._button = ipywidgets.Button(description="Send", button_style="primary")
        self._shown = Choices(_BOTH, "The ladder shows:")
        self._status, self._table = ipywidgets.HTML(), ipywidgets.HTML()

    def _parts(self) -> list[Any]:
        title = "The same messages by TCP and by UDP"
        head = ipywidgets.HTML(f'{STYLE}{ARRIVALS_STYLE}<p class="loopback-question">{title}</p><p>{_NOTE}</p>')
        across = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 20px"}
        rows = [ipywidgets.HBox(group, layout=across) for group in (list(self.sliders.values()), [self._button])]
        return [head, *rows, self._status, self._table, self._shown, self.ladder]

    def _wire(self) -> None:
        for trait, slider in self.sliders.items():
            whole = isinstance(getattr(self, trait), int)
            traitlets.link((self, trait), (slider, "value"), transform=(float, int if whole else float))
        self._button.on_click(lambda _: self.send())
        traitlets.link((self, "shown"), (self._shown, "value"))
        self.observe(lambda _: self.ladder.refresh(), "shown")
        self._show()

    # --- what can be done ---

    @property
    def way(self) -> Way:
        """What the sliders say."""
        return Way(self.count, self.loss, self.doubling, self.reordering, self.latency / 1000, self.seed)

    def send(self) -> bool:
        """Send the messages by both protocols, each through a link of its own; False while some are on their way."""
        with self._lock:
            if self.busy or self._closed:
                return False
            self._crossings = {protocol: Crossing(protocol, self.way) for protocol in _BOTH}
            for crossing in self._crossings.values():
                crossing.start()
            self.busy = True
            self._show()
            self._ticker.start()
        return True

    # --- what is shown; called from the ticker's thread too ---

    def _look(self) -> bool:
        with self._lock:
            running = any(crossing.running for crossing in self._crossings.values())
            if not running:
                self.busy = False
            self._show()
            self.ladder.refresh()
            return running

    def _show(self) -> None:
        with self._lock:
            self._button.disabled = self.busy
            self._button.tooltip = "they are on their way" if self.busy else ""
            found = [arrivals(crossing) for crossing in self._crossings.values()]
            self._write("arrived", self._table, table(found, self._settings()) if found else "")
            troubles = {one.trouble for one in self._crossings.values() if one.trouble}
            said = [summary(one) for one in found]
            self._write("said", self._status, self._sentences(said, sorted(troubles)))

    def _sentences(self, said: list[str], troubles: list[str]) -> str:
        if not said:
            return status(_WELCOME)
        if self.busy:
            return status("On their way.")
        why = f"Not all could be tried on this machine: {', '.join(troubles)}." if troubles else ""
        return status(*said, why)

    def _settings(self) -> str:
        way = next(iter(self._crossings.values())).way
        faults = f"loss {way.loss:g}, doubling {way.doubling:g}, reordering {way.reordering:g}"
        return f"{way.count} messages, {faults}, latency {way.latency * 1000:g} ms, seed {way.seed}"

    def _write(self, trait: str, widget: Any, value: str) -> None:
        if widget.value != value:
            widget.value = value
        setattr(self, trait, value)

    def _story(self) -> Picture:
        crossing = self._crossings.get(self.shown)
        return Picture(crossing.events() if crossing is not None else [])

    def close(self) -> None:
        """End what is on its way, and take the panel off the page."""
        with self._lock:
            self._closed = True
        for crossing in self._crossings.values():
            crossing.stop()
        self._ticker.stop()
        self.ladder.close()
        super().close()

    def __repr__(self) -> str:
        return "<numbered messages by TCP and by UDP: run this cell to send them yourself>"


def protocols() -> ProtocolsPanel:
    """Numbered messages by TCP and by UDP, through links whose faults you choose: what arrives of each, and when.

    One message every 10 ms, of 1,024 bytes, 30 at most.  UDP's link loses, doubles and reorders; TCP's stalls where
    the other loses (simulated).  Running the cell again closes it.
    """
    panel = ProtocolsPanel()
    replace_earlier(panel)
    return panel

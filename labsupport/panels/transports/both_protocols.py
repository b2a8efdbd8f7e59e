"""`protocols`: the same numbered messages by TCP and by UDP, through links with the same faults."""

from __future__ import annotations

from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.panels.parts.bench import Bench, across
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.choices import Choices
from labsupport.panels.parts.slider import Slider
from labsupport.panels.parts.words import status

from .arrivals import ARRIVALS_STYLE, arrivals, summary, table
from .crossing import GAP, MOST, SIZE, STALL, Crossing, Protocol, Way

__all__ = ["ProtocolsPanel", "protocols"]

_BOTH: Final[tuple[Protocol, Protocol]] = ("TCP", "UDP")
_WELCOME: Final = "Nothing has been sent yet. Choose what the link does, and press Send."
_NOTE: Final = (
    f"One message of {SIZE:,} bytes every {GAP * 1000:.0f} ms, by both at once. Where the link loses a datagram, "
    f"the TCP connection waits {STALL:g} s, as if a segment had been lost and sent again: this is simulated. Doubling "
    "and reordering do nothing to the TCP column: the kernel drops second copies and sorts, before the program reads."
)


class ProtocolsPanel(Bench[Crossing]):
    """Sliders for the link, what arrived by each protocol, and the ladder of one of the two.

    - `count`: of the messages; `loss`, `doubling`, `reordering`: probabilities; `latency`: in milliseconds.
    - `seed`: of the link's dice: the same seed and the same sliders lose the same messages.
    - `shown`: whose ladder is drawn, "TCP" or "UDP".
    - `arrived`: the table, as HTML.
    """

    count = traitlets.Int(10, min=1, max=MOST)
    loss = traitlets.Float(0.2, min=0, max=0.5)
    doubling = traitlets.Float(0, min=0, max=0.5)
    reordering = traitlets.Float(0, min=0, max=0.5)
    latency = traitlets.Float(20, min=0, max=300)
    seed = traitlets.Int(0, min=0, max=99)
    shown = traitlets.Enum(_BOTH, "UDP")
    arrived = traitlets.Unicode("")

    kind = "protocols"
    styles = ARRIVALS_STYLE

    # --- the page ---

    def make_controls(self) -> None:
        """Make the widgets."""
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
        self._table = ipywidgets.HTML()

    def parts(self) -> list[Any]:
        """The title, the controls, and what arrived."""
        title = self.titled("The same messages by TCP and by UDP", f"<p>{_NOTE}</p>")
        return [title, across(*self.sliders.values()), across(self._button), self.status, self._table, self._shown]

    def wire(self) -> None:
        """Tie widgets and traits together."""
        for trait, slider in self.sliders.items():
            whole = isinstance(getattr(self, trait), int)
            traitlets.link((self, trait), (slider, "value"), transform=(float, int if whole else float))
        self._button.on_click(lambda _: self.send())
        traitlets.link((self, "shown"), (self._shown, "value"))
        self.observe(lambda _: self.ladder.refresh(), "shown")

    # --- what can be done ---

    @property
    def way(self) -> Way:
        """What the sliders say."""
        return Way(self.count, self.loss, self.doubling, self.reordering, self.latency / 1000, self.seed)

    def send(self) -> bool:
        """Send the messages by both protocols, each through a link of its own; False while some are on their way."""
        with self.lock:
            if not self.free:
                return False
            self.conduct({protocol: Crossing(protocol, self.way) for protocol in _BOTH})
        return True

    # --- what is shown ---

    def show(self) -> None:
        """Write what has arrived so far."""
        self._button.disabled = self.busy
        self._button.tooltip = "they are on their way" if self.busy else ""
        found = [arrivals(crossing) for crossing in self.experiments.values()]
        self.write("arrived", self._table, table(found, self._settings()) if found else "")
        troubles = {one.trouble for one in self.experiments.values() if one.trouble}
        said = [summary(one) for one in found]
        self.write("said", self.status, self._sentences(said, sorted(troubles)))

    def _sentences(self, said: list[str], troubles: list[str]) -> str:
        if not said:
            return status(_WELCOME)
        if self.busy:
            return status("On their way.")
        why = f"Not all could be tried on this machine: {', '.join(troubles)}." if troubles else ""
        return status(*said, why)

    def _settings(self) -> str:
        way = next(iter(self.experiments.values())).way
        faults = f"loss {way.loss:g}, doubling {way.doubling:g}, reordering {way.reordering:g}"
        return f"{way.count} messages, {faults}, latency {way.latency * 1000:g} ms, seed {way.seed}"

    def chosen(self) -> Crossing | None:
        """The crossing by the protocol that is chosen."""
        return self.experiments.get(self.shown)

    def __repr__(self) -> str:
        return "<numbered messages by TCP and by UDP: run this cell to send them yourself>"


def protocols() -> ProtocolsPanel:
    """Numbered messages by TCP and by UDP, through links whose faults you choose: what arrives of each, and when.

    One message every 10 ms, of 1,024 bytes, 30 at most.  UDP's link loses, doubles and reorders; TCP's stalls where
    the other loses (simulated).  Running the cell again closes it.
    """
    return replace_earlier(ProtocolsPanel())

"""`crowd`: many clients and some slow ones come to each design of one service; who waits, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport import services
from labsupport.panels.parts.bench import Bench, across
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.menu import Menu
from labsupport.panels.parts.sharing import MOST, most
from labsupport.panels.parts.slider import Slider
from labsupport.panels.parts.strips import STRIP_STYLE, progress
from labsupport.panels.parts.words import status
from labsupport.pictures import Picture
from labsupport.tape.events import Event

from .crowd_table import cost, sentence, summary, table
from .crowding import PATIENCE, Came, Crowding
from .visitors import GAP, QUESTIONS, SLOWNESS

__all__ = ["CrowdPanel", "crowd"]

#: Slow clients at most: more than a pool has threads.
_SLOW: Final = 20

_WELCOME: Final = "Who will have to wait, and with which designs? Choose how many come, and press Run."
_NOTE: Final = (
    f"Each client asks {QUESTIONS} questions, {GAP * 1000:g} ms from an answer to the next question, and goes. A slow "
    f"client comes before them, sends half a question, and its other half {SLOWNESS:g} s later. Each design runs in a "
    f"process of its own, and is left after {PATIENCE:g} s at the most."
)


class CrowdPanel(Bench[Crowding]):
    """How many clients and slow ones come to which design; how long the others waited, and the ladder of two of them.

    - `clients`: how many come, `slow`: how many slow ones come before them; `design`: one of `services.ALL`.
    - `found`: the table, `going`: how far it has come, both as HTML.
    """

    clients = traitlets.Int(20, min=1, max=MOST - _SLOW)
    slow = traitlets.Int(1, min=0, max=_SLOW)
    design = traitlets.Enum(tuple(services.ALL), next(iter(services.ALL)))
    found = traitlets.Unicode("")
    going = traitlets.Unicode("")

    kind = "crowd"
    styles = STRIP_STYLE

    def __init__(self) -> None:
        self._asked = (0, 0)  # how many came, and how many slow ones, to all that is shown
        self._came: dict[str, Came] = {}
        self._drawn: dict[str, list[Event]] = {}
        super().__init__()

    # --- the page ---

    def make_controls(self) -> None:
        """Make the widgets."""
        self._clients = Slider("Clients:", self.clients, least=1, most=most() - _SLOW)
        self._slow = Slider("Slow ones before them:", self.slow, most=_SLOW)
        self._design = Menu(services.ALL, "The design:")
        self._run = ipywidgets.Button(description="Run", button_style="primary")
        self._all = ipywidgets.Button(description="Run all designs")
        self._stop = ipywidgets.Button(description="Stop")
        self._found, self._going, self._cost = (ipywidgets.HTML() for _ in range(3))

    def parts(self) -> list[Any]:
        """The title, the controls, and what came."""
        title = self.titled("One service, many clients", f"<p>{_NOTE}</p>")
        rows = [across(self._clients, self._slow, self._design), across(self._run, self._all, self._stop, self._going)]
        return [title, *rows, self.status, self._found, self._cost]

    def wire(self) -> None:
        """Tie widgets and traits together."""
        for trait, slider in (("clients", self._clients), ("slow", self._slow)):
            traitlets.link((self, trait), (slider, "value"), transform=(float, int))
        traitlets.link((self._design, "value"), (self, "design"))
        self._run.on_click(lambda _: self.run())
        self._all.on_click(lambda _: self.run_all())
        self._stop.on_click(lambda _: self.stop())
        self.observe(lambda _: self.refresh(), "design")

    @traitlets.validate("clients")
    def _not_too_many(self, proposal: Any) -> int:
        return min(int(proposal["value"]), most() - _SLOW)

    # --- what can be done ---

    def run(self) -> bool:
        """Let the clients come to the design that is chosen; False while some are under way."""
        return self._come([self.design])

    def run_all(self) -> bool:
        """Let them come to every design, one after the other; False while some are under way."""
        return self._come(services.ALL)

    def _come(self, designs: Iterable[str]) -> bool:
        with self.lock:
            if not self.free:
                return False
            if self._asked != (self.clients, self.slow):
                self._asked = (self.clients, self.slow)
                self._came.clear()  # rows of another crowd are not to be compared with these
            self.conduct({"crowd": Crowding(designs, *self._asked)})
        return True

    # --- what is shown ---

    def show(self) -> None:
        """Write what came so far."""
        made = self.chosen()
        if made is not None:
            self._came |= dict(made.came)
            self._drawn |= dict(made.drawn)
        for control in (self._clients, self._slow, self._run, self._all):
            control.disabled = self.busy
        self._stop.disabled = not self.busy
        self.write("going", self._going, _bar(made) if made is not None and self.busy else "")
        self.write("found", self._found, table(self._came, self.design, *self._asked))
        self._cost.value = f"<p>{escape(self.design)}: {cost(self.design)}</p>" if self.design in self._came else ""
        self.write("said", self.status, status(*map(escape, self._sentences(made))))

    def _sentences(self, made: Crowding | None) -> list[str]:
        if made is None:
            return [_WELCOME]
        if self.busy:
            return ["They come. Stop sends them away."]
        ended = {name: came for name, came in made.came.items() if came.over}
        said = [summary(ended)] if len(ended) > 1 else []
        shown = self.design if self.design in self._came else next(iter(ended), None)  # another was chosen meanwhile
        said += [sentence(shown, self._came[shown])] if shown is not None else []
        early = ["It was stopped early."] if made.stopped.is_set() else []
        return [*said, *early, *([f"It could not be done to its end: {made.trouble}"] if made.trouble else [])]

    def chosen(self) -> Crowding | None:
        """The last crowd."""
        return self.experiments.get("crowd")

    def story(self) -> Picture:
        """One slow client and one other, with the design that is chosen."""
        return Picture(self._drawn.get(self.design, []))

    def __repr__(self) -> str:
        return "<one service, many clients: run this cell to let them come>"


def _bar(made: Crowding) -> str:
    done = sum(came.over for came in list(made.came.values()))
    return progress(done, len(made.designs), f"{done} of {len(made.designs)} designs; now: {escape(made.now or '…')}")


def crowd() -> CrowdPanel:
    """Choose how many clients come to a service, and how many slow ones before them: how long do the others wait?

    For each of six designs: how long each client waited, how many had to, how many threads and how much memory the
    service took, and the ladder of one slow client and one other.  The services run in processes of their own, inside
    this machine; all six take some ten seconds, and can be stopped.  Running the cell again closes it.
    """
    return replace_earlier(CrowdPanel())

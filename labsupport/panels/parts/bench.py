"""What all panels share: a page with a live ladder, looked at again and again; and what drives experiments.

A new panel is a `Bench` that says what stands on the page (`make_controls`, `parts`, `wire`), begins experiments when a
button is pressed (`conduct`), and writes what came of them (`show`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Generic, TypeVar

import ipywidgets
import traitlets

from labsupport.pictures import Picture

from .experiment import Experiment
from .ladder import LiveLadder
from .ticker import Ticker
from .words import STYLE

__all__ = ["WIDE", "Bench", "Panel", "across"]

_LOOK: Final = 0.1  # seconds between two looks at what happens
#: The style of a control whose description takes as much room as it needs.
WIDE: Final = {"description_width": "initial"}


def across(*controls: Any) -> ipywidgets.HBox:
    """Controls beside each other, in as many lines as the page's width asks for."""
    return ipywidgets.HBox(controls, layout={"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 20px"})


class Panel(ipywidgets.VBox):
    """A page whose last part is a live ladder.

    `kind`: its class in style sheets; `styles`: a sheet of its own; `said`: what the status line says, as HTML.
    Its repr is what a notebook stores, the same on every run.  Other threads write too: they hold `lock`.
    """

    kind: ClassVar[str]
    styles: ClassVar[str] = ""

    said = traitlets.Unicode("")

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.status = ipywidgets.HTML()
        self.ladder = LiveLadder(self.story, lambda: self.growing, ticks=False)
        self._ticker = Ticker(self.look, _LOOK)
        self.make_controls()
        super().__init__([*self.parts(), self.ladder])
        self.add_class("loopback-panel")
        self.add_class(f"loopback-{self.kind}")
        self.wire()

    # --- what each panel says for itself ---

    def make_controls(self) -> None:
        """Make the widgets."""
        raise NotImplementedError

    def parts(self) -> list[Any]:
        """The widgets in the order of the page, above the ladder."""
        raise NotImplementedError

    def wire(self) -> None:
        """Tie widgets and traits together."""
        raise NotImplementedError

    def look(self) -> bool:
        """Show what there is now, from the ticker's thread; False when nothing more will change."""
        raise NotImplementedError

    def story(self) -> Picture:
        """What the ladder shows."""
        raise NotImplementedError

    @property
    def growing(self) -> bool:
        """Whether the ladder may still change."""
        raise NotImplementedError

    def end(self) -> None:
        """End what is going on."""
        raise NotImplementedError

    # --- what all panels do ---

    def titled(self, title: str, *more: str) -> ipywidgets.HTML:
        """The head of the page: the title, and `more` HTML below it."""
        return ipywidgets.HTML(f'{STYLE}{self.styles}<p class="loopback-question">{title}</p>{"".join(more)}')

    def write(self, trait: str, widget: Any, value: str) -> None:
        """Show this HTML, if it is not what is shown, and keep it in the trait."""
        if widget.value != value:
            widget.value = value
        setattr(self, trait, value)

    def close(self) -> None:
        """End what is going on, and take the panel off the page."""
        self.end()
        self._ticker.stop()
        self.ladder.close()
        super().close()


Conducted = TypeVar("Conducted", bound=Experiment)


class Bench(Panel, Generic[Conducted]):
    """A panel that conducts experiments, some at the same time, and shows what came of them.

    `experiments`: the last ones, by name; `busy`: they are under way.
    """

    busy = traitlets.Bool(False)

    def __init__(self) -> None:
        self.experiments: dict[str, Conducted] = {}
        self._closed = False
        super().__init__()
        self.show()

    def show(self) -> None:
        """Write what came of the experiments so far; called with the lock held, and from the ticker's thread too."""
        raise NotImplementedError

    def chosen(self) -> Conducted | None:
        """The experiment whose ladder is shown."""
        raise NotImplementedError

    def conduct(self, experiments: Mapping[str, Conducted]) -> None:
        """Begin these; with the lock held, and when the panel is `free`."""
        self.experiments = dict(experiments)
        for experiment in self.experiments.values():
            experiment.start()
        self.busy = True
        self.show()
        self._ticker.start()

    def stop(self) -> bool:
        """End what is under way, and keep what came so far; False when nothing is."""
        if not self.busy:
            return False
        for experiment in self.experiments.values():
            experiment.stop()
        return True

    @property
    def free(self) -> bool:
        """Whether experiments can begin now."""
        return not self.busy and not self._closed

    def refresh(self) -> None:
        """Show what there is now."""
        with self.lock:
            self.show()
        self.ladder.refresh()

    def look(self) -> bool:
        """Show what came so far; False when the experiments have ended."""
        with self.lock:
            running = any(experiment.running for experiment in self.experiments.values())
            if not running:
                self.busy = False
            self.refresh()
            return running

    def story(self) -> Picture:
        """What the chosen experiment has left on the tape."""
        one = self.chosen()
        return Picture(one.events() if one is not None else [])

    @property
    def growing(self) -> bool:
        """Whether experiments are under way."""
        return self.busy

    def end(self) -> None:
        """End what is under way, and let nothing begin."""
        with self.lock:
            self._closed = True
        for experiment in self.experiments.values():
            experiment.stop()

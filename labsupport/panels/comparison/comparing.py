"""`two_connections`: two connections alike but for one option, their latency and throughput, live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.panels.parts.bench import Bench, across
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.choices import Choices
from labsupport.panels.parts.menu import Menu
from labsupport.panels.parts.strips import STRIP_STYLE, progress
from labsupport.panels.parts.words import rich, status
from labsupport.pictures import Picture

from .alike_cards import about, figures, sentences
from .changes import CHANGES, Change, missing
from .side_by_side import SideBySide
from .traffic import TRAFFIC

__all__ = ["TwoConnections", "two_connections"]

_OTHER: Final = "the one with the option"
_SHOWN: Final = {"the default connection": 0, _OTHER: 1}
_WELCOME: Final = "Choose an option, its value and the traffic. What will differ, and how much? Then press Run."
_RUNS: Final = "It runs: first what the ladder shows, then the trials. Stop ends it."


class TwoConnections(Bench[SideBySide]):
    """An option, its value and the traffic; then the figures of both connections, the verdict, and the ladder of one.

    - `option`: one of `CHANGES`; `value`: one of its values, as the menu calls it; `traffic`: one of `TRAFFIC`.
    - `shown`: whose ladder is drawn, "the default connection" or "the one with the option".
    - `found`: the figures, `going`: how far it has come, both as HTML.
    """

    option = traitlets.Enum(tuple(CHANGES), next(iter(CHANGES)))
    value = traitlets.Unicode(next(iter(next(iter(CHANGES.values())))))
    traffic = traitlets.Enum(tuple(TRAFFIC), next(iter(TRAFFIC)))
    shown = traitlets.Enum(tuple(_SHOWN), _OTHER)
    found = traitlets.Unicode("")
    going = traitlets.Unicode("")

    kind = "comparing"
    styles = STRIP_STYLE

    def __init__(self) -> None:
        self._missing = {option: missing(option) for option in CHANGES}
        super().__init__()

    # --- the page ---

    def make_controls(self) -> None:
        """Make the widgets."""
        self._option = Menu(CHANGES, "The option that differs:")
        self._value = Menu(CHANGES[self.option], "Its value:")
        self._traffic = Menu(TRAFFIC, "The traffic:")
        self._run = ipywidgets.Button(description="Run", button_style="primary")
        self._stop = ipywidgets.Button(description="Stop")
        self._shown = Choices(_SHOWN, "The ladder shows:")
        self._about, self._found, self._going = (ipywidgets.HTML() for _ in range(3))

    def parts(self) -> list[Any]:
        """The title, the controls, and what came."""
        title = self.titled("Two connections, alike but for one option")
        rows = [
            across(self._option, self._value, self._traffic),
            self._about,
            across(self._run, self._stop, self._going),
        ]
        return [title, *rows, self.status, self._found, self._shown]

    def wire(self) -> None:
        """Tie widgets and traits together."""
        traitlets.link((self._option, "value"), (self, "option"))
        traitlets.link((self._value, "value"), (self, "value"))
        traitlets.link((self._traffic, "value"), (self, "traffic"))
        traitlets.link((self, "shown"), (self._shown, "value"))
        self._run.on_click(lambda _: self.run())
        self._stop.on_click(lambda _: self.stop())
        self.observe(lambda _: self._value.offer(CHANGES[self.option]), "option")
        self.observe(lambda _: self.refresh(), ["option", "value", "traffic", "shown"])

    @traitlets.validate("value")
    def _one_of_its_values(self, proposal: Any) -> Any:
        values = CHANGES[self.option]
        if proposal["value"] not in values:
            raise traitlets.TraitError(f"{proposal['value']!r} is no value of {self.option} here: {', '.join(values)}")
        return proposal["value"]

    @property
    def change(self) -> Change:
        """What is chosen."""
        return CHANGES[self.option].get(self.value) or next(iter(CHANGES[self.option].values()))

    # --- what can be done ---

    def run(self) -> bool:
        """Measure both connections; False when it is not possible now: it runs already, or the option is not there."""
        with self.lock:
            if self._missing[self.option] or not self.free:
                return False
            self.conduct({self.change.name: SideBySide(self.change, self.traffic)})
        return True

    # --- what is shown ---

    def show(self) -> None:
        """Write what the option is, and what came so far."""
        made = self.chosen()
        self._about.value = about(self.change, TRAFFIC[self.traffic])
        for control in (self._option, self._value, self._traffic):
            control.disabled = self.busy
        self._run.disabled = self.busy or bool(self._missing[self.option])
        self._run.tooltip = "it runs" if self.busy else self._missing[self.option]
        self._stop.disabled = not self.busy
        self.write("going", self._going, _bar(made) if made is not None and self.busy else "")
        self.write("found", self._found, figures(made) if made is not None else "")
        self.write("said", self.status, status(*self._sentences(made)))

    def _sentences(self, made: SideBySide | None) -> Iterable[str]:
        if self.busy:
            return [_RUNS]
        lacking = self._missing[self.option]
        said = sentences(made) if made is not None else [_WELCOME]
        return [f"It cannot be tried here. {rich(lacking)}", *(said if made is not None else [])] if lacking else said

    def chosen(self) -> SideBySide | None:
        """The last comparison."""
        return next(iter(self.experiments.values()), None)

    def story(self) -> Picture:
        """The exchanges of the connection that is chosen, as they were drawn before the trials."""
        made = self.chosen()
        return Picture(list(made.sides.values())[_SHOWN[self.shown]].drawn if made is not None else [])

    def __repr__(self) -> str:
        return "<two connections alike but for one option: run this cell to compare them yourself>"


def _bar(made: SideBySide) -> str:
    done, of = made.progress
    return progress(done, of or 1, f"{done} of {of} trials" if of else "the exchanges of the ladder")


def two_connections() -> TwoConnections:
    """Choose an option, its value and the traffic; see the latency and the throughput with it and without.

    Both connections are real ones inside this machine.  Their trials take turns, so that what else the machine does
    falls on both, and where it does too much, that is said.  It takes a few seconds, and can be stopped.  Running the
    cell again closes it.
    """
    return replace_earlier(TwoConnections())

"""`error_zoo`: what a server does wrong, and what it looks like from the client: guessed first, then seen."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.panels.parts.bench import Bench, across
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.choices import Choices
from labsupport.panels.parts.endings import ENDINGS, GUESSES
from labsupport.panels.parts.menu import Menu
from labsupport.panels.parts.slider import Slider
from labsupport.panels.parts.words import status

from .misdeeds import MISDEEDS
from .visit import Found, Visit
from .zoo_cards import ZOO_STYLE, approximately, came, card, met, program

__all__ = ["NO_IDEA", "ErrorZoo", "error_zoo"]

#: For whoever wants to see first.
NO_IDEA: Final = "I do not know yet"
_WELCOME: Final = "Choose what goes wrong and guess what the client will get. Then press Run."


class ErrorZoo(Bench[Visit]):
    """What goes wrong, the client's timeout and a guess; then what came of it, the advice, and the ladder.

    - `misdeed`: what goes wrong, a name of `MISDEEDS`; `timeout`: the client's, in seconds.
    - `guess`: one of `GUESSES` or `NO_IDEA`; None before, and again when another misdeed is chosen.
    - `found`: what came of the last visit, `met`: what has been met so far, both as HTML.
    """

    misdeed = traitlets.Enum(tuple(MISDEEDS), next(iter(MISDEEDS)))
    timeout = traitlets.Float(0.5, min=0.2, max=3)
    guess = traitlets.Unicode(None, allow_none=True)
    found = traitlets.Unicode("")
    met = traitlets.Unicode("")

    kind = "zoo"
    styles = ZOO_STYLE

    def __init__(self) -> None:
        self._visits: dict[str, Found] = {}
        self._guessed = ""  # before the last visit
        super().__init__()

    # --- the page ---

    def make_controls(self) -> None:
        """Make the widgets."""
        self._misdeed = Menu(MISDEEDS, "What goes wrong:")
        self._timeout = Slider("The client's timeout:", self.timeout, least=0.2, most=3, step=0.1, unit="seconds")
        self._guess = Choices((*GUESSES, NO_IDEA), "The client gets…")
        self._button = ipywidgets.Button(description="Run", button_style="primary")
        self._does, self._found, self._met, self._program = (ipywidgets.HTML() for _ in range(4))

    def parts(self) -> list[Any]:
        """The title, the controls, and what came."""
        row = across(self._misdeed, self._timeout)
        guess = [self._does, self._guess, across(self._button)]
        return [self.titled("The error zoo"), row, *guess, self.status, self._found, self._met, self._program]

    def wire(self) -> None:
        """Tie widgets and traits together."""
        traitlets.link((self._misdeed, "value"), (self, "misdeed"))
        traitlets.link((self, "timeout"), (self._timeout, "value"))
        traitlets.link((self, "guess"), (self._guess, "value"))
        self._button.on_click(lambda _: self.run())
        self.observe(self._another, "misdeed")
        self.observe(lambda _: self.refresh(), ["misdeed", "guess"])

    def _another(self, _: Any) -> None:
        """What was guessed, and what came, belongs to the one before."""
        with self.lock:
            self.guess = None
            if not self.busy:
                self.experiments.clear()

    # --- what can be done ---

    def run(self) -> bool:
        """Let the client meet it; False when it is not possible now: nothing was guessed, or a visit is under way."""
        with self.lock:
            if self.guess is None or not self.free:
                return False
            self._guessed = self.guess
            self.conduct({self.misdeed: Visit(MISDEEDS[self.misdeed], self.timeout)})
        return True

    # --- what is shown ---

    def show(self) -> None:
        """Write what came of the visit, if what is chosen is what it was about, and what was met so far."""
        visits = {} if self.busy else {name: visit.found for name, visit in self.experiments.items() if visit.found}
        self._visits |= visits
        found = visits.get(self.misdeed)
        self._does.value = f"<p>{escape(MISDEEDS[self.misdeed].does)}</p>"
        self._program.value = program(MISDEEDS[self.misdeed])
        self._button.disabled = self.busy or self.guess is None
        self._button.tooltip = "it runs" if self.busy else "guess first" if self.guess is None else ""
        self._guess.disabled = self._misdeed.disabled = self._timeout.disabled = self.busy
        self.write("found", self._found, card(found) if found is not None else "")
        self.write("met", self._met, met(self._visits))
        self.write("said", self.status, status(*self._sentences(found)))

    def _sentences(self, found: Found | None) -> tuple[str, ...]:
        if self.busy:
            return ("The client is on its way.",)
        if found is None:
            return (_WELCOME,)
        happens = f"What came: {came(found)}, after {approximately(found.took)}."
        if self._guessed == NO_IDEA:
            return (happens,)
        expected = (
            "As you expected. "
            if self._guessed == ENDINGS[found.ending].guess
            else f"You expected: {escape(self._guessed)}."
        )
        return expected, happens

    def chosen(self) -> Visit | None:
        """The last visit."""
        return next(iter(self.experiments.values()), None)

    def __repr__(self) -> str:
        return "<the error zoo: run this cell to visit it>"


def error_zoo() -> ErrorZoo:
    """Choose what a server does wrong and the client's timeout, guess what the client gets, and see it.

    The exception and its family, the errno, the call and how long it took, what is left of the connection, the advice
    and the ladder.  Everything happens on real sockets inside this machine, and takes a few seconds at most.  Running
    the cell again closes it.
    """
    return replace_earlier(ErrorZoo())

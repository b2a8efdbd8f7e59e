"""`error_zoo`: what a server does wrong, and what it looks like from the client: guessed first, then seen."""

from __future__ import annotations

import threading
from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.pictures import Picture

from .cells import replace_earlier
from .choices import Choices
from .endings import ENDINGS, GUESSES
from .ladder import LiveLadder
from .misdeeds import MISDEEDS
from .slider import Slider
from .ticker import Ticker
from .visit import Found, Visit
from .words import STYLE, status
from .zoo_cards import ZOO_STYLE, approximately, came, card, met, program

__all__ = ["NO_IDEA", "ErrorZoo", "error_zoo"]

_LOOK: Final = 0.1  # seconds between two looks at the visit
#: For whoever wants to see first.
NO_IDEA: Final = "I do not know yet"
_WELCOME: Final = "Choose what goes wrong and guess what the client will get. Then press Run."


class ErrorZoo(ipywidgets.VBox):
    """What goes wrong, the client's timeout and a guess; then what came of it, the advice, and the ladder.

    - `misdeed`: what goes wrong, a name of `MISDEEDS`; `timeout`: the client's, in seconds.
    - `guess`: one of `GUESSES` or `NO_IDEA`; None before, and again when another misdeed is chosen.
    - `busy`: a visit is under way; `said`: the status line, `found`: what came of the last visit, `met`: what has been
      met so far, all as HTML.
    """

    misdeed = traitlets.Enum(tuple(MISDEEDS), next(iter(MISDEEDS)))
    timeout = traitlets.Float(0.5, min=0.2, max=3)
    guess = traitlets.Unicode(None, allow_none=True)
    busy = traitlets.Bool(False)
    said = traitlets.Unicode(_WELCOME)
    found = traitlets.Unicode("")
    met = traitlets.Unicode("")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._visit: Visit | None = None
        self._visits: dict[str, Found] = {}
        self._asked = ("", "")  # the misdeed of the visit, and what was guessed
        self._closed = False
        self._ticker = Ticker(self._look, _LOOK)
        self.ladder = LiveLadder(self._story, lambda: self.busy, ticks=False)
        self._make_controls()
        super().__init__(self._parts())
        self.add_class("loopback-panel")
        self.add_class("loopback-zoo")
        self._wire()

    # --- the page ---

    def _make_controls(self) -> None:
        wide = {"description_width": "initial"}
        self._misdeed = ipywidgets.Dropdown(
            options=tuple(MISDEEDS), value=self.misdeed, description="What goes wrong:", style=wide,
            layout={"width": "auto"},
        )  # fmt: skip
        self._timeout = Slider("The client's timeout:", self.timeout, least=0.2, most=3, step=0.1, unit="seconds")
        self._guess = Choices((*GUESSES, NO_IDEA), "The client gets…")
        self._button = ipywidgets.Button(description="Run", button_style="primary")
        self._does, self._status, self._found, self._met, self._program = (ipywidgets.HTML() for _ in range(5))

    def _parts(self) -> list[Any]:
        title = ipywidgets.HTML(f'{STYLE}{ZOO_STYLE}<p class="loopback-question">The error zoo</p>')
        across = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 20px"}
        row = ipywidgets.HBox([self._misdeed, self._timeout], layout=across)
        button = ipywidgets.HBox([self._button], layout=across)
        shown = [self._status, self._found, self._met]
        return [title, row, self._does, self._guess, button, *shown, self._program, self.ladder]

    def _wire(self) -> None:
        traitlets.link((self._misdeed, "value"), (self, "misdeed"))
        traitlets.link((self, "timeout"), (self._timeout, "value"))
        traitlets.link((self, "guess"), (self._guess, "value"))
        self._button.on_click(lambda _: self.run())
        self.observe(self._another, "misdeed")
        self.observe(lambda _: self._show(), ["misdeed", "guess", "busy"])
        self._show()

    def _another(self, _: Any) -> None:
        """What was guessed, and what came, belongs to the one before."""
        with self._lock:
            self.guess = None
            if not self.busy:
                self._visit = None
        self.ladder.refresh()

    # --- what can be done ---

    def run(self) -> bool:
        """Let the client meet it; False when it is not possible now: nothing was guessed, or a visit is under way."""
        with self._lock:
            if self.busy or self.guess is None or self._closed:
                return False
            self._asked = (self.misdeed, self.guess)
            self._visit = Visit(MISDEEDS[self.misdeed], self.timeout)
            self._visit.start()
            self.busy = True
            self._ticker.start()
        return True

    # --- what is shown; called from the ticker's thread too ---

    def _look(self) -> bool:
        with self._lock:
            visit = self._visit
            running = visit is not None and visit.running
            if not running:
                if visit is not None and visit.found is not None:
                    self._visits[self._asked[0]] = visit.found
                self.busy = False
            self._show()
            self.ladder.refresh()
            return running

    @property
    def _result(self) -> Found | None:
        """What came of the last visit, if what is chosen is what it was about."""
        return self._visit.found if self._visit is not None and self._asked[0] == self.misdeed else None

    def _show(self) -> None:
        with self._lock:
            found = None if self.busy else self._result
            self._does.value = f"<p>{escape(MISDEEDS[self.misdeed].does)}</p>"
            self._program.value = program(MISDEEDS[self.misdeed])
            self._button.disabled = self.busy or self.guess is None
            self._button.tooltip = "it runs" if self.busy else "guess first" if self.guess is None else ""
            self._guess.disabled = self._misdeed.disabled = self._timeout.disabled = self.busy
            self._write("found", self._found, card(found) if found is not None else "")
            self._write("met", self._met, met(self._visits))
            self._write("said", self._status, status(*self._sentences(found)))

    def _write(self, trait: str, widget: Any, value: str) -> None:
        if widget.value != value:
            widget.value = value
        setattr(self, trait, value)

    def _sentences(self, found: Found | None) -> tuple[str, ...]:
        if self.busy:
            return ("The client is on its way.",)
        if found is None:
            return (_WELCOME,)
        guessed = self._asked[1]
        happens = f"What came: {came(found)}, after {approximately(found.took)}."
        if guessed == NO_IDEA:
            return (happens,)
        expected = (
            "As you expected. " if guessed == ENDINGS[found.ending].guess else f"You expected: {escape(guessed)}."
        )
        return expected, happens

    def _story(self) -> Picture:
        return Picture(self._visit.events() if self._visit is not None else [])

    def close(self) -> None:
        """End the visit, and take the panel off the page."""
        with self._lock:
            self._closed = True
        if self._visit is not None:
            self._visit.stop()
        self._ticker.stop()
        self.ladder.close()
        super().close()

    def __repr__(self) -> str:
        return "<the error zoo: run this cell to visit it>"


def error_zoo() -> ErrorZoo:
    """Choose what a server does wrong and the client's timeout, guess what the client gets, and see it.

    The exception and its family, the errno, the call and how long it took, what is left of the connection, the advice
    and the ladder.  Everything happens on real sockets inside this machine, and takes a few seconds at most.  Running
    the cell again closes it.
    """
    panel = ErrorZoo()
    replace_earlier(panel)
    return panel

"""`cuts`: one line, cut as the learner chooses, and what each of three readers makes of it."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.panels.parts.bench import WIDE, Bench, across
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.choices import Choices
from labsupport.panels.parts.menu import Menu
from labsupport.panels.parts.slider import Slider
from labsupport.panels.parts.words import status

from .cards import CARD_STYLE, card, preview, programs
from .cutting import LONGEST, Cuts, Trial, cut, parse
from .readers import END, HASTY, READERS

__all__ = ["CutsPanel", "cuts"]

#: Seconds that the pauses of one line may take together.
_PATIENCE: Final = 5.0
_SECOND: Final = "दूसरी\r\n".encode()  # "the second" in Hindi
_WELCOME: Final = "Nothing has been sent yet. Choose where to cut, and press Send."
_MIDDLE: Final = "the second reader"  # of the three, as the choice of the ladder calls it


class CutsPanel(Bench[Trial]):
    r"""A line of text and where to cut it, the three readers with what each got, and the ladder of one of them.

    - `text`: the line, sent as UTF-8 with b"\r\n" after it; `more`: a second line right behind it.
    - `sizes`: of the pieces, as typed ("3, 1"; the last goes on to the end); `pause`: between them, in milliseconds.
    - `hasty`: which of the `HASTY` readers is the second; `shown`: whose ladder is drawn, one of `places`.
    - `cards`: one for each reader, as HTML.
    """

    text = traitlets.Unicode("héllo")
    more = traitlets.Bool(False)
    sizes = traitlets.Unicode("4")
    pause = traitlets.Float(0, min=0, max=500)
    hasty = traitlets.Enum(HASTY, HASTY[1])
    shown = traitlets.Unicode(_MIDDLE)
    cards = traitlets.Unicode("")

    kind = "cuts"
    styles = CARD_STYLE

    def __init__(self) -> None:
        self._sent = b""  # what the trials were given
        self._line = b""  # and what a reader was to return
        super().__init__()

    # --- the page ---

    def make_controls(self) -> None:
        """Make the widgets."""
        self._text = ipywidgets.Text(self.text, description="The line:", style=WIDE)
        self._more = ipywidgets.Checkbox(
            self.more, description="a second line right behind it", indent=False, layout={"width": "auto"}
        )
        self._sizes = ipywidgets.Text(
            self.sizes, description="Sizes of the pieces:", style=WIDE, continuous_update=True
        )
        self._every = Slider("or all of one size:", 4, least=1, most=LONGEST, unit="bytes")
        self._pause = Slider("Pause between pieces:", self.pause, most=500, step=50, unit="milliseconds")
        self._hasty = Menu(HASTY, "The second reader:")
        self._hasty.value = self.hasty
        self._button = ipywidgets.Button(description="Send", button_style="primary")
        self._shown = Choices(self.places, "The ladder shows:")
        self._preview, self._cards, self._programs = (ipywidgets.HTML() for _ in range(3))

    def parts(self) -> list[Any]:
        """The title, the controls, and what came."""
        title = self.titled("One line, three readers")
        rows = [
            across(self._text, self._more),
            across(self._sizes, self._every),
            across(self._pause, self._hasty, self._button),
        ]
        return [title, *rows, self._preview, self.status, self._cards, self._programs, self._shown]

    def wire(self) -> None:
        """Tie widgets and traits together."""
        controls = {"text": self._text, "more": self._more, "sizes": self._sizes, "hasty": self._hasty}
        for trait, control in controls.items():
            traitlets.link((control, "value"), (self, trait))
        traitlets.dlink((self._every, "value"), (self, "sizes"), lambda size: f"{size:g}")
        traitlets.link((self, "pause"), (self._pause, "value"))
        self._button.on_click(lambda _: self.send())
        for box in (self._text, self._sizes):
            box.on_msg(lambda _, content, __: self.send() if content.get("event") == "submit" else None)
        self.observe(lambda change: self.experiments.pop(change["old"], None), "hasty")
        self.observe(lambda _: self.refresh(), ["text", "more", "sizes", "pause", "hasty", "shown"])
        traitlets.link((self, "shown"), (self._shown, "value"))

    @property
    def names(self) -> tuple[str, str, str]:
        """The three readers on the screen."""
        first, *_, last = READERS
        return first, self.hasty, last

    @property
    def places(self) -> dict[str, str]:
        """The readers by what the choice of the ladder calls them."""
        first, middle, last = self.names
        return {first: first, _MIDDLE: middle, last: last}

    @property
    def data(self) -> bytes:
        """All that is sent: the line, and perhaps a second one."""
        return self.text.encode("utf-8", "surrogatepass") + END + (_SECOND if self.more else b"")

    @property
    def trouble(self) -> str:
        """Why nothing can be sent as it stands; "" when it can."""
        if "\r" in self.text or "\n" in self.text:
            return "The line has a line end in it."
        if len(self.data) > LONGEST:
            return f"{len(self.data)} bytes are too many for one picture: {LONGEST} is the most. Take a shorter line."
        try:
            parse(self.sizes)
        except ValueError as error:
            return str(error)
        return ""

    # --- what can be done ---

    def send(self) -> bool:
        """Send the line to the three readers, each by a connection of its own; False when it is not possible now."""
        with self.lock:
            if self.trouble or not self.free:
                return False
            self._sent, self._line = self.data, self.text.encode("utf-8", "surrogatepass") + END
            sizes = parse(self.sizes)
            gaps = max(1, len(cut(self._sent, sizes)) - 1)
            cuts = Cuts(sizes, min(self.pause / 1000, _PATIENCE / gaps))
            self.conduct({name: Trial(READERS[name], self._sent, cuts) for name in self.names})
        return True

    # --- what is shown ---

    def show(self) -> None:
        """Write the pieces, the cards and the sentence."""
        pieces = [] if self.trouble else cut(self.data, parse(self.sizes))
        self._preview.value = escape(self.trouble) or preview(self.data, pieces)
        self._button.disabled = bool(self.trouble) or self.busy
        self._button.tooltip = self.trouble or ("it is on its way" if self.busy else "")
        inner = "".join(map(self._card, self.names))
        self.write("cards", self._cards, f'<div class="loopback-cards">{inner}</div>')
        self.write("said", self.status, status(self._sentence()))
        self._programs.value = programs(READERS[name] for name in self.names)

    def _sentence(self) -> str:
        if not self.experiments:
            return _WELCOME
        if self.busy:
            return "On its way."
        right = [name for name, trial in self.experiments.items() if trial.came and trial.came.line == self._line]
        return (
            f"{len(right)} of {len(self.experiments)} readers returned the line: {escape(', '.join(right) or 'none')}."
        )

    def _card(self, name: str) -> str:
        trial = self.experiments.get(name)
        pieces, came = (trial.pieces, trial.came) if trial is not None else ((), None)
        return card(name, pieces, came, self._line)

    def chosen(self) -> Trial | None:
        """The trial of the reader that is chosen."""
        return self.experiments.get(self.places[self.shown])

    def __repr__(self) -> str:
        return "<one line and three readers: run this cell to cut it yourself>"


def cuts() -> CutsPanel:
    r"""One line of text through a network that cuts it where you say: what three readers make of it.

    Each reader has a connection of its own and takes one line that ends with ``\r\n``.  The pieces cannot join: each
    is handed on when the reader has taken the one before.  Running the cell again closes it.
    """
    return replace_earlier(CutsPanel())

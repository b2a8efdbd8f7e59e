"""The panel that asks whether somebody wants to join, and says what will be sent before anything is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.panels.parts.words import STYLE, status

from .membership import TROUBLES, Membership, join, leave, leaving, on_a_hub, sent

__all__ = ["JoinPanel", "panel"]

_WHAT: Final = """\
<p>In a workshop you may show the instructor how far you are. You need not: nothing of the course depends on it.</p>
<p><b>What is sent</b>, once for each exercise that you have tried and then with each check: the exercise's name,
whether it passed, the name of the mistake where the check knows it, and the number of your tries. With it goes the
name that you choose here. <b>Never</b> your code, what it printed, or a prediction.</p>
<p>The code holds the fingerprint of the board's authority. It is compared before anything is sent.</p>
<p>Everybody in the room sees counts; the instructor sees names. Leave, and the board deletes what it has of you.</p>"""


class JoinPanel(ipywidgets.VBox):
    """Fields for the board's address, the code and a name; buttons to join, to see what was sent, and to leave.

    `said`: what the status line says, as text; `joined`: whether this learner has joined.
    """

    said = traitlets.Unicode("")
    joined = traitlets.Bool(False)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.address = _field("Address:", "192.0.2.7:8790")
        self.code = _field("Code:", "7QF2-…, 24 letters and digits")
        self.name = _field("Name:", "as the instructor shall see you")
        self.join = _button("Join", self._join, "primary")
        self.show = _button("What was sent", lambda: repr(sent()))
        self.leave = _button("Leave", leave)
        self.status = ipywidgets.HTML()
        fields = [] if on_a_hub() else [self.address, self.code]
        head = ipywidgets.HTML(f'{STYLE}<p class="loopback-question">Join a workshop?</p>{_WHAT}')
        buttons = ipywidgets.HBox(
            [self.join, self.show, self.leave], layout={"flex_flow": "row wrap", "grid_gap": "8px"}
        )
        super().__init__([head, *fields, self.name, buttons, self.status])
        self.add_class("loopback-panel")
        for button in (self.join, self.show, self.leave):
            button.on_click(self._press)
        made = Membership.read()
        joined = f"You have joined as {made.name}." if made else "You have not joined: nothing is sent."
        self._say(repr(sent()) if leaving() else joined)

    def _press(self, button: Any) -> None:
        """In a thread: a board that does not answer must not hold the notebook up."""
        threading.Thread(target=self._do, args=(button.what,), name="workshop panel", daemon=True).start()

    def _do(self, what: Callable[[], str]) -> None:
        with self._lock:
            try:
                self._say(what())
            except TROUBLES as error:
                self._say(str(error))

    def _join(self) -> str:
        return repr(join(self.address.value, self.code.value, name=self.name.value))

    def _say(self, text: str) -> None:
        self.said = text
        self.joined = Membership.read() is not None
        for field in (self.address, self.code, self.name, self.join):
            field.disabled = self.joined
        self.show.disabled = self.leave.disabled = not self.joined and leaving() is None
        self.status.value = status(escape(text).replace("\n", "<br>"))

    def __repr__(self) -> str:
        return "A panel to join a workshop: the board's address, its code, and a name of your choice."

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if isinstance(bundle, dict):
            bundle["text/plain"] = repr(self)
        return bundle


def _field(title: str, example: str) -> Any:
    return ipywidgets.Text(description=title, placeholder=example, layout={"width": "min(100%, 34em)"})


def _button(title: str, what: Callable[[], str], style: str = "") -> Any:
    made = ipywidgets.Button(description=title, button_style=style)
    made.what = what
    return made


def panel() -> JoinPanel:
    """A small panel to join the workshop, to see what was sent, and to leave."""
    return JoinPanel()

"""`client`: a client that a learner works by hand, against a server of their own."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.panels.parts.bench import WIDE, Panel
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.words import status
from labsupport.pictures import Picture
from labsupport.tape.events import Address, Call, Endpoint, tick
from labsupport.tape.record import TAPE
from labsupport.tape.selection import belonging, seeds

from .both_ends import rows, table
from .hand import ACTIONS, Hand, to_loopback

__all__ = ["ClientPanel", "client"]

_BUTTONS: Final = {
    "connect": "Connect",
    "half-close": "Half-close",
    "close": "Close",
    "reset": "Reset",
    "send": "Send",
    "receive": "Receive",
}
_WELCOME: Final = "Nothing has happened yet. Press Connect, and watch the ladder."


class ClientPanel(Panel):
    r"""Buttons for the calls of one client, what came of each, the kernel's view of both ends, and the live ladder.

    - `text`: what Send sends, encoded as UTF-8; `newline`: with b"\n" after it; `most`: the n of recv(n).
    - `stage`: "not connected", "connected" or "half-closed"; `busy`: the call that runs, or "".
    - `said`: the last outcome as HTML; `kernel_says`: the kernel's view, as HTML.
    """

    kind = "client"

    text = traitlets.Unicode("héllo")
    newline = traitlets.Bool(False)
    most = traitlets.Int(1024)
    stage = traitlets.Unicode("not connected")
    busy = traitlets.Unicode("")
    kernel_says = traitlets.Unicode("")

    def __init__(self, server: Any, address: Address, name: str | None = None) -> None:
        self._server = server
        self._address = address
        self._name = name
        self._begin = tick()
        self._awake = False  # there is something to look at
        self._hand = Hand(address, self._refresh, name)
        super().__init__()
        self.look()

    # --- the page ---

    def make_controls(self) -> None:
        """Make the widgets."""
        self._text = ipywidgets.Text(self.text, description="Text to send:", style=WIDE, placeholder="type something")
        self._newline = ipywidgets.Checkbox(
            self.newline, description="and \\n after it", indent=False, layout={"width": "auto"}
        )
        self._most = ipywidgets.BoundedIntText(self.most, min=1, max=65536, description="recv at most:", style=WIDE)
        self._bytes, self._why_not, self._kernel = (ipywidgets.HTML() for _ in range(3))
        self.buttons = {action: ipywidgets.Button(description=text) for action, text in _BUTTONS.items()}
        self.buttons["connect"].button_style = "primary"

    def parts(self) -> list[Any]:
        """The title, the buttons beside what the kernel says, and what came of the last call."""
        groups = [
            [self.buttons[action] for action in ("connect", "half-close", "close", "reset")],
            [self._text, self._newline, self.buttons["send"], self._bytes],
            [self._most, self.buttons["receive"]],
        ]
        lines = [ipywidgets.HBox(row, layout={"flex_flow": "row wrap", "align_items": "center"}) for row in groups]
        desk = ipywidgets.HBox(
            [ipywidgets.VBox([*lines, self._why_not], layout={"flex": "1 1 420px"}), self._kernel],
            layout={"flex_flow": "row wrap", "justify_content": "space-between"},
        )
        return [self.titled(escape(self._title())), desk, self.status]

    def _title(self) -> str:
        who = self._name or "A client by hand"
        return f"{who} → {getattr(self._server, 'name', None) or _written(self._server)}"

    def wire(self) -> None:
        """Tie widgets and traits together."""
        for mine, trait in ((self._text, "text"), (self._newline, "newline"), (self._most, "most")):
            traitlets.link((mine, "value"), (self, trait))
        self.observe(lambda _: self._show_bytes(), ["text", "newline"])
        for action, button in self.buttons.items():
            button.on_click(lambda _, action=action: self.do(action))
        self._text.on_msg(lambda _, content, __: self.do("send") if content.get("event") == "submit" else None)
        self._show_bytes()

    # --- what can be done ---

    def do(self, action: str) -> bool:
        """Do what the button does; False when it is not possible now."""
        if action not in ACTIONS:
            raise ValueError(f"the panel can {', '.join(ACTIONS)}, and not {action!r}")
        if action == "send" and not self.data:
            return False
        argument = self.data if action == "send" else self.most if action == "receive" else None
        if not self._hand.do(action, argument):
            return False
        self._awake = True
        self._ticker.start()
        return True

    @property
    def data(self) -> bytes:
        """The bytes that Send sends."""
        return (self.text + ("\n" if self.newline else "")).encode("utf-8", "surrogatepass")

    # --- what is shown; called from the hand's thread too ---

    def _refresh(self) -> None:
        with self.lock:
            hand = self._hand
            stage, busy = hand.stage, hand.busy
            for action, button in self.buttons.items():
                reason = hand.against(action) or ("type something first" if action == "send" and not self.data else "")
                button.disabled = bool(reason)
                button.tooltip = f"Not now: {reason}" if reason else ""
            self._why_not.value = self._reasons()
            self._say(busy)
            self.stage, self.busy = stage, busy  # last: who waits for them finds the rest said

    def _reasons(self) -> str:
        by_reason: dict[str, list[str]] = {}
        for action in _BUTTONS:
            if reason := self._hand.against(action):
                by_reason.setdefault(reason, []).append(_BUTTONS[action])
        return "<br>".join(f"Not now: {', '.join(names)} ({escape(why)})." for why, names in by_reason.items())

    def _say(self, busy: str) -> None:
        outcome = self._hand.outcome
        if busy:
            said = f"<code>{escape(busy)} …</code>"
        elif outcome is not None:
            gave = "" if not outcome.gave else f" raised {outcome.gave}" if outcome.failed else f" = {outcome.gave}"
            code = f"<code>{escape(outcome.call + gave)}</code> " if outcome.call else ""
            said = f"{code}{escape(outcome.sentence)}"
        else:
            said = _WELCOME
        self.said = said
        if self.status.value != status(said):
            self.status.value = status(said)

    def _show_bytes(self) -> None:
        data = self.data
        head = data[:24].hex(" ") + (" …" if len(data) > 24 else "")
        self._bytes.value = f"{len(data)} byte{'' if len(data) == 1 else 's'}: <code>{head or '(none)'}</code>"
        self._refresh()

    # --- looked at by the ticker ---

    def look(self) -> bool:
        """Ask the kernel; False when there is nothing left to see."""
        if getattr(self._server, "_stopping", False):
            self._hand.stop()
        at_work = self._hand.sock is not None or bool(self._hand.busy)
        ends, doors = rows(self._hand, self._address)
        self.write("kernel_says", self._kernel, table(ends, doors, self._hand))
        self._awake = at_work or any(row.state != "TIME-WAIT" for row in ends)
        self.ladder.refresh()
        return self._awake

    @property
    def growing(self) -> bool:
        """Whether there is something to look at."""
        return self._awake

    def story(self) -> Picture:
        """What happened between this server and its clients, this panel or others, since the panel was made."""
        events = TAPE.events()
        port = self._address[1]
        mine = {each for each in seeds(events, self._begin) if _concerns(each, port)}
        called = {event.endpoint for event in events if isinstance(event, Call)}
        doors = {each for each in called if each.listening and each.local and each.local[1] == port}
        return Picture(belonging(events, mine | doors, self._begin))

    def end(self) -> None:
        """Close the socket, and end its thread."""
        self._hand.stop()

    def __repr__(self) -> str:
        return f"<a client by hand for {getattr(self._server, 'name', 'a server')}: run this cell to use it>"


def client(server: Any, *, name: Any = None) -> ClientPanel:
    """A client by hand: connect, send, receive, half-close, close and reset, one click a call.

    `server` is a background server (or anything with an `.address`), or an address ``(host, port)`` on this machine.
    `name`, a text, is what the ladder calls this client.  Each call gives up after 1 s.  Running the cell again closes
    it, as does stopping the server.  TypeError or ValueError for what is no server, or not on this machine.
    """
    if not hasattr(server, "address") and not isinstance(server, tuple | list):
        raise TypeError(
            f"panels.client() takes a background server, or its address such as ('127.0.0.1', 50007), not {server!r}"
        )
    if name is not None and not (isinstance(name, str) and name.strip()):
        raise TypeError(f"the name of a client is a piece of text such as 'maria', not {name!r}")
    return replace_earlier(ClientPanel(server, to_loopback(getattr(server, "address", server)), name))


def _written(address: Any) -> str:
    return f"{address[0]} port {address[1]}" if isinstance(address, tuple | list) else "the server"


def _concerns(endpoint: Endpoint, port: int) -> bool:
    return any(address is not None and address[1] == port for address in (endpoint.local, endpoint.peer))

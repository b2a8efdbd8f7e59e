"""`chat`: several people talk in one panel, at the reference server or at your own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport import chat as chats
from labsupport.chat.running import Running
from labsupport.panels.one_client.hand import to_loopback
from labsupport.panels.parts.bench import WIDE, Bench, across
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.choices import Choices
from labsupport.panels.parts.menu import Menu
from labsupport.panels.parts.strips import STRIP_STYLE
from labsupport.panels.parts.words import status
from labsupport.pictures import Picture
from labsupport.tape.ending import start_unseen

from .chat_lines import CHAT_STYLE, frames_table, heard_list, log_list
from .chat_places import context_of, first_of, given, keys_of
from .person import Person, Place
from .strange_frames import STRANGE

__all__ = ["NAMES", "ChatPanel", "chat"]

#: Who is in the room where nobody else is named.
NAMES: Final = ("Ana", "Zoë", "李雷")
#: What stands in their fields at first, in turn.
_DRAFTS: Final = ("héllo, 你好", "<b>नमस्ते</b> <img src=x onerror=alert(1)>", "שלום, how are you?")
_MOST: Final = 4

_WELCOME: Final = "Nobody is in yet. Let somebody join."
_NOTE: Final = (
    "Each person is a client of its own, over TLS. Enter sends what you have typed. What comes from others is shown "
    "escaped: markup as it was typed, control characters as their numbers."
)


class ChatPanel(Bench[Person]):
    """People who come in, say lines, and hear; the frames of one of them, and the ladder of its connection.

    - `names`: who they are; `drafts`: what stands in each one's field, `heard`: what each has heard, as HTML, by name.
    - `shown`: whose frames and whose ladder are shown; `frames`: they, as HTML; `logged`: the server's log, as HTML.
    - `strange`: one of `STRANGE`, for `send_strange`.
    """

    shown = traitlets.Unicode("")
    strange = traitlets.Enum(tuple(STRANGE), next(iter(STRANGE)))
    drafts = traitlets.Dict()
    heard = traitlets.Dict()
    frames = traitlets.Unicode("")
    logged = traitlets.Unicode("")

    kind = "chat"
    styles = STRIP_STYLE + CHAT_STYLE

    def __init__(self, names: Sequence[str], place: Place | None = None, server: Any = None) -> None:
        self.names = tuple(names)
        self._place, self._server = place, server
        self._own: Running | None = None
        super().__init__()

    # --- the page ---

    def make_controls(self) -> None:
        """Make the widgets."""
        shown = [chats.shown(name) for name in self.names]
        self.drafts = {name: _DRAFTS[number % len(_DRAFTS)] for number, name in enumerate(self.names)}
        self.fields = {
            name: ipywidgets.Text(self.drafts[name], description=f"{label} says:", style=WIDE)
            for name, label in zip(self.names, shown, strict=True)
        }
        self.doors, self.buttons, self._lists = (
            {name: make() for name in self.names} for make in (ipywidgets.Button, ipywidgets.Button, ipywidgets.HTML)
        )
        for name, label in zip(self.names, shown, strict=True):
            self.buttons[name].description = f"Say it as {label}"
        self._everybody = ipywidgets.Button(description="Everybody joins", button_style="primary")
        self._shown = Choices(shown, "Frames and ladder of:")
        self._strange = Menu(STRANGE, "What a stranger's client might send:")
        self._odd = ipywidgets.Button(description="Send it")
        self._frames, self._journal = ipywidgets.HTML(), ipywidgets.HTML()

    def parts(self) -> list[Any]:
        """The title, a card for each person, and what goes over the wire."""
        cards = [self._card(name) for name in self.names]
        room = ipywidgets.HBox(cards, layout={"flex_flow": "row wrap", "grid_gap": "8px 16px"})
        title = self.titled("A room, and who is in it", f"<p>{_NOTE}</p>")
        rows = [self._shown, across(self._strange, self._odd), self._frames, self._journal]
        return [title, across(self._everybody), self.status, room, *rows]

    def _card(self, name: str) -> ipywidgets.VBox:
        head = across(self.doors[name], self.buttons[name])
        card = ipywidgets.VBox([self.fields[name], head, self._lists[name]])
        return card.add_class("loopback-person")

    def wire(self) -> None:
        """Tie widgets and traits together."""
        by_label = {chats.shown(name): name for name in self.names}
        self.shown = self.names[0]
        traitlets.link((self, "shown"), (self._shown, "value"), transform=(chats.shown, by_label.__getitem__))
        traitlets.link((self._strange, "value"), (self, "strange"))
        self._everybody.on_click(lambda _: self.join(*self.names))
        self._odd.on_click(lambda _: self.send_strange())
        for name in self.names:
            self.doors[name].on_click(lambda _, name=name: self.leave(name) or self.join(name))
            self.buttons[name].on_click(lambda _, name=name: self.say(name))
            self.fields[name].observe(lambda change, name=name: self._typed(name, change["new"]), "value")
            self.fields[name].on_msg(
                lambda _, content, __, name=name: self.say(name) if content.get("event") == "submit" else None
            )
        self.observe(lambda _: self.refresh(), "shown")

    def _typed(self, name: str, text: str) -> None:
        self.drafts = {**self.drafts, name: text}

    @traitlets.validate("shown")
    def _one_of_them(self, proposal: Any) -> Any:
        if proposal["value"] not in self.names:
            raise traitlets.TraitError(f"{proposal['value']!r} is not here: {', '.join(self.names)}")
        return proposal["value"]

    # --- what can be done ---

    def join(self, *names: str) -> bool:
        """Let these people come in; False when none of them can: they are in, or the panel has ended."""
        with self.lock:
            new = [name for name in names if not self._runs(name)]
            if self._closed or not new:
                return False
            people = {name: Person(name, self._found()) for name in new}
            self.experiments = {**self.experiments, **people}
            for person in people.values():
                person.start()
            self.busy = True
            self.show()
            self._ticker.start()
        return True

    def leave(self, name: str) -> bool:
        """Let somebody say bye; False when they are not there."""
        person = self.experiments.get(name)
        if person is None or not person.running:
            return False
        person.stop()
        return True

    def say(self, name: str, text: str | None = None) -> bool:
        """Let somebody say this, or what they have typed; False when they are not in, or there is nothing to say."""
        words = self.drafts[name] if text is None else text
        person = self.experiments.get(name)
        if not words or person is None or not person.say(words):
            return False
        if text is None:
            self.fields[name].value = ""
        return True

    def send_strange(self) -> bool:
        """Let who is shown send what no client should; False when they are not in."""
        person = self.experiments.get(self.shown)
        if person is None or not person.here:
            return False
        person.heard.append(f"You send what a stranger might: {self.strange}.")
        return person.say(STRANGE[self.strange])

    def _runs(self, name: str) -> bool:
        person = self.experiments.get(name)
        return person is not None and person.running

    def _found(self) -> Place:
        """Where the room is; the reference server is started when somebody wants to come in."""
        if self._place is None:
            self._own = own = Running(self.names)
            self._server = own
            self._place = Place(own.address, own.accounts.key, own.authority.client_context, own.host)
        return self._place

    # --- what is shown ---

    def show(self) -> None:
        """Write who is in, what they heard, and the frames of one of them."""
        heard = {}
        for name in self.names:
            person, there = self.experiments.get(name), self._runs(name)
            here = person is not None and person.here
            self.doors[name].description = f"{chats.shown(name)} {'leaves' if there else 'joins'}"
            self.buttons[name].disabled = not here
            self.buttons[name].tooltip = "" if here else "not in: join first"
            heard[name] = heard_list(name, person)
            if self._lists[name].value != heard[name]:
                self._lists[name].value = heard[name]
        self.heard = heard
        self._everybody.disabled = all(map(self._runs, self.names))
        shown = self.chosen()
        self._odd.disabled = shown is None or not shown.here
        self._odd.tooltip = "not in: join first" if self._odd.disabled else ""
        self.write("frames", self._frames, frames_table(self.shown, list(shown.wire.frames)) if shown else "")
        self.write("logged", self._journal, log_list(_lines(self._server)))
        self.write("said", self.status, status(escape(self._sentence())))

    def _sentence(self) -> str:
        here = [chats.shown(name) for name in self.names if (one := self.experiments.get(name)) and one.here]
        if here:
            return f"In the room: {', '.join(here)}."
        return "Nobody is in any more." if self.experiments and not self.busy else _WELCOME

    def chosen(self) -> Person | None:
        """Whose frames and whose ladder are shown."""
        return self.experiments.get(self.shown)

    def story(self) -> Picture:
        """The connection of who is shown, as it is on the wire."""
        person = self.chosen()
        return Picture(person.events() if person is not None else [])

    def end(self) -> None:
        """Let everybody leave, and stop the server where it is the panel's own."""
        super().end()
        own, self._own = self._own, None
        if own is not None:  # it waits for its clients, and nobody waits for it
            start_unseen(threading.Thread(target=own.stop, name="panel's chat ends", daemon=True))

    def __repr__(self) -> str:
        return "<a room, and who is in it: run this cell to talk there>"


def chat(
    server: Any = None,
    *,
    names: Sequence[str] = (),
    address: Any = None,
    authority: Any = None,
    accounts: Any = None,
    host: str = "localhost",
) -> ChatPanel:
    """Talk as several people in one room, and see what each hears, each one's frames, and its ladder.

    Without a server there is the reference server, which ends with the panel.  For your own give the server, an object
    that has an `address`, an `authority` and `accounts` (`chat.Running` is one), or these three by name:

    - `address`: `(host, port)` on this machine; `host`: what its certificate is for.
    - `authority`: who is trusted: a `tls.Authority`, an `ssl.SSLContext` of a client, or the certificate in PEM.
    - `accounts`: a `chat.Accounts`, or a dict from names to keys of 32 bytes.
    - `names`: who talks, at most four; else the first three that have accounts.

    Running the cell again closes it.  TypeError or ValueError, with a sentence, for what is none of these.
    """
    listed: Any = names
    if isinstance(listed, str) or not all(isinstance(name, str) and name for name in listed) or len(names) > _MOST:
        raise TypeError(f"names is a list of at most {_MOST} names, such as ['Ana', 'Zoë'], not {names!r}")
    if len({chats.shown(name) for name in names}) < len(names):
        raise ValueError(f"each name stands for one person, and {', '.join(names)} has one twice")
    address = getattr(server, "address", server) if address is None else address
    if address is None:
        chats.Accounts(names)  # which says what is wrong with a name
        return replace_earlier(ChatPanel(names or NAMES))
    authority = given(server, authority, "authority", "authority_file")
    accounts = given(server, accounts, "accounts")
    place = Place(to_loopback(address), keys_of(accounts), context_of(authority), host)
    return replace_earlier(ChatPanel(names or first_of(accounts), place, server))


def _lines(server: Any) -> list[str]:
    """The lines of a server's log, where it has one."""
    log = getattr(server, "log", "")
    return log.splitlines() if isinstance(log, str) else list(log) if isinstance(log, list) else []

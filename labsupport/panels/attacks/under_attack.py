"""`attack`: strangers do to a server what they do first, with limits and without; who is still answered?"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.panels.parts.bench import Bench, across
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.menu import Menu
from labsupport.panels.parts.sharing import most
from labsupport.panels.parts.slider import Slider
from labsupport.panels.parts.strips import STRIP_STYLE, progress
from labsupport.panels.parts.words import status
from labsupport.pictures import Picture

from .attack_choices import ATTACKS, SECONDS
from .attack_table import ATTACK_STYLE, Run, runs_table, tables
from .attacking import LATER, Attacking
from .limited import COST, THREADS
from .server_limits import CHOICES, MISSING, NAMES, NONE, SOUND, limits_of

__all__ = ["AttackPanel", "attack"]

#: Attackers at first and at most; on a shared hub fewer, as `most` has it of all.
_FIRST: Final = 60
_MOST: Final = 120
#: Runs that are kept.
_RUNS: Final = 8

_WELCOME: Final = (
    "Will the good client still be answered, and what will the server still hold? Choose, and press Attack."
)
_NOTE: Final = (
    f"An echo of lines with {THREADS} threads, each for one client from its first byte to its last; who comes later "
    f"waits. A question costs {COST * 1000:g} ms of something that all share, such as a database. It runs in a process "
    "of its own on 127.0.0.1, and so do the attackers, who go nowhere else. On Linux they come from 127.0.0.2, so that "
    "a limit of one address does not hit the good client. The ladder below shows the same with one attacker, and a "
    "server with one thread."
)
_PHASES: Final = {"quiet": "the good client alone", "attack": "the attack", "later": "what is left of it"}


class AttackPanel(Bench[Attacking]):
    """An attack, how many attackers, and the limits of the server; then what a good client felt, and what it held.

    - `attack`: one of `ATTACKS`; `attackers`: how many.
    - `deadline`, `longest`, `connections`, `rate`, `tls`: the limits, as the menus call them.
    - `plan`: what it will do; `found`: the tables, `runs`: those before, `going`: how far it is; all as HTML.
    """

    attack = traitlets.Enum(tuple(ATTACKS), next(iter(ATTACKS)))
    attackers = traitlets.Int(_FIRST, min=1, max=_MOST)
    deadline = traitlets.Enum(tuple(CHOICES["deadline"]), NONE)
    longest = traitlets.Enum(tuple(CHOICES["longest"]), NONE)
    connections = traitlets.Enum(tuple(CHOICES["connections"]), NONE)
    rate = traitlets.Enum(tuple(CHOICES["rate"]), NONE)
    tls = traitlets.Enum(tuple(CHOICES["tls"]), next(iter(CHOICES["tls"])))
    plan = traitlets.Unicode("")
    found = traitlets.Unicode("")
    runs = traitlets.Unicode("")
    going = traitlets.Unicode("")

    kind = "attack"
    styles = STRIP_STYLE + ATTACK_STYLE

    def __init__(self) -> None:
        self._runs: deque[Run] = deque(maxlen=_RUNS)
        self._noted: Attacking | None = None
        super().__init__()

    # --- the page ---

    def make_controls(self) -> None:
        """Make the widgets."""
        self.attackers = min(_FIRST, _allowed())
        self._attack = Menu(ATTACKS, "The attack:")
        self._attackers = Slider("Attackers:", self.attackers, least=1, most=_allowed())
        self.limits = {name: Menu(CHOICES[name], NAMES[name]) for name in CHOICES}
        self._run = ipywidgets.Button(description="Attack", button_style="primary")
        self._stop = ipywidgets.Button(description="Stop")
        self._none = ipywidgets.Button(description="No limits")
        self._all = ipywidgets.Button(description="All limits")
        self._plan, self._found, self._kept, self._going = (ipywidgets.HTML() for _ in range(4))

    def parts(self) -> list[Any]:
        """The title, the controls, and what came of it."""
        title = self.titled("One server under attack", f"<p>{_NOTE}</p>")
        rows = [
            across(self._attack, self._attackers),
            across(*self.limits.values()),
            across(self._none, self._all),
            self._plan,
            across(self._run, self._stop, self._going),
        ]
        return [title, *rows, self.status, self._found, self._kept]

    def wire(self) -> None:
        """Tie widgets and traits together."""
        traitlets.link((self._attack, "value"), (self, "attack"))
        traitlets.link((self, "attackers"), (self._attackers, "value"), transform=(float, int))
        for name, menu in self.limits.items():
            traitlets.link((menu, "value"), (self, name))
        self._run.on_click(lambda _: self.run())
        self._stop.on_click(lambda _: self.stop())
        self._none.on_click(lambda _: self.choose(MISSING))
        self._all.on_click(lambda _: self.choose(SOUND))
        self.observe(lambda _: self.refresh(), ["attack", "attackers", *CHOICES])

    @traitlets.validate("attackers")
    def _not_too_many(self, proposal: Any) -> int:
        return min(int(proposal["value"]), _allowed())

    # --- what can be done ---

    def choose(self, limits: Mapping[str, str]) -> None:
        """Choose these limits; where there is no TLS, there is none afterwards."""
        for name, choice in limits.items():
            if name != "tls" or limits_of(self._chosen()).tls:
                setattr(self, name, choice)

    def run(self) -> bool:
        """Attack; False when it is not possible now: an attack is under way, or there is no handshake to stop in."""
        with self.lock:
            if self._against() or not self.free:
                return False
            self.conduct({"attack": Attacking(self.attack, self.attackers, limits_of(self._chosen()))})
        return True

    def _chosen(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in CHOICES}

    def _against(self) -> str:
        """Why this attack makes no sense with these limits; "" where it does."""
        if self.attack == "stalled handshake" and not limits_of(self._chosen()).tls:
            return "There is no TLS handshake to stop in: choose where it is done first."
        return ""

    # --- what is shown ---

    def show(self) -> None:
        """Write what will be done, and what came so far."""
        made = self.chosen()
        self._keep(made)
        against = self._against()
        for control in (self._attack, self._attackers, *self.limits.values(), self._none, self._all):
            control.disabled = self.busy
        self._run.disabled = self.busy or bool(against)
        self._run.tooltip = "it runs" if self.busy else against
        self._stop.disabled = not self.busy
        self.write("plan", self._plan, f"<p>{self._planned(against)}</p>")
        self.write("going", self._going, _bar(made) if made is not None and self.busy else "")
        self.write("found", self._found, tables(made) if made is not None else "")
        self.write("runs", self._kept, runs_table(self._runs))
        self.write("said", self.status, status(*map(escape, self._sentences(made))))

    def _planned(self, against: str) -> str:
        if against:
            return escape(against)
        count = f"{self.attackers} attacker{'' if self.attackers == 1 else 's'}"
        does = ATTACKS[self.attack].does
        return escape(f"{count} will connect to 127.0.0.1, for {SECONDS:g} s and a little more. {does}")

    def _keep(self, made: Attacking | None) -> None:
        """Add what has ended to the runs, once."""
        if made is None or made is self._noted or made.result is None or made.result.facts is None:
            return
        self._noted = made
        self._runs.append(Run(made.name, made.attackers, self._in_words(), made.result))

    def _in_words(self) -> str:
        """The limits of the run that has ended; the menus have been disabled meanwhile."""
        set_ = [
            f"{NAMES[name].rstrip(':').lower()} {choice}"
            for name, choice in self._chosen().items()
            if choice != next(iter(CHOICES[name]))
        ]
        return "; ".join(set_) or NONE

    def _sentences(self, made: Attacking | None) -> list[str]:
        if made is None:
            return [_WELCOME]
        if self.busy:
            return [made.announced and f"Announced: {made.announced}.", "Stop ends it."]
        if made.trouble:
            return [f"It could not be done to its end: {made.trouble}"]
        if made.result is None:
            return ["It was stopped early."]
        return [f"{made.name}: {made.result.verdict.message}"]

    def chosen(self) -> Attacking | None:
        """The last attack."""
        return self.experiments.get("attack")

    def story(self) -> Picture:
        """One attacker and one good client, at a server with one thread and the same limits."""
        made = self.chosen()
        return Picture(made.drawn if made is not None else [])

    def __repr__(self) -> str:
        return "<one server under attack: run this cell to attack it>"


def _allowed() -> int:
    """So many attackers at most: fewer where others share the machine."""
    return min(_MOST, most() - 10)


def _bar(made: Attacking) -> str:
    now = made.progress
    if now is None:
        return progress(0, 1, "the ladder, and the server starts")
    whole = {"quiet": 1.0, "attack": SECONDS, "later": LATER}
    before = sum(list(whole.values())[: list(whole).index(now.phase)])
    return progress(before + min(now.seconds, whole[now.phase]), sum(whole.values()), _PHASES[now.phase])


def attack() -> AttackPanel:
    """Attack a server of this machine, with the limits that you choose: who is still answered, what is still held?

    Choose an attack, how many attackers, and the server's limits; see live what a good client feels, in quiet and
    under attack, and which sockets, threads and memory the server holds.  Six attacks of `exercises.attacks`, bounded,
    announced, on loopback alone; one takes some seconds, and can be stopped.  Running the cell again closes it.
    """
    return replace_earlier(AttackPanel())

"""`gallery`: a client with a policy meets servers whose certificates are wrong, each in one way."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from html import escape
from typing import Any, Final

import ipywidgets
import traitlets

from labsupport.panels.parts.bench import Bench, across
from labsupport.panels.parts.cells import replace_earlier
from labsupport.panels.parts.choices import Choices
from labsupport.panels.parts.menu import Menu
from labsupport.panels.parts.words import status
from labsupport.pictures import Picture

from .encounter import Encounter, Met
from .exhibits import exhibits
from .policies import OWN_RULES, POLICIES, RULES, checks, code, context
from .verdicts import GALLERY_STYLE, card, sentence, summary, table

__all__ = ["GalleryPanel", "gallery"]

_WELCOME: Final = "Choose a certificate and a policy. Then press Connect; or Try all, for every certificate at once."


class GalleryPanel(Bench[Encounter]):
    """A server's certificate and a client's policy; then the verdict, what to make of it, and the ladder.

    - `certificate`: the name of a server, one of `names`; `policy`: one of `POLICIES`; `rules`: one of `RULES`.
    - `found`: what came of the handshake between these, `verdicts`: the table of all so far, both as HTML.
    """

    certificate = traitlets.Unicode("")
    policy = traitlets.Enum(tuple(POLICIES), next(iter(POLICIES)))
    rules = traitlets.Enum(tuple(RULES), OWN_RULES)
    found = traitlets.Unicode("")
    verdicts = traitlets.Unicode("")

    kind = "gallery"
    styles = GALLERY_STYLE

    def __init__(self) -> None:
        self._servers = exhibits()
        self._columns: dict[tuple[str, str], dict[str, Met]] = {}
        super().__init__()

    # --- the page ---

    @property
    def names(self) -> tuple[str, ...]:
        """The servers, the good ones first."""
        return tuple(self._servers)

    def make_controls(self) -> None:
        """Make the widgets."""
        self._certificate = Menu(self.names, "The server shows:")
        self._policy = Menu(POLICIES, "The client's context:")
        self._rules = Choices(RULES, "verify_flags as in:")
        self._connect = ipywidgets.Button(description="Connect", button_style="primary")
        self._all = ipywidgets.Button(description="Try all")
        self._asks, self._found, self._verdicts = (ipywidgets.HTML() for _ in range(3))

    def parts(self) -> list[Any]:
        """The title, the controls, and what came."""
        rows = [across(self._certificate, self._policy), self._rules, self._asks, across(self._connect, self._all)]
        return [self.titled("The gallery of certificates"), *rows, self.status, self._found, self._verdicts]

    def wire(self) -> None:
        """Tie widgets and traits together."""
        traitlets.link((self._certificate, "value"), (self, "certificate"))
        traitlets.link((self._policy, "value"), (self, "policy"))
        traitlets.link((self, "rules"), (self._rules, "value"))
        self._connect.on_click(lambda _: self.connect())
        self._all.on_click(lambda _: self.try_all())
        self.observe(lambda _: self.refresh(), ["certificate", "policy", "rules"])

    @traitlets.validate("certificate")
    def _one_of_them(self, proposal: Any) -> Any:
        if proposal["value"] not in self._servers:
            raise traitlets.TraitError(f"{proposal['value']!r} is none of the servers: {', '.join(self.names)}")
        return proposal["value"]

    # --- what can be done ---

    def connect(self) -> bool:
        """Let the client meet the server that is chosen; False while something is under way."""
        return self._meet([self.certificate])

    def try_all(self) -> bool:
        """Let the client meet every server, one after the other; False while something is under way."""
        return self._meet(self.names)

    def _meet(self, names: Iterable[str]) -> bool:
        with self.lock:
            if not self.free:
                return False
            made: dict[str, ssl.SSLContext] = {}  # most servers are met with one and the same
            pairs = []
            for animal in map(self._servers.__getitem__, names):
                if animal.trusted not in made:
                    made[animal.trusted] = context(self.policy, self.rules, animal.trusted)
                pairs.append((animal, made[animal.trusted]))
            self._column = self._key
            self.conduct({self.policy: Encounter(self.policy, pairs)})
        return True

    # --- what is shown ---

    @property
    def _key(self) -> tuple[str, str]:
        """Which column of the table is chosen."""
        return self.policy, self.rules if checks(self.policy) else ""

    @property
    def met(self) -> Met | None:
        """What came of the handshake between what is chosen; None as long as there was none."""
        return self._columns.get(self._key, {}).get(self.certificate)

    def show(self) -> None:
        """Write what the policy is, and what came of the handshakes."""
        for encounter in self.experiments.values():
            self._columns.setdefault(self._column, {}).update(dict(encounter.met))
        program = f'<pre tabindex="0">{escape(code(self.policy, self.rules))}</pre>'
        self._asks.value = f"{program}<p>What it asks of a server: {escape(POLICIES[self.policy].asks)}</p>"
        for control in (self._connect, self._all, self._certificate, self._policy, self._rules):
            control.disabled = self.busy
        self.write("found", self._found, card(self.met) if self.met is not None else "")
        self.write("verdicts", self._verdicts, table(self._columns, self.names, self.certificate))
        self.write("said", self.status, status(*self._sentences()))

    def _sentences(self) -> Iterable[str]:
        if self.busy:
            return ["The client is on its way."]
        column = self._columns.get(self._key, {})
        said = [summary(column)] if len(column) == len(self._servers) else []
        said += [sentence(self.met)] if self.met is not None else []
        troubles = {one.trouble for one in self.experiments.values()} - {""}
        why = [f"Not all could be tried on this machine: {', '.join(troubles)}."] if troubles else []
        return [*(said or [_WELCOME]), *why]

    def chosen(self) -> Encounter | None:
        """The last encounter."""
        return next(iter(self.experiments.values()), None)

    def story(self) -> Picture:
        """The handshake between what is chosen."""
        return Picture(self.met.events() if self.met is not None else [])

    def __repr__(self) -> str:
        return "<the gallery of certificates: run this cell to visit it>"


def gallery() -> GalleryPanel:
    """Choose a certificate and a client's context, and see whether the client accepts the server, and why.

    The verdict, the exception with its verify code, what it means, what a user should do, what an attacker could, and
    the ladder; and a table of all certificates by the policies that were tried.  Every handshake is a real one inside
    this machine.  Running the cell again closes it.
    """
    return replace_earlier(GalleryPanel())

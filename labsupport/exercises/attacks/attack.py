"""What all attacks have in common: what they are asked, their bounds, and how they are announced."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import ClassVar, Final, Self

from labsupport.services.limits import limit

from .moves import Wave, bytes_in, connections_in
from .speech import Speech
from .target import Target
from .told import counted, quantity

if sys.platform != "win32":
    import resource

__all__ = ["MOST_BYTES", "MOST_CONNECTIONS", "MOST_SECONDS", "Attack"]

#: No attack does more than this, whatever its settings.
MOST_CONNECTIONS: Final = 2000
MOST_BYTES: Final = 256 * 2**20
MOST_SECONDS: Final = 30.0
#: Open files of this process that are not connections.
_OTHER_FILES: Final = 200


@dataclass(frozen=True, kw_only=True)
class Attack:
    """Something that strangers do to a server, on this machine alone.

    An attack is a frozen dataclass with one method that matters, `waves`: who comes, and what they send.  It opens no
    socket and never waits; others do what it says, in a process of their own.

    - `seconds`: how long it lasts.
    """

    seconds: float = 2.0

    #: What stood in the server's way, to be read after "while", with gaps for settings: "{clients} waited".
    does: ClassVar[str] = ""
    #: What helps, as a sentence.
    cure: ClassVar[str] = ""
    #: It is done by somebody who has been let in, where there is a login.
    from_inside: ClassVar[bool] = False
    #: The settings that become larger with more strength.
    grows: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= MOST_SECONDS:
            raise ValueError(f"{self!r}: an attack lasts more than 0 and at most {MOST_SECONDS:g} seconds")
        for name in self.grows:
            self.check_count(name)

    def check_count(self, name: str) -> None:
        """The setting called `name` is a whole number, 1 or more; an error of one sentence."""
        value: object = getattr(self, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{self!r}: {name} is a whole number, 1 or more, and is {value!r}")

    @property
    def name(self) -> str:
        """What it is called: "stalled handshake"."""
        return re.sub(r"(?<!^)(?=[A-Z])", " ", type(self).__name__).lower()

    @property
    def story(self) -> str:
        """`does`, with its gaps filled."""
        settings = asdict(self)
        if "clients" in settings:
            settings["clients"] = counted(settings["clients"], "client")
        return self.does.format(**settings)

    def skipped(self, speech: Speech) -> str:
        """Why it makes no sense for this speech, as a sentence; "" where it does."""
        if self.from_inside and speech.login and not speech.insider:
            return "It needs somebody who is let in and then does harm: give the speech `insider`."
        return ""

    def waves(self, target: Target) -> Iterator[Wave]:
        """Yield who comes, and what they send."""
        raise NotImplementedError

    def got(self, found: int, target: Target, printed: str) -> str:  # noqa: ARG002  as above
        """What the attackers got that nobody should, as a sentence; "" where they got nothing.

        - `found`: how many of them heard what they hoped for.
        - `printed`: what the server printed meanwhile; "" where this cannot be known.
        """
        return ""

    def scaled(self, strength: float) -> Self:
        """The same with so many times its counts and bytes; at least 1 of each."""
        if not 0 < strength < math.inf:
            raise ValueError(f"strength is a number above 0, not {strength!r}")
        if strength == 1:
            return self
        changes = {name: max(1, round(getattr(self, name) * strength)) for name in self.grows}
        return replace(self, **changes)

    def bounded(self, target: Target) -> tuple[Wave, ...]:
        """Its waves, when they are within the bounds.

        Raises:
            ValueError: more connections or bytes than an attack may have, or than this machine allows.
        """
        waves = tuple(self.waves(target))
        most, why = _most()
        if (count := connections_in(waves)) > most:
            raise ValueError(f"{self!r}: {count} connections are more than {most} ({why}); make it weaker")
        if (size := bytes_in(waves)) > MOST_BYTES:
            raise ValueError(f"{self!r}: {quantity(size)} are more than {quantity(MOST_BYTES)}; make it weaker")
        return waves

    def announced(self, waves: tuple[Wave, ...], where: str) -> str:
        """What it will do, as a line that is shown before it does."""
        connections = counted(connections_in(waves), "connection")
        size = quantity(bytes_in(waves))
        return f"{self.name}: {connections} to {where}, at most {size} in all, for {self.seconds:g} s"


def _most() -> tuple[int, str]:
    """So many connections are sensible here, and why no more.  Their other ends may be in this process."""
    allowed = limit(MOST_CONNECTIONS)
    found = [(allowed.clients, allowed.why or "no attack here makes more")]
    if sys.platform != "win32":
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if files != resource.RLIM_INFINITY:
            found.append((files - _OTHER_FILES, f"this process may have no more than {files} files and sockets open"))
    return min(found)

"""`run`: the attacks, one after the other."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Final

from labsupport.exercises.engine import Verdict
from labsupport.exercises.engine.collector import held

from .attack import Attack
from .churn import Churn
from .control_characters import ControlCharacters
from .flood import Flood
from .guessed_token import GuessedToken
from .half_character import HalfCharacter
from .helpers import Helper
from .idle import Idle
from .never_reads import NeverReads
from .oversize import Oversize
from .pickled import Pickle
from .progress import Progress
from .replayed_login import ReplayedLogin
from .report import Report, Result
from .siege import Cancelled, Siege
from .slowloris import Slowloris
from .speech import LINES, Speech
from .stalled_handshake import StalledHandshake

__all__ = ["ALL", "run"]

#: Every attack, in the order in which they are run.
ALL: Final[tuple[type[Attack], ...]] = (
    Oversize,
    Slowloris,
    Idle,
    StalledHandshake,
    Churn,
    NeverReads,
    Flood,
    GuessedToken,
    ReplayedLogin,
    Pickle,
    HalfCharacter,
    ControlCharacters,
)
_HERE: Final = __name__.rpartition(".")[0]


def run(  # noqa: PLR0913  what somebody may want to set, each with a good default
    server: Any,
    speech: Speech = LINES,
    which: Iterable[Attack | type[Attack]] = ALL,
    *,
    strength: float = 1.0,
    seconds: float | None = None,
    later: float = 5.0,
    announce: Callable[[str], object] = print,
    on_progress: Callable[[Progress], object] | None = None,
    cancel: threading.Event | None = None,
) -> Report:
    """Attack a server, beside one good client, and report what came of it.

        attacks.run(my_server)                                      # an echo of lines, all attacks
        attacks.run(my_server, attacks.FRAMES, [attacks.Idle(50)], seconds=1.0, later=1.0)

    - `server`: ``serve(listener)``, plain or ``async``, which serves until it is stopped: called anew for each attack,
      in a thread of this process.  Or one that runs: ``(host, port)``, or an object with an `address`; of a process of
      its own, `attacks.At(address, pid)` tells what it holds.
    - `speech`: how its clients speak.
    - `which`: the attacks; those that make no sense for this speech are skipped, and the report says why.
    - `strength`: so many times their counts and bytes; `seconds`: how long each lasts, None: as it says itself.
    - `later`: seconds after which nothing of it may be left; the attackers that hang on do so until then.
    - `announce(text)` is called before each attack; `on_progress(progress)` some ten times a second, in this thread.
    - `cancel`: when it is set, it is over; what was found out until then is reported.

    The good client is a process of its own, and so are the attackers, who come from 127.0.0.2 where the system is
    Linux, so that a server can limit what one address does.

    Raises:
        TypeError, ValueError: what is given is no server, or none on this machine's loopback; a number makes no sense.
        RuntimeError: a process that helps has died; with what it said.
    """
    if not (later >= 0 and math.isfinite(later)):
        raise ValueError(f"later is a number of seconds, 0 or more, not {later!r}")
    chosen = [_chosen(attack, strength, seconds) for attack in which]
    results: list[Result] = []
    with ExitStack() as stack:
        stack.enter_context(held())
        good, crew = (stack.enter_context(Helper(f"{_HERE}.{name}")) for name in ("good", "crew"))
        siege = Siege(server, speech, good, crew, later, announce, on_progress, cancel or threading.Event())
        for attack in chosen:
            try:
                results.append(siege.tried(attack))
            except Cancelled:
                results.append(Result(attack.name, Verdict("not attempted", "It was cancelled.")))
                break
    return Report("your server", tuple(results))


def _chosen(attack: Attack | type[Attack], strength: float, seconds: float | None) -> Attack:
    found = attack() if isinstance(attack, type) else attack
    if not isinstance(found, Attack):
        raise TypeError(f"{attack!r} is no attack; attacks.ALL has those that there are")
    return (found if seconds is None else replace(found, seconds=seconds)).scaled(strength)

"""The attack script: everything that strangers will do to your server first, beside one good client.

    from labsupport.exercises import attacks

    report = attacks.run(my_server)                 # my_server(listener) serves until it is stopped
    report.raise_first()                            # in a test; in a notebook, show the report

Each attack is bounded in connections, bytes and seconds, is announced before it begins, and goes to this machine's
loopback and nowhere else.  README.md beside this file shows how to write one.

| attack | what it does |
|---|---|
| `Oversize` | questions that announce too much, or have no end |
| `Slowloris` | a byte now and then, and never a whole question |
| `Idle` | clients that connect and say nothing |
| `StalledHandshake` | silence in the middle of the TLS handshake |
| `Churn` | clients that come and are gone |
| `NeverReads` | questions, and no answer is read |
| `Flood` | one client asks without end |
| `GuessedToken` | one token after the other |
| `ReplayedLogin` | a login that was recorded, sent again |
| `Pickle` | a pickle, which runs code where it is loaded |
| `HalfCharacter` | bytes that are not UTF-8 |
| `ControlCharacters` | a name that clears a terminal |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labsupport.lookup import looked_up

from .attack import Attack
from .churn import Churn
from .control_characters import ControlCharacters
from .felt import Felt
from .flood import Flood
from .guessed_token import GuessedToken
from .half_character import HalfCharacter
from .held import Held
from .idle import Idle
from .judging import Did, Facts
from .logins import with_challenge, with_token
from .moves import Attacker, Say, Wave
from .never_reads import NeverReads
from .oversize import Oversize
from .pickled import Pickle
from .progress import Progress
from .replayed_login import ReplayedLogin
from .report import Report, Result
from .running import ALL, run
from .slowloris import Slowloris
from .speech import FRAMES, LINES, Speech, Tls
from .stalled_handshake import StalledHandshake
from .subject import At, until_stopped
from .target import Target

if TYPE_CHECKING:
    from .chatting import chat_speech

__all__ = [
    "ALL",
    "FRAMES",
    "LINES",
    "At",
    "Attack",
    "Attacker",
    "Churn",
    "ControlCharacters",
    "Did",
    "Facts",
    "Felt",
    "Flood",
    "GuessedToken",
    "HalfCharacter",
    "Held",
    "Idle",
    "NeverReads",
    "Oversize",
    "Pickle",
    "Progress",
    "ReplayedLogin",
    "Report",
    "Result",
    "Say",
    "Slowloris",
    "Speech",
    "StalledHandshake",
    "Target",
    "Tls",
    "Wave",
    "chat_speech",
    "run",
    "until_stopped",
    "with_challenge",
    "with_token",
]

if not TYPE_CHECKING:  # the chat is imported when it is asked for: the processes that help do without it
    __getattr__, __dir__ = looked_up(__name__, {"chat_speech": "chatting"})

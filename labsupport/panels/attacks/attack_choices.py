"""The attacks of the panel: the script's own, each made of so many attackers, and what each does in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from labsupport.exercises import attacks

from .limited import HOST

__all__ = ["ATTACKS", "SECONDS", "SPEECH", "Choice"]

#: How long each attack lasts.
SECONDS: Final = 3.0
_LINE: Final = "héllo 你好 नमस्ते, ".encode() * 8 + b"\n"
#: How clients of the panel's server speak: an echo of lines of some 300 bytes.
SPEECH: Final = attacks.Speech(_LINE, _LINE, begun=b"h", oversize=b"h", pace=0.05)


@dataclass(frozen=True)
class Choice:
    """An attack to choose: `make` gives one of so many attackers; `does`: what each of them does."""

    make: Callable[[int], attacks.Attack]
    does: str

    def speech(self, pem: str) -> attacks.Speech:
        """How the good client speaks to a server with this authority, "" for one without TLS."""
        return replace(SPEECH, tls=attacks.Tls(pem, HOST)) if pem else SPEECH


#: By name, the plainest first.
ATTACKS: Final[Mapping[str, Choice]] = {
    "idle": Choice(
        lambda count: attacks.Idle(clients=count, seconds=SECONDS),
        "Each connects and says nothing.",
    ),
    "slowloris": Choice(
        lambda count: attacks.Slowloris(clients=count, seconds=SECONDS),
        "Each begins a question and sends one byte more every 0.2 s, never the last.",
    ),
    "oversize": Choice(
        lambda count: attacks.Oversize(clients=count, mebibytes=2, seconds=SECONDS),
        "Each sends 2 MiB of one question that has no end.",
    ),
    "stalled handshake": Choice(
        lambda count: attacks.StalledHandshake(clients=count, seconds=SECONDS),
        "Each sends the first half of its ClientHello and no more. It needs TLS.",
    ),
    "never reads": Choice(
        lambda count: attacks.NeverReads(clients=count, mebibytes=1, seconds=SECONDS),
        "Each sends 1 MiB of good questions and reads no answer.",
    ),
    "flood": Choice(
        lambda count: attacks.Flood(clients=count, rate=2000, seconds=SECONDS),
        "Each asks 2,000 good questions a second and reads the answers.",
    ),
}

"""What came of an attack: the facts (`Facts`), and a verdict of one sentence on them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from labsupport.exercises.engine import Verdict

from .attack import Attack
from .client import ANSWERED
from .felt import Felt, bearable
from .held import Held
from .told import counted, duration, memory, quantity

__all__ = ["Did", "Facts", "judged"]


@dataclass(frozen=True)
class Did:
    """What the attackers have done so far.

    - `connections`, `bytes`: that they made, that they sent; `refused`: connections that were refused.
    - `thrown_out`: how many of those that wanted to stay the server has let go of.
    - `found`: how many heard what they hoped for.
    - `seconds`: how long the attack lasted.
    """

    connections: int = 0
    bytes: int = 0
    refused: int = 0
    thrown_out: int = 0
    found: int = 0
    seconds: float = 0.0

    def text(self) -> str:
        """In a line."""
        refused = f", ≈ {self.refused} refused" if self.refused else ""
        out = f"; ≈ {self.thrown_out} were hung up on" if self.thrown_out else ""
        came = f"≈ {counted(self.connections, 'connection')}{refused}"
        return f"{came}, ≈ {quantity(self.bytes)}, {duration(self.seconds)}{out}"


@dataclass(frozen=True)
class Facts:
    """All that is known of one attack.

    - `attack`; `did`: what the attackers did; `quiet`, `felt`: what the good client felt before, and under attack.
    - `before`, `worst`, `after`: what the server held: the most in quiet, the most under attack, and at the end.
    - `back`: seconds from the end of the attack until no more was held than before; None: more still is, after `later`.
    - `recovered`: the good client's first visit after the attack was answered.
    - `doing`: what the server was doing when the good client had waited for long; "" where this cannot be known.
    - `ended`: why the server serves no more; "" while it does.
    - `got`: what the attackers got that nobody should, as a sentence.
    """

    attack: Attack
    did: Did = field(default_factory=Did)
    quiet: Felt = field(default_factory=Felt)
    felt: Felt = field(default_factory=Felt)
    before: Held = field(default_factory=Held)
    worst: Held = field(default_factory=Held)
    after: Held = field(default_factory=Held)
    back: float | None = None
    later: float = 0.0
    recovered: bool = True
    doing: str = ""
    ended: str = ""
    got: str = ""

    @property
    def answered(self) -> bool:
        """Whether the good client was answered as soon as can be asked of a server under attack."""
        return self.felt.p90 <= bearable(self.quiet)

    def held_text(self) -> str:
        """What the server held, in a line for each kind that is told."""
        lines = []
        for name in ("sockets", "threads"):
            before, worst, after = (getattr(each, name) for each in (self.before, self.worst, self.after))
            if worst is not None:
                lines.append(f"{name} ≈ {before} → ≈ {worst} → ≈ {after}")
        if self.worst.memory is not None:
            lines.append("memory " + " → ".join(memory(each.memory) for each in (self.before, self.worst, self.after)))
        return ", ".join(lines)


def judged(facts: Facts) -> Verdict:
    """The verdict: passed is "held"."""
    wrong = _wrong(facts)
    message = f"{wrong} {facts.attack.cure}".strip() if wrong else "Held: it was answered, and nothing was left."
    return Verdict(
        "failed" if wrong else "passed",
        message,
        called=facts.did.text(),
        returned=f"in quiet:     {facts.quiet.text()}\nunder attack: {facts.felt.text()}\n{facts.held_text()}",
        expected=f"nine of ten answers within {duration(bearable(facts.quiet))}; then no more held than before",
    )


def _wrong(facts: Facts) -> str:
    """What went wrong first, as a sentence; "" if nothing did."""
    while_ = f"while {facts.attack.story}"
    if facts.ended:
        return f"Your server serves nobody any more: {facts.ended}, {while_}."
    if facts.got:
        return facts.got
    if not facts.answered:
        return f"{_not_answered(facts.felt, facts.quiet)}, {while_}{_was(facts.doing)}."
    if not facts.recovered:
        return f"After the attack the good client got no answer any more{_was(facts.doing)}."
    if facts.back is None:
        return f"{facts.later:g} s later your server still held {_rest(facts.after.beyond(facts.before))}, {while_}."
    return ""


def _was(doing: str) -> str:
    return f"; your server was {doing}" if doing else ""


def _not_answered(felt: Felt, quiet: Felt) -> str:
    """How the good client fared."""
    lost = len(felt.visits) - felt.answered
    if math.isinf(felt.p90) and felt.unanswered:
        return f"Nobody was answered for {duration(felt.silence)}"
    if math.isinf(felt.p90):
        kinds = ", ".join(
            f"≈ {sum(visit.outcome == name for visit in felt.visits)} {name}"
            for name in sorted({visit.outcome for visit in felt.visits} - {ANSWERED})
        )
        return f"Of ≈ {len(felt.visits)} visits of the good client ≈ {lost} came to nothing ({kinds})"
    return f"The good client waited {duration(felt.p90)} where it waits {duration(quiet.p90)} in quiet"


def _rest(more: Held) -> str:
    """What is still held."""
    found = [f"≈ {count} {name}" for name, count in (("sockets", more.sockets), ("threads", more.threads)) if count]
    if more.memory:
        found.append(f"{memory(more.memory)} of memory")
    return f"{' and '.join(found)} more than before"

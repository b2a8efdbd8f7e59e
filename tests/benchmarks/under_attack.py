"""What does each attack do to a server that does not expect it, and to one that does?

python tests/benchmarks/under_attack.py [rounds]

For each attack: how long nine of ten visits of the good client took at most, in quiet and under attack, and what the
server held: at the worst, and at the end.  The defended server must answer a good client within twice its quiet latency
and 10 ms, and have everything back 5 s later; the undefended one must not.

What else this machine does changes from second to second, and the attackers are a part of it; another machine would do
their work.  So there is a twin: the same defended server in a process of its own, which nobody attacks, visited in the
same seconds.  Quiet latency is the longer of the two: this server's before the attack, the twin's during it.  On a busy
machine a run has too few visits for nine of ten to say anything, so latency is judged on those of all rounds together.
"""

from __future__ import annotations

import multiprocessing
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labsupport import tls
from labsupport.exercises import attacks
from labsupport.exercises.attacks.felt import Visit, bearable
from labsupport.exercises.attacks.good import spoken
from labsupport.exercises.attacks.helpers import Helper
from tests.benchmarks.harness import judge, leave
from tests.exercises.attacks import undefended
from tests.exercises.attacks.defended import Server

GOOD = "labsupport.exercises.attacks.good"
KEY = b"a key of Amara's"
AUTHORITY = tls.Authority()
_THREADS, _ONE = undefended.a_thread_each, undefended.one_at_a_time
_COVERED = attacks.LINES.over_tls(AUTHORITY)
_TOKEN, _CHALLENGE = attacks.with_token("0042"), attacks.with_challenge("Amara", KEY)

#: The attack, the undefended server and how it speaks, and how the defended one does.
ROWS: list[tuple[attacks.Attack, Callable[[Any], Any], attacks.Speech, attacks.Speech]] = [
    (attacks.Oversize(), _THREADS(undefended.lines), attacks.LINES, attacks.LINES),
    (attacks.Oversize(), _THREADS(undefended.frames), attacks.FRAMES, attacks.FRAMES),
    (attacks.Slowloris(), _THREADS(undefended.a_timeout_each), attacks.LINES, attacks.LINES),
    (attacks.Idle(), _ONE(undefended.lines), attacks.LINES, attacks.LINES),
    (attacks.Idle(), _THREADS(undefended.lines), attacks.LINES, attacks.LINES),
    (
        attacks.StalledHandshake(),
        undefended.a_tls_listener(AUTHORITY.server_context("localhost")),
        _COVERED,
        _COVERED,
    ),
    (attacks.Churn(), _ONE(undefended.unsuspecting), attacks.LINES, attacks.LINES),
    (attacks.NeverReads(), undefended.without_drain, attacks.LINES, attacks.LINES),
    (attacks.Flood(), undefended.costly, attacks.LINES, attacks.LINES),
    (attacks.GuessedToken(), _THREADS(undefended.a_short_token(b"0042")), _TOKEN, _CHALLENGE),
    (attacks.ReplayedLogin(), _THREADS(undefended.a_short_token(b"0042")), _TOKEN, _CHALLENGE),
    (attacks.Pickle(), _THREADS(undefended.unpickles), attacks.FRAMES, attacks.FRAMES),
    (attacks.HalfCharacter(), _ONE(undefended.unsuspecting), attacks.LINES, attacks.LINES),
    (attacks.ControlCharacters(), _THREADS(undefended.logs_names_as_they_come), attacks.LINES, attacks.LINES),
]


def defended(speech: attacks.Speech) -> Callable[[Any], None]:
    """The server that holds, for this speech; each run of it remembers nothing of the last."""
    context = AUTHORITY.server_context("localhost") if speech.tls else None
    how: dict[str, Any] = {"framed": speech is attacks.FRAMES, "context": context, "key": KEY if speech.login else b""}

    def serve(listener: Any) -> None:
        Server(**how)(listener)

    return serve


@dataclass(frozen=True)
class Twin:
    """A defended server that nobody attacks, and where it is."""

    speech: attacks.Speech
    address: tuple[str, int]

    @classmethod
    def born(cls, speech: attacks.Speech) -> Twin:
        """In a process of its own."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        multiprocessing.get_context("fork").Process(target=defended(speech), args=(listener,), daemon=True).start()
        address: tuple[str, int] = listener.getsockname()
        listener.close()
        return cls(speech, address)


def row(server: Any, attack: attacks.Attack, speech: attacks.Speech) -> attacks.Result:
    """One attack on one server."""
    (result,) = attacks.run(server, speech, [attack], announce=lambda _: None).results
    return result


def beside(twin: Twin, attack: attacks.Attack) -> tuple[attacks.Result, attacks.Felt]:
    """One attack on a defended server, and what a good client of its twin felt meanwhile."""
    with Helper(GOOD) as good:
        good.tell("visit", twin.address, spoken(twin.speech, twin.speech.credentials), twin.speech.pace)
        result = row(defended(twin.speech), attack, twin.speech)
        visits = [Visit(*said) for said in good.taken()]
    felt = result.felt.visits if result.facts else ()
    began = [visit.began for visit in felt]
    return result, attacks.Felt(tuple(each for each in visits if felt and min(began) <= each.began <= max(began)))


def wrong(result: attacks.Result) -> str:
    """Why a server did not hold in this run, whatever its latency; "" if it did."""
    facts = result.facts
    if facts is None or facts.ended or facts.got or not facts.recovered or facts.back is None:
        return result.sentence
    return ""


@dataclass
class Visits:
    """Those of a defended server in all rounds: before the attacks, during them, and of its twin during them."""

    quiet: list[Visit] = field(default_factory=list)
    felt: list[Visit] = field(default_factory=list)
    twin: list[Visit] = field(default_factory=list)

    def add(self, result: attacks.Result, twin: attacks.Felt) -> None:
        """One more run."""
        if result.facts:
            self.quiet += result.quiet.visits
            self.felt += result.felt.visits
        self.twin += twin.visits

    def in_time(self, name: str) -> bool:
        """Whether nine of ten were answered as soon as is asked; says so."""
        quiet, felt, twin = (attacks.Felt(tuple(each)) for each in (self.quiet, self.felt, self.twin))
        bound = max(bearable(quiet), bearable(twin))
        parts = f"{quiet.p90 * 1000:.3g} ms before, {twin.p90 * 1000:.3g} ms at its twin's"
        question = f"{name}: p90 of {len(felt.visits)} visits ({parts})"
        return judge(question, felt.p90 * 1000, round(bound * 1000, 1), " ms")


def told(kind: str, result: attacks.Result, mark: str = "") -> str:
    """A line."""
    _, quiet, attacked, lost, *held, verdict = result.cells()
    return f"       {kind:<11}{quiet:>10} → {attacked:<10} lost {lost:<14} {'; '.join(held)}  {mark or verdict}"


def main() -> None:
    """Every attack on both servers, so many rounds."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    twins = {id(speech): Twin.born(speech) for *_, speech in ROWS}
    visits = [Visits() for _ in ROWS]
    fell = held = 0
    for done in range(1, rounds + 1):
        for (attack, serve, speech, spoken_there), kept in zip(ROWS, visits, strict=True):
            print(attack.name, flush=True)
            first = row(serve, attack, speech)
            second, twin = beside(twins[id(spoken_there)], attack)
            kept.add(second, twin)
            why = wrong(second)
            print(told("undefended", first), flush=True)
            print(told("defended", second, f"(its twin ≈ {twin.p90 * 1000:.3g} ms)  {why}"), flush=True)
            fell, held = fell + (not first.passed), held + (not why)
        print(f"After {done} of {rounds} rounds:", flush=True)
        good = (
            judge("undefended servers that an attack brought down", fell, done * len(ROWS), least=True),
            judge("defended servers that held", held, done * len(ROWS), least=True),
            *[kept.in_time(attack.name) for (attack, *_), kept in zip(ROWS, visits, strict=True)],
        )
    leave(*good)


if __name__ == "__main__":
    main()

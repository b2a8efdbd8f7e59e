"""A server that holds through the attack script: limits, deadlines, a maximum, a rate."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from labsupport.exercises import attacks
from labsupport.exercises.engine import Case, Stage, Task, Verdict
from labsupport.exercises.peers import Peer, Unmet
from labsupport.tape.streams import RECEIVING

from .answers import ASYNCIO, SELECTORS
from .hold_mistakes import ANSWERS, ECHOED, HUNG_UP, MISTAKES, NO_END, PLACES, TRYING
from .hold_programs import STARTER, written
from .script import holds

__all__ = ["HOLD_THROUGH", "Limits"]


@dataclass(frozen=True)
class Limits:
    """What the learner's server is to keep to: clients at once, seconds for a line, bytes of a line, lines a second."""

    clients: int = 20
    seconds: float = 5.0
    line: int = 1000
    rate: int = 10


#: Seconds after which a case is over, also on a busy machine.
_LONGEST: Final = 12.0
#: A client that talks for longer than one line may take pauses so long, so often.
_PAUSE: Final = 0.2
_PAUSES: Final = 6
#: What it may take for a line: less than for all of that, and far more than for one.
_LESS: Final = 0.95
#: What the silent and the slow have; and a byte comes each so many seconds.
_SOON: Final = 0.5
_DRIP: Final = 0.1
_DROPS: Final = 14
#: A line without an end, in so many pieces of 1000 bytes.
_PIECES: Final = 12
#: The attack script, small: what it plays is bounded, and the good client comes from another process.
_SCRIPT: Final = (attacks.Slowloris(clients=30, seconds=0.4),)
_FOR_THE_SCRIPT: Final = Limits(clients=60, seconds=_SOON, rate=100)
_LATER: Final = 3.0
_GAP: Final = (
    "There is a gap left to fill: write the limits in converse(), and then delete the line that raises "
    "NotImplementedError."
)


# --- the clients -----------------------------------------------------------------------------


def _case(title: str, trying: str, play: Callable[[Stage], None], limits: Limits) -> Case:
    def given(stage: Stage) -> tuple[object, ...]:
        stage.noted |= {TRYING: trying, ANSWERS: 0}
        return stage.listen(), limits

    def played(stage: Stage) -> None:
        play(stage)
        for peer in stage.peers:
            peer.sock.close()

    return Case(title, "hold_through(listener, limits)", played, given, serves=True, longest=_LONGEST)


def _asks(stage: Stage, peer: Peer, text: str) -> None:
    line = f"{text}\n".encode()
    peer.says(line)
    peer.hears(line)
    stage.noted[ANSWERS] += 1


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)  # for the eye of `settle`, a thread in an Event's wait() has nothing to do


def _talk(stage: Stage) -> None:
    amara, bo = stage.client("Amara"), stage.client("Bồ")
    amara.says(b"one\ntw")
    amara.hears(b"one\n")
    for text in ("héllo", "你好", "x" * (Limits().line - 1)):
        _asks(stage, bo, text)
    _says_three(bo)
    stage.rest()
    amara.says(b"o\n")
    amara.hears(b"two\n")
    stage.noted[ANSWERS] = 2
    for text in ("three", "four", "five"):
        _asks(stage, amara, text)
    for number in range(_PAUSES):
        _pause(_PAUSE)
        _asks(stage, amara, f"again {number}")


def _says_three(peer: Peer) -> None:
    """Three lines in one piece: each is short enough, and together they are longer than one may be."""
    lines = b"".join(letter * 400 + b"\n" for letter in (b"a", b"b", b"c"))
    peer.says(lines)
    peer.hears(lines)


def _silent(stage: Stage) -> None:
    chen = stage.client("Chen")
    _asks(stage, stage.client("Amara"), "héllo")
    chen.is_hung_up()


def _slow(stage: Stage) -> None:
    dewi = stage.client("Dewi")
    for _ in range(_DROPS):
        dewi.says(b"x")
        stage.steps += 1
        if select.select([dewi.sock], [], [], _DRIP)[0]:  # something came, and it can only be the end
            return dewi.is_hung_up()
    raise Unmet("Dewi", HUNG_UP, "none")


def _endless(stage: Stage) -> None:
    eli = stage.client("Eli")
    for _ in range(_PIECES):
        eli.says(b"x" * 1000)
        stage.rest()
    taken = sum(call.length or 0 for call in stage.calls(*RECEIVING))
    if taken == _PIECES * 1000:
        raise Unmet("Eli", "the end, after not much more than 1000 bytes without an end of line", NO_END)
    eli.is_hung_up()
    if eli.heard:
        raise Unmet("Eli", "the end, and no answer", f"{len(eli.heard):,} bytes of it back")
    _whole(stage)
    _asks(stage, stage.client("Amara"), "héllo")


def _whole(stage: Stage) -> None:
    """A line that is too long, and comes with its end."""
    femi = stage.client("Femi")
    femi.says(b"x" * Limits().line + b"\n")
    stage.rest()
    if select.select([femi.sock], [], [], 0)[0] and femi._recv(1):  # noqa: SLF001  the end is looked at below
        raise Unmet("Femi", "the end, and no answer", ECHOED)
    femi.is_hung_up()


def _crowd(stage: Stage) -> None:
    amara, bo, chen = (stage.client(name) for name in ("Amara", "Bồ", "Chen"))
    for each in (amara, bo, chen):
        _asks(stage, each, "héllo")
    dewi = stage.client("Dewi")
    dewi.is_hung_up()
    _asks(stage, amara, "still here")
    stage.noted[TRYING] = "place"
    stage.rest()
    bo.resets()
    stage.rest()
    _asks(stage, stage.client("Eli"), "at last")
    chen.finishes()
    chen.hears_the_end()


def _flood(stage: Stage) -> None:
    femi = stage.client("Femi")
    lines = [b"%02d\n" % number for number in range(3 * Limits().rate)]
    femi.says(b"".join(lines))
    femi.awaits = HUNG_UP
    while femi.heard.count(b"\n") <= Limits().rate:
        try:
            data = femi.sock.recv(4096)
        except TimeoutError:
            raise Unmet("Femi", femi.awaits, "none") from None
        except OSError:
            data = b""
        if not data:
            break
        femi.heard += data
    femi.awaits = ""
    if (count := femi.heard.count(b"\n")) > Limits().rate:
        stage.noted[ANSWERS] = count
        raise Unmet("Femi", f"at most {Limits().rate} answers, and the end", "more answers")
    femi.steps += 1
    _asks(stage, stage.client("Amara"), "héllo")


# --- the attack script -----------------------------------------------------------------------


@dataclass(eq=False, repr=False)
class _Holding(Task):
    """When all cases went well, the attack script has its turn."""

    def _verdict(self, answer: object) -> Verdict:
        verdict = super()._verdict(answer)
        if verdict.status == "not attempted":
            return replace(verdict, message=_GAP)
        if not verdict.passed or not callable(answer):
            return verdict
        script = _SCRIPT, _LATER
        return holds(lambda listener: _served(answer, listener), attacks.LINES, *script) or verdict


def _served(answer: Callable[..., object], listener: Any) -> None:
    answer(listener, _FOR_THE_SCRIPT)


HOLD_THROUGH: Final = _Holding(
    name="hold_through",
    chapter=8,
    prompt=(
        "**A server that holds.** Without its `raise` line the echo of lines below works, and anybody can stop it. The "
        "count of clients is there: at most `limits.clients` at once, and whoever goes, in whatever way, gives the "
        "place back. Write the limits of one client, in `converse`. It has `limits.seconds` for its next whole line. A "
        "line has at most `limits.line` bytes with its end, and at most `limits.rate` of them come within a second. "
        "Whoever breaks a limit is hung up on; all others are answered as ever. About 12 lines."
    ),
    hints=(
        "What can one client make your server wait for, keep, or do? Each of these needs a limit of its own.",
        (
            "Where does each belong? The time before each recv(); the size before you read more, and again when a line "
            "came whole; the rate once for each line."
        ),
        (
            "A line: fix `deadline = time.monotonic() + limits.seconds` when you begin to wait for it. Before each "
            "recv(): `left = deadline - time.monotonic()`; stop where `left <= 0`, else `settimeout(left)`. Stop when "
            "`limits.line` bytes are pending and no `\\n` is among them."
        ),
        (
            "A rate: `collections.deque(maxlen=limits.rate)` with the times of the last lines. If it is full and its "
            "first is younger than a second, that is too fast."
        ),
    ),
    starter=STARTER,
    solution=written(),
    alternatives=(ASYNCIO, SELECTORS),
    cases=(
        _case("Amara and Bồ talk for a while", "talk", _talk, Limits(seconds=_LESS)),
        _case("Chen connects and says nothing", "silence", _silent, Limits(seconds=_SOON)),
        _case("Dewi sends a byte now and then, and never a whole line", "drip", _slow, Limits(seconds=_SOON)),
        _case("Eli's line has no end, Femi's is whole and too long", "endless", _endless, Limits()),
        _case("three places are taken when Dewi comes; then Bồ resets, and Eli comes", "crowd", _crowd, Limits(PLACES)),
        _case("Femi sends thirty lines at once, and ten are allowed", "flood", _flood, Limits()),
    ),
    praise=(
        "One was silent, one slow, one endless, one too many, one too fast; then came one attack of the script, "
        "slowloris with thirty clients. Each cost you a place, for a while, and the good client was answered."
    ),
    mistakes=MISTAKES,
)

"""The facts by which it shows what is wrong in a sender whose peer does not read."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Outcome
from labsupport.tape.streams import SENDING

from .source import Rest, Source

__all__ = [
    "LIMIT",
    "SPINS",
    "again",
    "cannot_tell",
    "counts_from_the_start",
    "dropped",
    "for_ever",
    "goes_on",
    "grows",
    "ignores",
    "keeps_the_end",
    "refusals",
    "source",
    "spins",
    "through",
]

#: Bytes that it may hold.
LIMIT: Final = 200_000
#: So often may a sender be told that there is no room, and not sleep after it.
SPINS: Final = 100


def source(outcome: Outcome) -> Source:
    """Where the pieces came from."""
    met: Source = outcome.noted["source"]
    return met


def refusals(outcome: Outcome) -> int:
    """How often a send was told that there is no room, and the program did not sleep after it."""
    times = sum(call.error is not None and call.error.type is BlockingIOError for call in outcome.sends)
    return times - len(outcome.noted["clock"].naps)


def _rest(outcome: Outcome) -> bytes | None:
    """What the function gave back when the reader read nothing."""
    stuck = outcome.noted["source"].delivered and outcome.unmet is None and not outcome.flood
    return outcome.result.data if stuck and isinstance(outcome.result, Rest) else None


def _late(outcome: Outcome) -> list[str]:
    """The calls that came to the end of their patience."""
    return [call.op for call in outcome.sends if call.error is not None and call.error.type is TimeoutError]


def grows(outcome: Outcome) -> Facts | None:
    """It holds more than it may, and did not give up."""
    held = source(outcome).held
    return {"n": f"{held / 1_000_000:.0f}"} if held > LIMIT and len(_late(outcome)) < 2 else None


def _by_sendall(outcome: Outcome) -> bool:
    return "sendall" in _late(outcome)


def goes_on(outcome: Outcome) -> Facts | None:
    """Its patience ended twice."""
    return {} if len(_late(outcome)) > 1 and not _by_sendall(outcome) else None


def through(outcome: Outcome) -> Facts | None:
    """The TimeoutError of a send() came out."""
    return {} if _late(outcome) == ["send"] and outcome.raised(TimeoutError) else None


def cannot_tell(outcome: Outcome) -> Facts | None:
    """A sendall() came to its timeout."""
    return {} if _by_sendall(outcome) and source(outcome).held <= LIMIT else None


def for_ever(outcome: Outcome) -> Facts | None:
    """A send waits, without a timeout."""
    call = outcome.waiting
    if call is None or call.op not in SENDING or outcome.ended or _late(outcome):
        return None
    return {"op": call.op} if source(outcome).held <= LIMIT and refusals(outcome) <= SPINS else None


def again(outcome: Outcome) -> Facts | None:
    """More came back than was left."""
    rest, met = _rest(outcome), source(outcome)
    twice = rest is not None and met.held <= LIMIT and met.taken.endswith(rest) and len(rest) > len(met.left)
    return {} if twice and not _by_sendall(outcome) else None


def dropped(outcome: Outcome) -> Facts | None:
    """Nothing came back, and something was left."""
    rest, met = _rest(outcome), source(outcome)
    lost = rest == b"" and bool(met.left) and met.held <= LIMIT
    return {} if lost and not _by_sendall(outcome) else None


def _stops_short(outcome: Outcome) -> bool:
    """All pieces were taken, the kernel had room and was given less, and the reader waits for the others."""
    met = source(outcome)
    done = outcome.ended and outcome.error is None and outcome.unmet is not None
    return done and len(met.taken) == len(b"".join(met.pieces)) and met.sent < len(met.taken)


def _with_a_hole(outcome: Outcome) -> bool:
    """Whether what was sent is not the beginning of what was taken."""
    sent = b"".join((call.data or b"")[: call.length or 0] for call in outcome.sends)
    return not source(outcome).taken.startswith(sent)


def ignores(outcome: Outcome) -> Facts | None:
    """A send() took a part of a piece, and the next one was sent behind it."""
    pairs = zip(outcome.sends, source(outcome).pieces, strict=False)
    short = [(call.length, len(piece)) for call, piece in pairs if (call.length or 0) < len(piece)]
    found = short and _stops_short(outcome) and _with_a_hole(outcome)
    return {"k": short[0][0], "n": short[0][1]} if found else None


def keeps_the_end(outcome: Outcome) -> Facts | None:
    """What was sent is the beginning of what was taken, and the end of it was never offered again."""
    met = source(outcome)
    return {"n": len(met.taken) - met.sent} if _stops_short(outcome) and not _with_a_hole(outcome) else None


def counts_from_the_start(outcome: Outcome) -> Facts | None:
    """It gave up while the source thought, and the kernel had room."""
    met = source(outcome)
    early = met.thinks and outcome.ended and outcome.error is None and len(met.taken) < len(b"".join(met.pieces))
    return {"sent": met.sent} if early and outcome.unmet is not None else None


def spins(outcome: Outcome) -> Facts | None:
    """It was told again and again that there is no room."""
    return {} if source(outcome).held <= LIMIT and refusals(outcome) > SPINS else None

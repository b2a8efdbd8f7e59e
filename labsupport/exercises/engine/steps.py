"""Cases that need no second thread: the learner's code is called step by step, and its own socket feeds it.

A `Step` is one call and what is to come of it; a `Reading` is a stream in chunks and the steps that read it.
`reading` makes a case of one, `every_size` a case that tries a reading for each chunk size: unseen at first, for so
much would flood the tape, and what goes wrong is played again to be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labsupport.exercises.peers.lockstep import SIZES, End, Trial, chunked, first_wrong, in_time
from labsupport.tape.watched import Plain

from .case import ANYTHING, Case, Outcome
from .stage import Stage
from .values import same

__all__ = ["Reading", "Step", "alone", "every_size", "reading", "seen", "sizes_left_out", "swept", "taken", "walked"]

#: Seconds in which every size is tried, and after that the telling ones; and those that all this may take.
_FULL: Final = 3.3
_LONGEST: Final = 5.0


@dataclass(frozen=True)
class Step:
    """One call of the learner's code.

    - `call`: as a learner reads it; `do`: makes it, given the subject (the answer, or what opening it gave) and the
      socket.
    - `returns`: what it is to return (`ANYTHING`: not asked), or `raises`: what it is to raise.
    """

    call: str
    do: Callable[[Any, Any], object]
    returns: object = ANYTHING
    raises: type[BaseException] | None = None

    def is_right(self, result: object) -> bool:
        """Whether this came back as it should."""
        return self.raises is None and (self.returns is ANYTHING or same(result, self.returns))

    def is_raised(self, error: BaseException) -> bool:
        """Whether this was raised as it should be."""
        return self.raises is not None and isinstance(error, self.raises) and type(error) is not NotImplementedError


@dataclass(frozen=True)
class Reading:
    """A stream that arrives in `chunks`, what comes after them (`end`), and the steps that read it.

    - `opens`: a first step, whose result is the subject of the others: a reader, a decoder.
    - `timeout`: seconds that the socket has for a call, as somebody has set it; None: for ever.
    """

    chunks: Sequence[bytes]
    steps: Sequence[Step]
    end: End = "silence"
    opens: Step | None = None
    timeout: float | None = None

    @classmethod
    def cut(
        cls, data: bytes, size: int, steps: Sequence[Step], end: End = "silence", opens: Step | None = None
    ) -> Reading:
        """A stream in chunks of `size` bytes; the last may be shorter."""
        return cls(chunked(data, size), steps, end, opens)


def reading(title: str, what: Reading, holds: Callable[[Outcome], str] = lambda _: "") -> Case:
    """A case in which the steps of `what` come one after the other."""
    return alone(title, what, lambda answer, stage: seen(answer, stage, what), holds)


def every_size(title: str, what: Callable[[int], Reading], sizes: Sequence[int] = SIZES) -> Case:
    """A case that tries `what(size)` for each chunk size, and shows the first that goes wrong."""
    return alone(title, what(sizes[0]), lambda answer, stage: swept(answer, stage, title, what, sizes))


def alone(
    title: str, what: Reading, use: Callable[[Any, Stage], object], holds: Callable[[Outcome], str] = lambda _: ""
) -> Case:
    """A case in which the learner's thread is the only one, and `use` is all that it does; it begins as `what` does."""
    call = (what.opens or what.steps[0]).call
    return Case(title, call, lambda _: None, lambda stage: (stage,), holds=holds, use=use, longest=_LONGEST)


def taken(outcome: Outcome) -> int:
    """How many bytes the learner's code took out of the socket; what it only peeked at does not count."""
    return max((call.endpoint.received for call in outcome.receives), default=0)


# --- what such a case does -------------------------------------------------------------------


def swept(
    answer: Any, stage: Stage, title: str, what: Callable[[int], Reading], sizes: Sequence[int] = SIZES
) -> object:  # fmt: skip
    """Try `what(size)` for every chunk size, unseen; the first that goes wrong is read again, to be seen."""
    sweep, rest = _Sweep(answer, stage, what, title), in_time(sizes, _FULL)
    while (size := sweep.first_wrong(rest)) is not None:
        result = seen(answer, stage, what(size))
        if stage.raises is not None or stage.returns is not ANYTHING:
            return result
    if sweep.tried < len(sizes):
        stage.noted["sizes"] = (sweep.tried, len(sizes))
    return None


def sizes_left_out(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """What to say where the time was too short for every chunk size: nothing, or one sentence."""
    found = [outcome.noted["sizes"] for outcome in outcomes if "sizes" in outcome.noted]
    if not found:
        return ()
    tried, all_of_them = min(found)
    said = (
        f"The reading was slow here, byte by byte or on a busy machine: of the {all_of_them:,} chunk sizes {tried:,} "
        "were tried, the smallest and, above them, the powers of two and their neighbours."
    )
    return (said,)


def seen(answer: Any, stage: Stage, what: Reading) -> object:
    """Lend a socket that is fed, and take the steps."""
    sock, _ = stage.lent(chunks=what.chunks, end=what.end)
    Plain.settimeout(sock, what.timeout)
    return walked(answer, sock, stage, what)


def walked(answer: Any, sock: Any, stage: Stage, what: Reading) -> object:
    """Take the steps, on the tape: the result of the last, or of the first that goes wrong.

    What that was to give is left on the stage.
    """

    def begins(step: Step) -> None:
        stage.call, stage.returns, stage.raises = step.call, step.returns, step.raises
        stage.steps += 1

    right, result = _go(answer, sock, what, begins)
    if right:
        stage.returns, stage.raises = ANYTHING, None
    return result


def _go(
    answer: Any, sock: Any, what: Reading, begins: Callable[[Step], None] = lambda _: None
) -> tuple[bool, object]:  # fmt: skip
    """Whether all steps went right, and what the last of them gave, or the first that did not.

    An error that was not to be raised goes through.
    """
    subject = result = answer
    for step in (*((what.opens,) if what.opens else ()), *what.steps):
        begins(step)
        try:
            result = step.do(subject, sock)
        except BaseException as error:
            if not step.is_raised(error):
                raise
        else:
            if not step.is_right(result):
                return False, result
            subject = result if step is what.opens else subject
    return True, result


class _Sweep:
    """The chunk sizes, one after the other, unseen."""

    def __init__(self, answer: Any, stage: Stage, what: Callable[[int], Reading], title: str) -> None:
        self._answer, self._stage, self._what, self._title = answer, stage, what, title
        self._now: Reading | None = None
        self.tried = 0

    def first_wrong(self, sizes: Iterable[int]) -> int | None:
        """The first of `sizes` that goes wrong; None if all go well."""
        return first_wrong(self._goes_well, self._trial, sizes, learner=self._stage.learner, tried=self._tried)

    def _trial(self, size: int) -> Trial:
        self._now = self._what(size)
        return Trial(b"".join(self._now.chunks), returns=True, end=self._now.end)

    def _tried(self, size: int, _: object) -> None:
        self.tried += 1
        self._stage.steps += 1
        self._stage.title = f"{self._title}; here pieces of {size} byte{'s' if size > 1 else ''}"

    def _goes_well(self, sock: Any) -> bool:
        assert self._now is not None  # `_trial` comes first
        return _go(self._answer, sock, self._now)[0]

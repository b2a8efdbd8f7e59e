"""The words in which an exercise is written: cases, what came of them, and the mistakes that explain it.

A `Case` is one scene: the learner's function is called, and somebody plays the other side.  Its `Outcome` holds facts
only: what was returned or raised, where it was waiting, what is on the tape, what the other side got.  A `Mistake` is
a wrong program that learners really write, and a `sign` by which an outcome shows it: facts again, never the source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from labsupport.exercises.peers import Unmet
from labsupport.tape.events import Call, Endpoint, text_of
from labsupport.tape.excerpt import Excerpt
from labsupport.tape.programs import Owner
from labsupport.tape.streams import RECEIVING

if TYPE_CHECKING:
    from .stage import Stage

__all__ = ["ANYTHING", "LONGEST", "Case", "Facts", "Having", "Mistake", "Outcome"]

#: What fills the gaps of a message: {n} times, {k} of {m} bytes.
Facts = Mapping[str, object]

#: A case that does not ask what the function returns.
ANYTHING: Final = object()
#: Seconds after which a case is over, however busy everybody is.
LONGEST: Final = 4.0


@dataclass(frozen=True)
class Having:
    """What is expected where a function gives an object: one with these methods."""

    methods: tuple[str, ...]

    def fits(self, value: object) -> bool:
        """Whether it has them all."""
        try:
            return all(callable(getattr(value, name, None)) for name in self.methods)
        except Exception:  # noqa: BLE001  somebody's __getattr__
            return False

    def __repr__(self) -> str:
        return f"an object with {' and '.join(f'.{name}()' for name in self.methods)}"


def _met(outcome: Outcome) -> str:  # noqa: ARG001  the shape of `Case.holds`
    return ""


def _called(answer: Callable[..., object], *given: object) -> object:
    return answer(*given)


@dataclass(frozen=True)
class Case:
    """One scene.

    - `title`: what it is about, to be read after "In the case: ".
    - `call`: the call as a learner reads it, such as ``whole_answer(address)``.
    - `given`: what the function is called with; `play`: the other side, which may raise `Unmet`.
    - `serves`: the function is a server, which runs until it is stopped.
    - `stops`: it is one that is told when to stop, and then returns: what its clients did not get is told first.
    - `holds`: looks at a scene that went well so far; what was expected and is not so, or "".
    - `use`: what is done with the function and what is given: it is called.  More (call it twice, make an error for it
      to explain) happens in the learner's thread too, and counts as the learner's.
    - `longest`: seconds after which it is over, however busy everybody is.
    """

    title: str
    call: str
    play: Callable[[Stage], None]
    given: Callable[[Stage], tuple[object, ...]]
    serves: bool = False
    holds: Callable[[Outcome], str] = _met
    use: Callable[..., object] = _called
    longest: float = LONGEST
    stops: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a case, or of a choice.

    - `result`, `error` (and `at`, the line that raised), `ended`: the function's end, if it came to one.
    - `waiting`: its call that had not returned; `doing`: what it did instead, to be read after "it is";
      `computes`: whether that uses the processor, None where this cannot be known.
    - `returns`: what it was to return (`ANYTHING`: not asked); `raises`: what it was to raise instead.
    - `flood`: the case was ended early, because the same calls came back again and again.
    - `unmet`: what the other side was to get and did not.
    - `tape`: the case; `owner`: whose calls on it are the learner's; `left`: threads of it that could not be ended.
    - `noted`: what else the script found out, by name (how often the work was done, how long the code slept).
    """

    case: Case
    tape: Excerpt
    owner: Owner
    returns: object = ANYTHING
    raises: type[BaseException] | None = None
    result: object = None
    error: BaseException | None = None
    at: str = ""
    ended: bool = False
    gone: bool = False
    waiting: Call | None = None
    doing: str = ""
    computes: bool | None = None
    flood: bool = False
    unmet: Unmet | None = None
    printed: str = ""
    left: int = 0
    noted: Mapping[str, Any] = field(default_factory=dict)

    def calls(self, *ops: str) -> list[Call]:
        """The learner's calls of these methods, oldest first; without `ops`, all."""
        return [call for call in self.tape.calls() if call.program.owner is self.owner and (not ops or call.op in ops)]

    @property
    def served(self) -> bool:
        """Whether what a client did not get says more than that the function has not come to its end."""
        return self.case.serves or (self.case.stops and self.unmet is not None and self.error is None)

    @property
    def receives(self) -> list[Call]:
        """The learner's calls that took bytes, or wanted to."""
        return self.calls(*RECEIVING)

    @property
    def sends(self) -> list[Call]:
        """The learner's calls that sent, or tried to."""
        return self.calls("send", "sendall", "sendmsg", "sendfile")

    @property
    def received(self) -> bytes:
        """All bytes that those calls took."""
        return b"".join(call.data or b"" for call in self.receives)

    def deaf(self) -> Endpoint | None:
        """A socket that gave the learner b'' and was read again all the same, or None."""
        ends: list[Endpoint] = []
        for call in self.receives:
            if call.endpoint in ends:
                return call.endpoint
            if call.length == 0 and not call.open and call.error is None:
                ends.append(call.endpoint)
        return None

    def raised(self, kind: type[BaseException], *words: str) -> bool:
        """Whether the function raised such an error, with all these words in its message."""
        return isinstance(self.error, kind) and all(word in text_of(self.error) for word in words)

    def failed(self, kind: type[BaseException], *ops: str) -> bool:
        """Whether one of the learner's calls of these methods raised such an error, caught or not."""
        return any(call.error is not None and issubclass(call.error.type, kind) for call in self.calls(*ops))

    def thrown(self, kind: str) -> bool:
        """Whether the function, or a thread that it started, ended with an error of this name."""
        return (self.error is not None and type(self.error).__name__ == kind) or f"\n{kind}: " in self.printed


@dataclass(frozen=True)
class Mistake:
    """A wrong program that learners really write.

    - `name`; `source`: a complete wrong solution; `says`: what its author is told, with gaps for facts.
    - `sign`: looks at an outcome that went wrong: the facts that fill the gaps (perhaps none), or None: not this one.
    - `facts`: those that `source` gives.
    """

    name: str
    source: str
    says: str
    sign: Callable[[Any], Facts | None]
    facts: Facts = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What the author of `source` is told."""
        return self.says.format(**self.facts)

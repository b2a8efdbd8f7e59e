"""Many clients of a service at the same time: their sockets in one thread, unwatched, each with a script of its own.

The others ask some questions, a moment apart, and go.  The slow ones come first, send half a question, and its other
half a second later.  What is measured is the longest time that each of the others had to wait: from its first call of
connect() to its first answer, or from a question to the answer.
"""

from __future__ import annotations

import contextlib
import heapq
import random
import selectors
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, Final

from labsupport.tape.events import Address, clock
from labsupport.tape.watched import Plain

__all__ = ["GAP", "QUESTIONS", "SLOWNESS", "Step", "Visitor", "Visitors"]

#: What each of the others asks, how often, and seconds from an answer to its next question.
_QUESTION: Final = "héllo 你好\n".encode()
QUESTIONS: Final = 5
GAP: Final = 0.02
#: Seconds after which a slow client sends the other half of its question.
SLOWNESS: Final = 1.0
_HALVES: Final = (b"slow, ", b"but there\n")

_EARLY: Final = 0.05  # seconds that the slow ones are ahead of the others, who come within as many
_LOOK: Final = 0.02  # seconds between two looks at how far it has come


@dataclass(frozen=True)
class Step:
    """A part of a visit: `after` so many seconds `say` this; `answered`: the next step waits for the answer."""

    after: float
    say: bytes
    answered: bool = True


class Visitor:
    """One client, and how far it is with its steps.

    - `longest`: the longest that it has waited for an answer that came; `since`: when it began to wait, or None.
    - `over`: it has had all its answers; `trouble`: the name of the error that ended it, or "".
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = list(steps)
        self.longest = 0.0
        self.since: float | None = None
        self.over = False
        self.trouble = ""
        self.sock: Any = None

    def wait(self) -> float:
        """The longest that it has waited so far, for an answer or in vain."""
        since = self.since
        return max(self.longest, clock() - since) if since is not None else self.longest

    def begin(self, address: Address) -> None:
        """Connect, without waiting for it."""
        self.since = clock()
        self.sock = Plain()
        self.sock.setblocking(False)
        self.sock.connect_ex(address)

    def say(self) -> Step:
        """Say what the next step has to say."""
        step = self.steps.pop(0)
        self.since = self.since or clock()
        self.sock.sendall(step.say)
        return step

    def hear(self) -> bool:
        """Read; whether the answer is whole now."""
        data = self.sock.recv(1000)
        if not data:
            raise ConnectionError("the server has gone")
        if not data.endswith(b"\n"):
            return False
        self.longest, self.since = self.wait(), None
        return True

    def leave(self, trouble: str = "") -> None:
        """Close the connection."""
        self.longest, self.since = self.wait(), None
        self.trouble = trouble
        self.over = not trouble
        if self.sock is not None:
            self.sock.close()


class Visitors:
    """`others` clients that ask and go, and `slow` ones that came before them."""

    def __init__(self, others: int, slow: int) -> None:
        dice = random.Random(0)  # noqa: S311  nothing is secret about when somebody comes
        halves = [Step(0, _HALVES[0], answered=False), Step(SLOWNESS, _HALVES[1])]
        self.slow = [Visitor(halves) for _ in range(slow)]
        self.others = [Visitor(_questions(_EARLY * (1 + dice.random()))) for _ in range(others)]
        self._due: list[tuple[float, int, Visitor]] = []
        self._selector: Any = None

    @property
    def over(self) -> bool:
        """Whether all others have had their answers, or an error."""
        return all(one.over or one.trouble for one in self.others)

    def visit(self, address: Address, seconds: float, look: Callable[[], object]) -> None:
        """Let them come, until all others have gone, `seconds` are over, or `look`, often called, returns False."""
        until = clock() + seconds
        with selectors.DefaultSelector() as self._selector:
            for one in (*self.slow, *self.others):
                self._later(one)
            try:
                while not self.over and clock() < until and look() is not False:
                    self._turn(address)
            finally:
                for one in (*self.slow, *self.others):
                    if one.sock is not None:
                        one.sock.close()

    def _turn(self, address: Address) -> None:
        """Begin what is due, and go on with whoever can."""
        while self._due and self._due[0][0] <= clock():
            one = heapq.heappop(self._due)[2]
            with self._troubled(one):
                self._go_on(one, address)
        for key, _ in self._selector.select(_LOOK if not self._due else min(_LOOK, max(0, self._due[0][0] - clock()))):
            with self._troubled(key.data):
                self._ready(key.data, key.events)

    def _later(self, one: Visitor) -> None:
        heapq.heappush(self._due, (clock() + one.steps[0].after, id(one), one))

    def _go_on(self, one: Visitor, address: Address) -> None:
        if one.sock is None:
            one.begin(address)
        self._selector.register(one.sock, EVENT_WRITE, one)

    def _ready(self, one: Visitor, events: int) -> None:
        if events & EVENT_WRITE:
            if one.say().answered:
                self._selector.modify(one.sock, EVENT_READ, one)
                return
        elif not one.hear():
            return
        self._selector.unregister(one.sock)
        if one.steps:
            self._later(one)
        else:
            one.leave()

    @contextlib.contextmanager
    def _troubled(self, one: Visitor) -> Any:
        try:
            yield
        except OSError as error:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(one.sock)
            one.leave(type(error).__name__)


def _questions(after: float) -> list[Step]:
    return [Step(after, _QUESTION), *(Step(GAP, _QUESTION) for _ in range(QUESTIONS - 1))]

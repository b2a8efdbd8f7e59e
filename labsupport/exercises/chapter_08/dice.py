"""Random bytes that are the same on every run, for a learner's programs: what they draw stands in the ladder.

Learners write `secrets.token_bytes(16)` or `os.urandom(16)` as ever.  While a case is played these ask whose thread
calls: the learner's get bytes of the case's own, every other thread those of the system.  Two draws always differ,
until a case has them begin again: what then comes out the same was made of them, and of nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import random
import threading
from collections.abc import Iterator
from typing import Any, Final

from labsupport.exercises.engine import Stage
from labsupport.tape.programs import Owner, current

__all__ = ["Draws", "dice", "same_every_time"]

_PLAIN: Final = os.urandom
_lock: Final = threading.Lock()


class Draws:
    """What one owner's programs have drawn: `made`, oldest first."""

    def __init__(self) -> None:
        self.made: list[bytes] = []
        self.begin_again()

    def begin_again(self) -> None:
        """From now on the same bytes come as at first."""
        self._numbers = itertools.count()

    def draw(self, size: int) -> bytes:
        """So many bytes."""
        self.made.append(hashlib.shake_256(b"%d" % next(self._numbers)).digest(size))
        return self.made[-1]


_drawn: Final[dict[Owner, Draws]] = {}


def same_every_time(stage: Stage, answer: object) -> Draws:
    """Until the case is over."""
    return stage.afterwards.enter_context(dice(stage.learner, answer))


@contextlib.contextmanager
def dice(owner: Owner, answer: object) -> Iterator[Draws]:
    """For the programs of `owner` while the block runs; also where `answer` has ``from os import urandom``."""
    scopes: list[Any] = [vars(os), vars(random), getattr(answer, "__globals__", {})]  # `secrets` draws by `random`
    with _lock:
        draws = _drawn[owner] = Draws()
        for scope in scopes:
            _exchange(scope, _PLAIN, _draw)
    try:
        yield draws
    finally:
        with _lock:
            del _drawn[owner]
            for scope in scopes[2:] if _drawn else scopes:
                _exchange(scope, _draw, _PLAIN)


def _draw(size: int, /) -> bytes:
    """What `os.urandom` does."""
    draws = _drawn.get(current().owner)  # type: ignore[arg-type]  # None: of nobody
    return _PLAIN(size) if draws is None else draws.draw(size)


def _exchange(scope: dict[str, Any], old: object, new: object) -> None:
    for name, value in list(scope.items()):
        if value is old:
            scope[name] = new

"""A learner's function that is not called before the script says so: what happens first is in the kernel alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Stage

__all__ = ["behind_a_gate", "gate", "opens"]

_GATE: Final = "gate"
#: Seconds after which it opens by itself.
_LONGEST: Final = 5.0


def gate(stage: Stage) -> threading.Event:
    """The gate of this case: what is given last to the function."""
    return stage.noted.setdefault(_GATE, threading.Event())  # type: ignore[no-any-return]  # it notes anything


def opens(stage: Stage) -> None:
    """Now the function is called."""
    gate(stage).set()


def behind_a_gate(answer: Callable[..., object], *given: object) -> object:
    """Call `answer` with all that is given but the gate, when that is open: for `Case.use`."""
    *rest, last = given
    assert isinstance(last, threading.Event)
    last.wait(_LONGEST)
    return answer(*rest)

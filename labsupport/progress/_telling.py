"""Who wants to know of what a learner does: each is told in a thread of its own, and nobody waits for them."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

__all__ = ["Recorded", "listen", "tell"]


@dataclass(frozen=True)
class Recorded:
    """One thing that a learner did, as it was kept.

    - `kind`: "exercise" (a verdict), "prediction" (a commitment) or "recall" (a question that came back);
    - `name`: the exercise's name, or the key of the question;
    - `passed`: whether this try passed, or this choice was the right one; None where nothing is right or wrong;
    - `mistake`: the mistake's name where the check knew it; `when`: UTC in ISO 8601;
    - `tries`: which check of this exercise it was, from 1; 0 for what is no exercise.
    """

    kind: str
    name: str
    passed: bool | None
    mistake: str | None
    when: str
    tries: int = 0


#: The file that says that this learner has joined a workshop, and the room above us that then listens, found by name.
_JOINED: Final = "workshop.json"
_WORKSHOP: Final = "labsupport.workshop.post"

_Queue = queue.SimpleQueue["Recorded | None"]
_listeners: Final[list[_Queue]] = []


def listen(callback: Callable[[Recorded], object]) -> Callable[[], None]:
    """Have `callback` told of each change after it has been kept, in order; what is returned ends that.

    It is called in a daemon thread of its own, so it may take its time, and what it raises is dropped: neither delays
    or breaks a verdict.  What was kept before `stop()` is still told; `stop()` itself waits for nothing.
    """
    news: _Queue = queue.SimpleQueue()
    threading.Thread(target=_serve, args=(news, callback), name="progress listener", daemon=True).start()
    _listeners.append(news)

    def stop() -> None:
        with contextlib.suppress(ValueError):  # it has been stopped before
            _listeners.remove(news)
            news.put(None)

    return stop


def tell(recorded: Recorded) -> None:
    """Hand a change on to whoever listens."""
    _hear_the_workshop()
    for news in tuple(_listeners):
        news.put(recorded)


def _hear_the_workshop() -> None:
    """Each notebook has a kernel of its own: whoever joined in one of them is heard in all."""
    from . import home

    with contextlib.suppress(OSError, ImportError):
        if (home() / _JOINED).exists():
            import_module(_WORKSHOP).resume()


def _serve(news: _Queue, callback: Callable[[Recorded], object]) -> None:
    while (recorded := news.get()) is not None:
        with contextlib.suppress(Exception):  # a listener's trouble is its own
            callback(recorded)

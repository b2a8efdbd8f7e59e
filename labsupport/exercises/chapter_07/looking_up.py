"""What the server of `port_to_asyncio` asks: a function that blocks, and that knows who waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import warnings
from collections.abc import Callable
from typing import Any, Final

from labsupport.exercises.engine import Outcome, Stage

__all__ = ["PAGE", "SLOW", "LookUp", "asked", "awaited", "looks_up"]

#: A question whose answer takes until the script says so, and one whose answer is long.
SLOW: Final = "नमस्ते\n".encode()
PAGE: Final = b"page\n"
_LONG: Final = b"." * 4095 + b"\n"
#: Seconds after which every answer comes.
_LONGEST: Final = 5.0


class LookUp:
    """A database, played: `look_up(line)` gives the line in upper case, and blocks meanwhile.

    - `begun`: somebody waits for the slow answer; `free`: it may come.
    - `times`: how often it was asked; `in_the_loop`: whether an event loop stood still for it.
    - `stop`: sets the event that tells the program to stop; `trouble`: what its tasks ended with; `warned`: what Python
      warned of, such as a coroutine that nobody awaited.
    """

    def __init__(self) -> None:
        self.begun, self.free = threading.Event(), threading.Event()
        self.times = 0
        self.in_the_loop = False
        self.stop: Callable[[], None] = lambda: None
        self.trouble: list[str] = []
        self.warned: list[warnings.WarningMessage] = []

    def look_up(self, line: bytes) -> bytes:
        """The answer to a line, a line."""
        self.times += 1
        self.in_the_loop = self.in_the_loop or _has_a_loop()
        if line == SLOW:
            self.begun.set()
            self.free.wait(_LONGEST)
        return _LONG if line == PAGE else line.decode(errors="replace").upper().encode()


def _has_a_loop() -> bool:
    """Whether the thread that asks runs an event loop, which stands still as long as it asks."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def looks_up(stage: Stage) -> LookUp:
    """The one of this case."""
    if "look up" not in stage.noted:
        made = stage.noted["look up"] = LookUp()
        stage.afterwards.callback(made.free.set)
        made.warned = stage.afterwards.enter_context(warnings.catch_warnings(record=True, action="always"))
    found = stage.noted["look up"]
    assert isinstance(found, LookUp)
    return found


def asked(outcome: Outcome) -> LookUp:
    """The one of the case that this came of."""
    found = outcome.noted["look up"]
    assert isinstance(found, LookUp)
    return found


def awaited(answer: Callable[..., Any], listener: Any, met: LookUp, grace: float) -> object:
    """Await the learner's coroutine in an event loop that runs already, as in a notebook: for `Case.use`."""

    async def main() -> object:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        met.stop = lambda: _set(loop, stop)
        loop.set_exception_handler(lambda _, context: _told(met, context))
        return await answer(listener, met.look_up, stop, grace)

    return asyncio.run(main())


def _set(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set it, from another thread."""
    with contextlib.suppress(RuntimeError):  # the loop is closed: it has stopped already
        loop.call_soon_threadsafe(stop.set)


def _told(met: LookUp, context: dict[str, Any]) -> None:
    """A task ended with an error that nobody has asked for: say so, in a line that is the same on every run."""
    error = context.get("exception")
    if error is not None:
        met.trouble.append(f"{type(error).__name__}: {error}")
        print(f"A task ended with {met.trouble[-1]}")

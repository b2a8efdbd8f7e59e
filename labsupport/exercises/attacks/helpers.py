"""A process that helps: it takes orders line by line, says line by line what it sees, and never outlives this one.

Both directions carry Python literals, one a line, which `ast.literal_eval` reads: it makes bytes, numbers and tuples,
and calls nothing.
"""

from __future__ import annotations

import ast
import contextlib
import os
import queue
import sys
import threading
from types import TracebackType
from typing import Any, Final, Self

from labsupport.services.child import end, start
from labsupport.tape.ending import start_unseen, wait_unseen
from labsupport.tape.events import clock

__all__ = ["Helper", "orders", "say"]

#: Seconds that it gets to end.
_PATIENCE: Final = 2.0


class Helper:
    """The process, seen from this one; use it in a `with`.

    - `said`: all that it has said and nobody has taken yet, oldest first.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._process = start(module)
        self.said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, name=f"listening to {module}", daemon=True)
        try:
            start_unseen(self._listener)
        except BaseException:  # interrupted: no `with` has it yet
            self.__exit__(None, None, None)
            raise

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError):  # it was closed while the line was read
            for line in self._process.stdout:
                self.said.put(ast.literal_eval(line))

    def tell(self, *order: Any) -> None:
        """Give it an order.

        Raises:
            RuntimeError: it has died; with what it said.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{order!r}\n")
            self._process.stdin.flush()
        except (OSError, ValueError):  # nobody reads it; or it was closed, because that was found out before
            self._died()
        self.check()

    def taken(self) -> list[Any]:
        """What it has said since this was asked last."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self.said.get_nowait())
        return found

    def check(self) -> None:
        """RuntimeError if it has died."""
        if self._process.poll() is not None:
            self._died()

    def _died(self) -> None:
        raise RuntimeError(f"{self._module} has ended: {end(self._process, 0) or 'it was killed'}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # it has ended already
            self._process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
        wait_unseen(self._listener, clock() + _PATIENCE)  # until it has ended, or its output is closed under it
        end(self._process, _PATIENCE)


# --- in the process itself -------------------------------------------------------------------


def orders() -> queue.SimpleQueue[Any]:
    """The orders as they come; when there will be no more, the process ends at once, with all its sockets."""
    found: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            found.put(ast.literal_eval(line.decode()))
        os._exit(0)

    threading.Thread(target=listen, name="orders", daemon=True).start()
    return found


def say(*words: Any) -> None:
    """Tell those who started this process."""
    print(repr(words), flush=True)

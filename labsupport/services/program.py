"""A service in a process of its own, so that what it costs is what the process costs."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from .child import end, said, start
from .costs import cost_of

__all__ = ["Program"]


class Program:
    """One of the six, run as a program until its `stop()` or the end of its `with`; it never outlives this process.

    - `address`: `(host, port)` to connect to; `files`: how many files and sockets it may have open.
    """

    def __init__(self, module: str, *, grace: float = 2.0) -> None:
        self._grace = grace
        self._process = start(module, "--grace", str(grace), "--until-input-ends")
        where, files = said(self._process, module, grace, lines=2)
        host, port = where.split()
        self.address: tuple[str, int] = (host, int(port))
        self.files = int(files.split()[-1])

    @property
    def memory(self) -> int | None:
        """Bytes of memory that it has now (its resident set); None where the system does not tell."""
        return cost_of(self._process.pid).memory

    @property
    def threads(self) -> int | None:
        """How many threads the service has now; None where the system does not tell."""
        found = cost_of(self._process.pid).threads
        return found and found - 1  # one waits for the end of the program's input, and is not the service's

    def stop(self) -> None:
        """Stop it gracefully: its clients get their `grace` to finish.  Twice does no harm."""
        end(self._process, self._grace + 5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

"""What a server holds: its sockets, its threads, bytes of memory; and how each of them is known.

    the server runs as                  sockets                     threads              memory
    a function in this process          its owner's: made or        its owner's: it      this process's resident
                                        accepted by its threads     and all it started   set, the notebook's too
    a process whose number is known     its descriptors that        the process's        the process's
                                        are sockets
    anything else at an address         connections at its port     not told             not told
                                        (the kernel's table)

Whose sockets and threads are whose, the tape knows (`tape.programs.Owner`).  What a system does not tell is None.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labsupport import kernel
from labsupport.services.costs import cost_of
from labsupport.tape.programs import Owner

__all__ = ["ROOM", "Held", "Meter", "at_port", "give_back", "in_process", "of_owner"]

#: Memory that a process may have more, and still be said to be back: what an allocator keeps for the next time, and
#: what the tape takes until it is full.
ROOM: Final = 16 * 2**20
#: States in which a server still has the socket: in all others its program has let go of it.
_OPEN: Final = ("ESTABLISHED", "CLOSE-WAIT", "SYN-RECEIVED")

Meter = Callable[[], "Held"]


@dataclass(frozen=True)
class Held:
    """What a server holds at a moment; a field that this system does not tell is None.

    - `sockets`, `threads`: how many; `memory`: bytes in the resident set of its process.
    """

    sockets: int | None = None
    threads: int | None = None
    memory: int | None = None

    def most(self, other: Held) -> Held:
        """Of each the larger."""
        return Held(
            _largest(self.sockets, other.sockets),
            _largest(self.threads, other.threads),
            _largest(self.memory, other.memory),
        )

    def within(self, most: Held) -> bool:
        """Whether no more is held than `most`, and `ROOM`; what is not told is not too much."""
        return not self.beyond(most)

    def beyond(self, most: Held) -> Held:
        """What is held more than `most`; None where it is not more, `ROOM` of memory not counted."""
        return Held(
            _more(self.sockets, most.sockets),
            _more(self.threads, most.threads),
            _more(self.memory, most.memory, ROOM),
        )

    def __bool__(self) -> bool:
        return any((self.sockets, self.threads, self.memory))


def _largest(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)


def _more(now: int | None, before: int | None, room: int = 0) -> int | None:
    if now is None or before is None or now <= before + room:
        return None
    return now - before


def of_owner(owner: Owner) -> Meter:
    """A server in this process: what belongs to its owner."""
    return lambda: Held(len(owner.sockets()), len(owner.threads()), cost_of(os.getpid()).memory)


def in_process(pid: int) -> Meter:
    """A server that is a process."""
    return lambda: Held(_sockets(pid), *cost_of(pid))


def at_port(port: int, other: Any = None) -> Meter:
    """A server of which the port is known; `other` tells its `memory` and its `threads`, if it has them."""

    def read() -> Held:
        rows = kernel.connections(port)
        count = sum(row.local[1] == port and row.state in _OPEN for row in rows)
        return Held(count, getattr(other, "threads", None), getattr(other, "memory", None))

    return read


def give_back() -> None:
    """Free what nobody in this process holds any more: cycles, and what the C library keeps for the next time.

    malloc_trim(3) is glibc's; other libraries do without.
    """
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)


def _sockets(pid: int) -> int | None:
    """How many of a process's descriptors are sockets, see proc_pid_fd(5)."""
    if sys.platform != "linux":
        import psutil

        with contextlib.suppress(psutil.Error):
            return len(psutil.Process(pid).net_connections())
        return None
    found = 0
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                found += str(entry.readlink()).startswith("socket:")
    return found

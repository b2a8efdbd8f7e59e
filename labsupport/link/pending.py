"""Has anything come for a link that it has not read yet?  A window on the tape waits for that before it closes."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable
from concurrent.futures import TimeoutError as TooLate
from typing import Any, Final

from .loop import Carrier

__all__ = ["Wait", "pending", "ready"]

#: Seconds that the loop may take to answer; one that takes longer is busy indeed.
PATIENCE: Final = 0.2

#: A socket, and whether the link waits until it can write to it (it connects), or for what comes.
Wait = tuple[Any, bool]


def pending(carrier: Carrier, waited_for: Callable[[], Iterable[Wait]]) -> Callable[[], bool]:
    """The question to ask: has something come that the link waits for?

    It is asked in the loop, where no socket is half read.
    """

    def busy() -> bool:
        try:
            return carrier.ask(lambda: ready(waited_for()), PATIENCE)
        except TooLate:
            return True
        except RuntimeError:  # the loop has ended, and with it the link
            return False

    return busy


def ready(waits: Iterable[Wait]) -> bool:
    """Whether the kernel has something for one of these sockets."""
    chosen = [(sock, writing) for sock, writing in waits if sock.fileno() != -1]
    if hasattr(select, "poll"):
        poll = select.poll()  # unlike select() it takes descriptors above 1023
        for sock, writing in chosen:
            poll.register(sock, select.POLLOUT if writing else select.POLLIN)
        return bool(poll.poll(0))
    reads, writes = ([sock for sock, writing in chosen if writing is one] for one in (False, True))
    return bool(chosen) and any(select.select(reads, writes, writes, 0))

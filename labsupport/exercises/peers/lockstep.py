"""A reader tried with every chunk size, in lock-step, so that chunks cannot join and nobody passes by luck.

    first_wrong(lambda sock: [recv_message(sock), recv_message(sock)], two_messages)    # None, or the first size

The sockets are those of `feeder`.  Thousands of connections would flood the tape, and nobody would read their ladders:
so all sizes are tried unseen, and a check plays what went wrong once more, to be seen.
"""

from __future__ import annotations

import operator
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from labsupport.tape.events import clock
from labsupport.tape.linger import RESETS
from labsupport.tape.programs import Owner
from labsupport.tape.stopped import Stopped
from labsupport.tape.watched import Plain

from .feeder import End, Feeder, Starved, chunked, fed

__all__ = ["SIZES", "End", "Feeder", "Starved", "Trial", "chunked", "fed", "first_wrong", "in_time"]

#: The chunk sizes that a reader must cope with.
SIZES: Final = range(1, 4097)
#: Those that are tried however slow a reader is.
_TELLING: Final = frozenset(2**power + step for power in range(13) for step in (-1, 0, 1))


@dataclass(frozen=True)
class Trial:
    """A stream, what follows it, and what is to come of reading it.

    - `data`, `end`: the bytes, in chunks of whatever size, and what the feeder does after them.
    - `returns`: what the reader gives for it; or `raises`: the exception that it lets through.
    """

    data: bytes
    returns: object = None
    end: End = "silence"
    raises: type[BaseException] | tuple[type[BaseException], ...] | None = None


def first_wrong(
    read: Callable[[socket.socket], object], trial: Callable[[int], Trial], sizes: Iterable[int] = SIZES, *,
    same: Callable[[object, object], bool] = operator.eq,
    learner: Owner | None = None, tried: Callable[[int, socket.socket], None] = lambda *_: None,
) -> int | None:  # fmt: skip
    """The first chunk size with which `read(sock)` does not give what `trial(size)` asks for, or None.

    Nothing of it is on the tape.  `tried(size, sock)` is called before each size, so that others can see how far it is;
    what it raises ends all.
    """
    for size in sizes:
        each = trial(size)
        sock, feeder = fed(chunked(each.data, size), each.end, learner=learner, unseen=True)
        # Should the reader close: the port would stay in TIME-WAIT for a minute, and there are thousands.
        Plain.setsockopt(sock, socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
        try:
            tried(size, sock)
            if not _is_right(read, sock, each, same):
                return size
        finally:
            feeder.resets()
            sock._real_close()  # type: ignore[attr-defined]  # noqa: SLF001  a makefile would keep it open
    return None


def _is_right(
    read: Callable[[socket.socket], object], sock: socket.socket, trial: Trial, same: Callable[[object, object], bool]
) -> bool:
    try:
        result = read(sock)
    except Stopped:
        raise
    except BaseException as error:  # noqa: BLE001  learners' code raises anything
        return trial.raises is not None and isinstance(error, trial.raises)
    return trial.raises is None and same(result, trial.returns)


def in_time(sizes: Iterable[int] = SIZES, seconds: float = 2.5) -> Iterator[int]:
    """The sizes, as long as `seconds` last; after that only powers of two and their neighbours.

    A reader that takes a byte at a time needs 20 s for all of `SIZES`.
    """
    rest, until = iter(sizes), clock() + seconds
    for size in rest:
        yield size
        if clock() > until:
            break
    yield from (size for size in rest if size in _TELLING)

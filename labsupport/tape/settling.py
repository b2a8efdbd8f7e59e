"""When may a window on the tape be closed?

After the client's last call the server's thread still has something to do: its recv() is about
to return b'', and then it will close.  Whether that makes it onto a picture must not be a race.
So a window waits until every thread with a part in it has ended or waits for something that no
other thread of the story will do.  What a thread waits for is looked up, not guessed from time:
the open call on the tape and whether the kernel has something for that socket, the open wait for
a `Signal` and whether it has been set, and for what is not on the tape the function that it is in.
"""

from __future__ import annotations

import select
import sys
import threading
import time
from types import CodeType
from typing import Any, Final

from . import programs
from .asleep import SURELY, naps, selects
from .events import Call, Endpoint, Program, Sync, clock
from .passages import BUSY, Passage
from .record import TAPE
from .streams import SENDING
from .watched import live

__all__ = ["settle"]

#: Seconds after which a window is closed in any case: a server may sleep or compute as long as it likes.
LIMIT: Final = 0.5
#: Seconds between two looks.  All looks in `SURELY` seconds must agree.
PAUSE: Final = 0.002

#: A thread whose innermost Python function is in one of these waits for another thread, or for sockets.
_WAITS_FOR_THREADS: Final = ("threading.py", "queue.py", "futures/thread.py", "futures\\thread.py")
#: But not in these of `threading`: it begins, or ends.
_ON_ITS_WAY: Final = frozenset({"_bootstrap", "_bootstrap_inner", "run", "_delete"})
_WAITS_FOR_SOCKETS: Final = ("selectors.py",)
_WRITES: Final = SENDING | {"connect", "connect_ex"}


def settle(begin: int, limit: float = LIMIT) -> bool:
    """Wait until no thread is about to do more of what it did after tick `begin`; False after `limit` seconds.

    The caller's own thread does not count, nor does one that slept or computed all the while.
    """
    deadline = clock() + limit
    calm: dict[Program, int] | None = None
    since = 0.0
    while True:
        now = clock()
        seen = _look(begin)
        if seen is not None and (not seen or (seen == calm and now - since >= SURELY)):
            return True
        if seen != calm:
            calm, since = seen, now
        if now >= deadline:
            return False
        time.sleep(PAUSE)


def _look(begin: int) -> dict[Program, int] | None:
    """The other threads that are concerned, if all of them wait, each with how often one in a call has slept."""
    concerned = {
        program: thread for program, thread in _alive() if program.begun > begin or _is_recent(program.last, begin)
    }
    sockets = {endpoint: sock for sock, endpoint in live()} if concerned else {}
    places = _places() if concerned else {}
    seen = {}
    for program, thread in concerned.items():
        event, count = program.last, naps(thread.native_id)
        opened = event if event is not None and event.open else None
        if opened is not None:
            waits = _stays_open(opened, sockets)
        else:
            waits = _is_parked(places.get(thread.ident or 0), program, thread, sockets)
        if count is None or not waits:
            return None
        seen[program] = count if opened is not None else 0  # outside a call it may look up now and then
    return None if _on_the_way(begin) else seen


def _on_the_way(begin: int) -> bool:
    """Whether a link has traffic that came after tick `begin`, or has yet to read some."""
    if not BUSY:
        return False
    passages = (event for event in TAPE.events(since=begin) if isinstance(event, Passage))
    return any(passage.open for passage in passages) or any(busy() for busy in tuple(BUSY))


def _alive() -> list[tuple[Program, threading.Thread]]:
    """The programs of the other threads, and the threads."""
    mine = programs.current()
    found = [(getattr(thread, programs._ATTRIBUTE, None), thread) for thread in threading.enumerate()]
    return [(program, thread) for program, thread in found if program is not None and program is not mine]


def _is_recent(event: Call | Sync | None, begin: int) -> bool:
    return event is not None and (event.done is None or event.done > begin)


def _stays_open(event: Call | Sync, sockets: dict[Endpoint, Any]) -> bool:
    """Whether nothing that has happened so far will end this call, or this wait."""
    if isinstance(event, Call):
        sock = sockets.get(event.endpoint)
        shakes = event.layer == "tls" and event.op in ("connect", "connect_ex")  # connected, and on with the handshake
        return sock is None or not _is_ready(sock, writing=event.op in _WRITES and not shakes)
    if event.kind == "join":
        return isinstance(event.key, Program) and _lives(event.key)
    return event.kind == "wait" and not any(
        isinstance(other, Sync) and other.kind == "set" and other.key == event.key
        for other in TAPE.events(since=event.order)
    )


def _lives(program: Program) -> bool:
    return any(getattr(thread, programs._ATTRIBUTE, None) is program for thread in threading.enumerate())


def _places() -> dict[int, CodeType]:
    """The innermost function of each thread.

    The frames are let go at once: they hold sockets, and one's own, kept in a variable, would hold all of them in a
    cycle until the collector came.
    """
    return {ident: frame.f_code for ident, frame in sys._current_frames().items()}


def _is_parked(
    place: CodeType | None, program: Program, thread: threading.Thread, sockets: dict[Endpoint, Any]
) -> bool:
    """Whether a thread outside every watched call waits all the same: for a lock, a queue, in a select()."""
    where = place.co_filename if place is not None else ""
    if place is not None and where.endswith(_WAITS_FOR_THREADS):
        return place.co_name not in _ON_ITS_WAY
    if not where.endswith(_WAITS_FOR_SOCKETS) and not selects(thread.native_id):
        return False
    mine = program.owner.sockets() if program.owner is not None else sockets.values()
    return not any(_is_ready(sock, writing=False) for sock in mine)


def _is_ready(sock: Any, *, writing: bool) -> bool:
    """Whether the kernel would let a call on this socket return at once."""
    try:
        if hasattr(select, "poll"):
            poll = select.poll()  # unlike select() it takes descriptors above 1023
            poll.register(sock.fileno(), select.POLLOUT if writing else select.POLLIN)
            return bool(poll.poll(0))
        readable, writable, broken = select.select([] if writing else [sock], [sock] if writing else [], [sock], 0)
        return bool(readable or writable or broken)
    except (OSError, ValueError):
        return False  # closed meanwhile: the kernel has nothing for it any more

"""What goes wrong when a server stops, and the facts by which it shows."""

from __future__ import annotations

from typing import Final

from labsupport.exercises.engine import Facts, Mistake, Outcome, fill
from labsupport.tape.events import Sync

__all__ = ["GRACE", "LEFT", "MISTAKES", "NEW", "STARTER", "written"]

#: Seconds that clients get who do not go.
GRACE: Final = 0.2
#: Where it is noted how many threads of the server were left when it returned.
LEFT: Final = "left"
#: Who comes after the stop.
NEW: Final = "a new client"

STARTER: Final = '''\
import select
import threading


def graceful_stop(listener, stop, grace):
    """Echo, a thread each, until the socket `stop` can be read; then end well, and return."""
    while stop not in select.select([listener, stop], [], [])[0]:
        connection, _ = listener.accept()
        threading.Thread(target=echo, args=(connection,)).start()
    raise NotImplementedError  # the end


def echo(connection):
    """Send back what comes, until the client has finished or is gone."""
    try:
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)
    except OSError:
        pass
'''

_KEPT: Final = """\
        threads[connection] = threading.Thread(target=echo, args=(connection,))
        threads[connection].start()
"""
_DRAIN: Final = """\
listener.setblocking(False)
with listener, contextlib.suppress(BlockingIOError):
    while True:
        connection, _ = listener.accept()
        connection.setblocking(True)
        threads[connection] = threading.Thread(target=echo, args=(connection,))
        threads[connection].start()
"""
_WAIT: Final = """\
deadline = time.monotonic() + grace
for thread in threads.values():
    thread.join(max(0, deadline - time.monotonic()))
"""
_CUT: Final = """\
for connection in threads:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
for thread in threads.values():
    thread.join()
"""
_ALL: Final = _DRAIN + _WAIT + _CUT


def written(end: str = _ALL) -> str:
    """A whole answer, from the lines of the end; the threads are kept in `threads`, by connection."""
    kept = STARTER.replace("        threading.Thread(target=echo, args=(connection,)).start()\n", _KEPT)
    kept = kept.replace("    while stop", "    threads = {}\n    while stop", 1)
    return "import contextlib\nimport socket\nimport time\n" + fill(kept, end)


# --- the signs of mistakes -------------------------------------------------------------------


def _joins(outcome: Outcome) -> list[Sync]:
    syncs = [event for event in outcome.tape.events if isinstance(event, Sync) and event.kind == "join"]
    return [sync for sync in syncs if sync.program.owner is outcome.owner]


def _closed_by_learner(outcome: Outcome) -> bool:
    return any(call.endpoint.listening for call in outcome.calls("close"))


def _who(outcome: Outcome) -> Facts | None:
    return {"who": outcome.unmet.who} if outcome.unmet is not None else None


def _accept_still_waits(outcome: Outcome) -> Facts | None:
    """It has returned, the listener is closed, and accept() waits on it."""
    waits = any(call.open for call in outcome.calls("accept"))
    return {} if waits and outcome.ended and _closed_by_learner(outcome) else None


def _foreign_cuts(outcome: Outcome) -> bool:
    """Whether a connection was shut or closed by a program that does not read from it."""
    readers = {(call.endpoint, call.program) for call in outcome.receives}
    cuts = [call for call in outcome.calls("shutdown", "close") if not call.endpoint.listening]
    return any((call.endpoint, call.program) not in readers for call in cuts)


def _cuts_at_once(outcome: Outcome) -> Facts | None:
    """Somebody was cut, and was to be served on."""
    unmet = outcome.unmet
    cut = unmet is not None and ("the end" in unmet.got or "reset" in unmet.got)
    return _who(outcome) if cut and _foreign_cuts(outcome) else None


def _leaves_the_door_open(outcome: Outcome) -> Facts | None:
    return {} if outcome.unmet is not None and outcome.unmet.who == NEW else None


def _loses_the_queue(outcome: Outcome) -> Facts | None:
    """The listener was closed while some had connected whom nobody accepted."""
    taken = len([call for call in outcome.calls("accept") if call.accepted is not None])
    came = len([call for call in outcome.tape.calls() if call.op == "connect" and not call.error])
    lost = outcome.unmet is not None and _closed_by_learner(outcome) and taken < came
    return _who(outcome) if lost and not outcome.noted.get(LEFT) else None


def _waits_for_ever(outcome: Outcome) -> Facts | None:
    """It waits for its threads, and has cut nobody."""
    waits = bool(_joins(outcome)) and not _foreign_cuts(outcome) and not outcome.noted.get(LEFT)
    kept = outcome.unmet is not None and outcome.unmet.expected.startswith("the end")
    return _who(outcome) if waits and kept else None


def _long_joins(outcome: Outcome) -> int:
    """How many waits for a thread came to the end of their own time limit, and that was no short one."""
    over = [sync for sync in _joins(outcome) if sync.result is False and sync.ended is not None]
    long = [sync for sync in over if (sync.ended or 0) - sync.started > GRACE / 2]
    return len(long) if len(long) > 1 else 0


def _grace_for_each(outcome: Outcome) -> Facts | None:
    return _who(outcome) if _long_joins(outcome) and outcome.unmet is not None else None


def _returns_before_the_end(outcome: Outcome) -> Facts | None:
    found = outcome.noted.get(LEFT) and _accept_still_waits(outcome) is None
    return {"n": outcome.noted[LEFT]} if found else None


# --- the wrong programs ----------------------------------------------------------------------

MISTAKES: Final = (
    Mistake(
        "accept_still_waits",
        """\
import threading


def graceful_stop(listener, stop, grace):
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    stop.recv(1)
    listener.close()


def serve(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=echo, args=(connection,), daemon=True).start()


def echo(connection):
    try:
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)
    except OSError:
        pass
""",
        "The listener is closed, your function has returned, and accept() in the other thread still waits: on "
        "Linux a close wakes nobody, and the next client may even get in. Wait in select() for the listener *and* for "
        "`stop`, or wake accept() by listener.shutdown().",
        _accept_still_waits,
    ),
    Mistake(
        "cuts_at_once",
        written(_DRAIN + _CUT),
        "You cut {who} in the middle: what had been sent to your server, and acknowledged, was never answered. At the "
        "stop let nobody new in, and let those who are here finish; cut only who is left after `grace` seconds.",
        _cuts_at_once,
        {"who": "Amara"},
    ),
    Mistake(
        "leaves_the_door_open",
        written(_WAIT + _CUT),
        "After the stop a new client could still connect: the kernel lets in whoever comes while the listener is open, "
        "and nobody will ever answer. Close the listener first, so that they are refused and go elsewhere.",
        _leaves_the_door_open,
    ),
    Mistake(
        "loses_the_queue",
        written("listener.close()\n" + _WAIT + _CUT),
        "{who} was connected, had sent a question that your machine acknowledged, and was reset: when a listener is "
        "closed, all who wait in its queue are. Accept until the queue is empty (BlockingIOError), and close it then.",
        _loses_the_queue,
        {"who": "Amara"},
    ),
    Mistake(
        "waits_for_ever",
        written(_DRAIN + "for thread in threads.values():\n    thread.join()\n"),
        "{who} says nothing and does not go, and your server waits in join() for that thread, as long as {who} likes. "
        "Whoever is left after `grace` seconds is cut: shutdown(SHUT_RDWR) wakes a thread that waits in recv() or "
        "sendall().",
        _waits_for_ever,
        {"who": "Fatima"},
    ),
    Mistake(
        "grace_for_each",
        written(_DRAIN + """\
for connection, thread in threads.items():
    thread.join(grace)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
for thread in threads.values():
    thread.join()
"""),
        "You give `grace` seconds to one client after the other: with a hundred silent ones the stop takes a hundred "
        "times as long, and {who} is still there. Fix one deadline, and give each join() what is left of it.",
        _grace_for_each,
        {"who": "idler 12"},
    ),
    Mistake(
        "returns_before_the_end",
        written(_DRAIN + _WAIT),
        "Your function returned, and of its threads {n} were still at work: who calls it takes that for the end, and "
        "the process may go away under them. Cut who is left after `grace` seconds, and join every thread.",
        _returns_before_the_end,
        {"n": 1},
    ),
)  # fmt: skip

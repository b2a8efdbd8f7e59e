"""How the programs of an `Owner` are made to end, whatever they are waiting for.

Closing a socket does not wake a thread that waits on it.  What does:

    accept                a shutdown of the listener (Linux); elsewhere a connection to it
    connect, recv, send   a shutdown of the socket
    recv of datagrams     an empty datagram, sent to itself
    select, poll, epoll   all of these: they make the socket readable
    Signal.wait           the signal knows who sleeps in it (`waking`)
    an event loop         its tasks are cancelled, before anything else is tried
    a computation         `Stopped` is raised in it, at its next step

A sleep, a lock and a long call in C cannot be woken: they get `Stopped` when they return.
Nothing here is written on the tape: it is no call of any program.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from .events import Note, clock
from .frames import call_in, stack
from .linger import RESETS
from .lives import Plain
from .loops import cancel_tasks, keep_tasks
from .programs import Owner, current
from .record import TAPE
from .stopped import Stopped, interrupt

__all__ = ["Stopped", "close", "end", "start_unseen", "wait_unseen", "waking"]

#: Seconds: event loops may tidy up so long, twice; then everything is woken, and again every so often.
TIDY: Final = 0.15
ROUND: Final = 0.1

_sleepers: dict[int, tuple[Owner, Callable[[], None]]] = {}
_closing = threading.RLock()  # the collector may end a forgotten server while this thread closes another


@contextlib.contextmanager
def waking(wake: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """While the block waits for something that is no socket, ending this program calls `wake`.

    Gives a function that raises `Stopped` if this program has been told to stop; call it
    before each wait.
    """
    owner = current().owner
    mine = threading.get_ident()
    if owner is not None:
        _sleepers[mine] = (owner, wake)
    try:
        yield lambda: _check(owner)
    finally:
        _sleepers.pop(mine, None)


def _check(owner: Owner | None) -> None:
    if owner is not None and owner.halted is not None:
        raise owner.halted


def end(owners: Sequence[Owner], within: float = 0.9, *, abort: bool = False) -> bool:
    """End the programs of `owners` and close their sockets, in at most about `within` seconds.

    With `abort` their connections end with a RST, so that none keeps its port in TIME-WAIT.
    False when some program has not ended: it gets `Stopped` at its next step.  Safe to call
    again, from several threads, and from one of the owners' own, which is then left out.
    """
    deadline = clock() + within
    _cancel_politely(owners, deadline)
    for owner in owners:
        if abort:  # before any is told to stop: what it closes on its way out ends with a RST as well
            _arm(owner)
        owner.halt(Stopped)
    for number in itertools.count():
        for owner in owners:
            _wake(owner, abort, number == 0)
        if _gone(owners, min(deadline, clock() + (ROUND if number == 0 else ROUND / 2))) or clock() >= deadline:
            break
        for owner in owners:
            _interrupt(owner)
    for owner in owners:
        close(owner)
    return not any(_others(owner) for owner in owners)


def start_unseen(thread: threading.Thread) -> None:
    """Start a thread of ours, which has no place on the tape."""
    inspect.unwrap(threading.Thread.start)(thread)


def wait_unseen(thread: threading.Thread, until: float) -> None:
    """Wait for a thread until `clock()` says `until`, without a word on the tape."""
    inspect.unwrap(threading.Thread.join)(thread, max(0.0, until - clock()))


def _gone(owners: Sequence[Owner], until: float) -> bool:
    """Wait until all their programs have ended, at the longest until the clock says so."""
    for owner in owners:
        for thread in _others(owner):
            wait_unseen(thread, until)
            if thread.is_alive():
                return False
    return not any(_others(owner) for owner in owners)


def _others(owner: Owner) -> list[threading.Thread]:
    """Its threads, but for the one that asks."""
    mine = threading.current_thread()
    return [thread for thread in owner.threads() if thread is not mine]


def _cancel_politely(owners: Sequence[Owner], deadline: float) -> None:
    """Cancel what runs in event loops, and once more what awaits something else while it tidies up."""
    for _ in range(2):
        with_loops = [owner for owner in owners if cancel_tasks(_others(owner))]
        if not with_loops or _gone(with_loops, min(deadline, clock() + TIDY)):
            return
    for owner in with_loops:
        keep_tasks(_others(owner))


# --- sockets ---------------------------------------------------------------------------------


def _wake(owner: Owner, abort: bool, first: bool) -> None:
    """Wake its programs, wherever they wait."""
    cancel_tasks(_others(owner))
    for whose, wake in list(_sleepers.values()):
        if whose is owner:
            wake()
    for sock, own in _concerned(owner):
        with contextlib.suppress(OSError):  # closed or never connected: then nobody waits on it
            _wake_socket(sock, own, abort, first)


def _arm(owner: Owner) -> None:
    """Let its connections end with a RST; on Linux what its listeners accept from now on inherits that."""
    for sock, own in _concerned(owner):
        if sock.type == socket.SOCK_STREAM and (own or not sock._endpoint.listening):
            with contextlib.suppress(OSError):  # closed in the meantime
                Plain.setsockopt(sock, socket.SOL_SOCKET, socket.SO_LINGER, RESETS)


def _concerned(owner: Owner) -> list[tuple[Any, bool]]:
    """The sockets that it made, and those of others on which it waits; with each whether it is its own."""
    busy = _busy(owner)
    known = [(sock, sock._endpoint.owner is owner) for sock in owner.sockets() if not sock._endpoint.hidden]
    return [(sock, own) for sock, own in known if own or sock in busy]


def _busy(owner: Owner) -> list[Any]:
    """The sockets on which one of its programs has a call open."""
    calls = [frame for thread in _others(owner) for frame in stack(thread) if call_in(frame)]
    return [frame.f_locals.get("self") for frame in calls]


def _wake_socket(sock: Any, own: bool, abort: bool, first: bool) -> None:
    endpoint = sock._endpoint
    if sock.type == socket.SOCK_DGRAM:
        if own:
            with contextlib.suppress(OSError):  # "not connected", but on Linux it has woken what waits
                Plain.shutdown(sock, socket.SHUT_RDWR)
        _send_itself_nothing(sock)
    elif endpoint.listening:
        _wake_listener(sock, own)
    else:
        # With abort no FIN at first: a peer that answers it with its own would leave a TIME-WAIT.
        # On Linux this is all that a reader needs.
        Plain.shutdown(sock, socket.SHUT_RD if abort and first and sys.platform == "linux" else socket.SHUT_RDWR)


def _wake_listener(sock: Any, own: bool) -> None:
    """By shutdown; where that does not do, or the listener is somebody else's, by a client that leaves at once."""
    if own and sys.platform == "linux":
        Plain.shutdown(sock, socket.SHUT_RDWR)
        return
    with Plain(sock.family, socket.SOCK_STREAM) as client:
        client.settimeout(0.2)
        client.connect(_reachable(Plain.getsockname(sock)))


def _send_itself_nothing(sock: Any) -> None:
    with Plain(sock.family, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"", _reachable(Plain.getsockname(sock)))


def _reachable(address: Any) -> Any:
    if not isinstance(address, tuple) or not address:
        return address  # of AF_UNIX: a path
    here = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}
    return (here.get(address[0], address[0]), *address[1:])


def close(owner: Owner) -> None:
    """Close the sockets that it made, but for one that a program still has a call open on.

    As when a process ends: nobody has called close(), so that the tape says "collected".
    """
    with _closing:
        busy = _busy(owner)
        for sock in owner.sockets():
            if sock._endpoint.owner is owner and sock not in busy and not sock._endpoint.hidden:
                _close_one(sock)


def _close_one(sock: Any) -> None:
    if sock._endpoint.handles == 1:  # written before: whatever the other end is told comes after it
        TAPE.append(Note(sock._endpoint, "collected"))
    with contextlib.suppress(OSError):  # the kernel's last word on it; closed it is
        sock._real_close()


# --- computations ----------------------------------------------------------------------------


def _interrupt(owner: Owner) -> None:
    for thread in _others(owner):
        # Only inside run(): after it `threading` puts its own house in order.
        if any(frame.f_code.co_name == "run" for frame in stack(thread)):
            interrupt(thread)

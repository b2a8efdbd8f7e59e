"""Whose thread is this, and where do its prints go?

Python does not say which thread started which.  So while the tape is installed,
`threading.Thread.start` hands each new thread the `Program` that it will be: a thread that a
background server starts works for that server too.  `start` and `join` are written on the
tape, because they order what the threads do.
"""

from __future__ import annotations

import contextlib
import functools
import io
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from .events import Address, Endpoint, Program, Sync
from .record import TAPE

__all__ = ["Owner", "current", "install", "uninstall"]

#: Of each thread: `program`, once it was asked for.
mine = threading.local()
_ATTRIBUTE = "_labsupport_program"


def current() -> Program:
    """The program of the thread that asks."""
    program: Program | None = getattr(mine, "program", None)
    if program is None:
        program = mine.program = _enter()
    return program


def _enter() -> Program:
    thread = threading.current_thread()
    program: Program | None = getattr(thread, _ATTRIBUTE, None)
    if program is None:
        program = Program("main" if thread is threading.main_thread() else thread.name)
    program.ident = threading.get_ident()
    if program.owner is not None:
        program.owner.enter(thread)
    return program


class Owner:
    """A background server, or one run of an exercise: whose threads, sockets and prints these are.

    - `address`: where the first of its sockets listens (a datagram socket: is bound), or None;
      `address_known` is set when it is.
    - `halted`: what its next watched call raises, or None.
    - `tell(text)`: shows the learner what they should know at once; nobody listens, unless `mishaps.tend` sees to it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.address: Address | None = None
        self.address_known = threading.Event()
        self.halted: BaseException | type[BaseException] | None = None
        self.tell: Callable[[str], None] = lambda _text: None
        # By id: to add, to take out and to copy are single steps, so no thread undoes what another writes.
        # An id that is used again belongs to something that is gone.
        self._threads: dict[int, weakref.ref[threading.Thread]] = {}
        self._sockets: dict[int, weakref.ref[Any]] = {}
        self._printed: list[str] = []

    def __repr__(self) -> str:
        return f"<Owner {self.name!r}>"

    @contextlib.contextmanager
    def adopt(self) -> Iterator[Program]:
        """The thread that calls works for this owner until the block ends, as do threads it starts."""
        program = current()
        before, program.owner = program.owner, self
        self.enter(threading.current_thread())
        _route_prints()
        try:
            yield program
        finally:
            program.owner = before
            self._threads.pop(id(threading.current_thread()), None)

    def enter(self, thread: threading.Thread) -> None:
        """`thread` works for this owner."""
        self._threads[id(thread)] = weakref.ref(thread)

    def threads(self) -> list[threading.Thread]:
        """Its threads that are alive."""
        alive = [reference() for reference in list(self._threads.values())]
        return [thread for thread in alive if thread is not None and thread.is_alive()]

    def add(self, sock: Any) -> None:
        """`sock` was made, accepted or used by one of its threads."""
        known = self._sockets.get(id(sock))
        if known is None or known() is not sock:
            self._sockets[id(sock)] = weakref.ref(sock)

    def sockets(self) -> list[Any]:
        """Its sockets that are still open."""
        alive = [reference() for reference in list(self._sockets.values())]
        return [sock for sock in alive if sock is not None and sock.fileno() != -1]

    def halt(self, error: BaseException | type[BaseException]) -> None:
        """From now on the next watched call of its threads, or on its sockets, raises `error`."""
        self.halted = error

    def opened(self, endpoint: Endpoint) -> None:
        """One of its sockets listens, or is bound for datagrams: its address is known."""
        if self.address is None and endpoint.local is not None:
            self.address = endpoint.local
            self.address_known.set()

    def write(self, text: str) -> None:
        """What one of its threads printed."""
        self._printed.append(text)

    @property
    def output(self) -> str:
        """All that its threads have printed, in order."""
        return "".join(self._printed)


class _Router(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` while owners exist: what an owner's thread prints goes to the owner."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        owner = current().owner
        if owner is None:
            return self._stream.write(text)  # type: ignore[no-any-return]  # any stream that was there
        owner.write(text)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def __del__(self) -> None:
        """Leave the stream open: that of `io.TextIOBase` would close what is not ours."""

    def __getattribute__(self, name: str) -> Any:
        # All but the two above is the stream's own business: encoding, fileno, isatty, ...
        if name in ("write", "flush", "_stream", "__class__", "writelines", "__dict__"):
            return super().__getattribute__(name)
        return getattr(super().__getattribute__("_stream"), name)


def _route_prints() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, _Router):
            setattr(sys, name, _Router(stream))


def _unroute_prints() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, _Router):
            setattr(sys, name, object.__getattribute__(stream, "_stream"))


def _watch_start(plain: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    @functools.wraps(plain)
    def start(self: threading.Thread) -> None:
        if hasattr(self, _ATTRIBUTE) or not getattr(self, "_initialized", False):
            return plain(self)  # which says what is wrong: it was started before, or never made
        parent = current()
        program = Program(self.name, parent=parent, owner=parent.owner)
        setattr(self, _ATTRIBUTE, program)
        if program.owner is not None:
            program.owner.enter(self)
        sync = Sync(parent, "start", program, self.name)
        TAPE.append(sync)
        try:
            plain(self)
        except RuntimeError:  # the system has no thread left; after an interrupt the thread runs all the same
            delattr(self, _ATTRIBUTE)
            raise
        finally:
            sync.finish()

    return start


def _watch_join(plain: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(plain)
    def join(self: threading.Thread, timeout: float | None = None) -> None:
        program: Program | None = getattr(self, _ATTRIBUTE, None)
        if program is None:
            return plain(self, timeout)
        sync = Sync(current(), "join", program, self.name)
        TAPE.append(sync)
        try:
            return plain(self, timeout)
        finally:
            sync.finish(not self.is_alive())

    return join


def _is_ours(method: Any) -> bool:
    return getattr(method, "__globals__", {}).get("__name__") == __name__


def install() -> None:
    """Follow threads from their start.  A second call, or one after a reload, does not follow them twice."""
    for name, watch in (("start", _watch_start), ("join", _watch_join)):
        method: Any = getattr(threading.Thread, name)
        setattr(threading.Thread, name, watch(method.__wrapped__ if _is_ours(method) else method))


def uninstall() -> None:
    """Undo `install`; prints go where they went before."""
    for name in ("start", "join"):
        method: Any = getattr(threading.Thread, name)
        if _is_ours(method):
            setattr(threading.Thread, name, method.__wrapped__)
    _unroute_prints()

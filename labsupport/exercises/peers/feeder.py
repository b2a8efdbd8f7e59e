"""A connected socket that feeds its reader chunk by chunk, from inside the reader's own `recv`.

    sock, feeder = fed(chunked(b"hello, world", 5), end="finish")
    sock.recv(4096)     # b'hello'
    sock.recv(4096)     # b', wor'

The first chunk is there before the reader starts.  Each next one is sent right after the call that emptied the queue,
whichever of the `recv` methods it was, in the reader's own thread: so chunks cannot join, no thread need be switched,
and `select`, a timeout or a `makefile` before the next call find what they would find on a slow network.

The socket is a real one of 127.0.0.1, and what is done with it is on the tape.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Literal

from labsupport.tape.events import Endpoint, Program, clock
from labsupport.tape.programs import Owner, mine
from labsupport.tape.watched import Plain, WatchedSocket, endpoint_of

from . import stream
from .stream import Peer

__all__ = ["End", "Feeder", "Starved", "chunked", "fed"]

#: What follows the last chunk: nothing, b'', a RST, or a close.
End = Literal["silence", "finish", "reset", "leave"]

#: A chunk must fit into what the kernel takes at once, for nobody reads while it is sent.
_LARGEST: Final = 65_536
#: So many times may a socket say b'' before its reader is stopped.
_ENDS: Final = 100
#: And so many times a seen one: enough for the check to have noticed, however late it looks.
_CIRCLES: Final = 3 * _ENDS
_LOOK: Final = 0.01


class Starved(BaseException):
    """Raised in an unseen reader that would wait for ever, or asks again and again after b''."""


def chunked(data: bytes, size: int) -> list[bytes]:
    """`data` in chunks of `size` bytes; the last may be shorter."""
    if size < 1:
        raise ValueError(f"a chunk has at least one byte, not {size}")
    return [data[at : at + size] for at in range(0, len(data), size)]


# --- the reader's end ------------------------------------------------------------------------

_ALL: Final = int(socket.MSG_WAITALL)
_PEEK: Final = int(socket.MSG_PEEK)

#: Of each method that takes bytes: where its flags stand, and how many bytes its result says were taken.
_TAKES: Final[dict[str, tuple[int, Callable[[Any], int]]]] = {
    "recv": (1, len),
    "recv_into": (2, int),
    "recvfrom": (1, lambda result: len(result[0])),
    "recvfrom_into": (2, lambda result: int(result[0])),
    "recvmsg": (2, lambda result: len(result[0])),
    "recvmsg_into": (2, lambda result: int(result[0])),
}


def _feeding(op: str, place: int, count: Callable[[Any], int]) -> Any:
    watched, plain = getattr(WatchedSocket, op), getattr(Plain, op)

    @functools.wraps(plain)
    def taking(self: Any, *args: Any, **kwargs: Any) -> Any:
        feeder: Feeder = self._feeder
        flags = args[place] if len(args) > place else kwargs.get("flags", 0) if kwargs else 0
        if flags & _ALL:
            feeder.hand_out(_asked(args))
        if not feeder.unseen:
            result = watched(self, *args, **kwargs)
        else:
            if feeder.took >= feeder.given:
                feeder.stop_if_starved(self)
            result = plain(self, *args, **kwargs)
        if not flags & _PEEK:
            feeder.took += count(result)
            if feeder.took >= feeder.given:
                feeder.emptied()
                feeder.hold_if_circling(self)
        return result

    return taking


def _asked(args: tuple[Any, ...]) -> int:
    """How many bytes MSG_WAITALL is to wait for; a list of buffers counts as all there is."""
    if len(args) > 1 and isinstance(args[1], int) and args[1] and not isinstance(args[0], int):
        return args[1]
    return args[0] if isinstance(args[0], int) else getattr(args[0], "nbytes", None) or len(args[0])


def _send(self: Any, data: Any, *flags: Any) -> int:
    """`send` of a kernel whose buffer has `room` for so many bytes: it takes no more, and says so."""
    room = self._feeder.room
    return int(WatchedSocket.send(self, data if room is None else memoryview(data).cast("B")[:room], *flags))


def _dup(self: Any) -> Any:
    other = WatchedSocket.dup(self)
    other._feeder = self._feeder  # noqa: SLF001  its own class
    return other


_Fed: Any = type(WatchedSocket)(
    WatchedSocket.__name__,
    (WatchedSocket,),
    {
        **{op: _feeding(op, *how) for op, how in _TAKES.items() if hasattr(WatchedSocket, op)},
        "__doc__": Plain.__doc__,
        "__module__": Plain.__module__,
        "__qualname__": Plain.__qualname__,
        "__slots__": ("_feeder",),
        "dup": _dup,
        "send": _send,
    },
)


# --- the other end ---------------------------------------------------------------------------


class Feeder(Peer):
    """The other end of a reader's connection: hands out its chunks one by one, then does what `end` says.

    - `chunks`, `end`: what it was given; `room`: how many bytes one `send` of the learner's may take, None: all.
    - `unseen`: nothing of this connection is on the tape.
    - `given`, `took`: how many bytes were handed out, and how many of them the reader has taken.
    """

    def __init__(self, sock: socket.socket, chunks: Iterable[bytes], end: End, name: str, owner: Owner | None) -> None:
        super().__init__(sock, name)
        self.chunks = [chunk for chunk in chunks if chunk]
        self.end = end
        self.room: int | None = None
        self.unseen = isinstance(endpoint_of(sock), _Unseen)
        self.given = self.took = 0
        self._at = 0
        self._ends = 0
        self._over = False
        self._program = Program(name, owner=owner)  # what it does is not the reader's doing

    def hand_out(self, size: int) -> None:
        """Send as many chunks as are needed for `size` bytes to be there: for a call that waits for so many."""
        while self.given - self.took < size and not self._over:
            self._next()

    def goes_on(self, *chunks: bytes) -> None:
        """Its silence was not the end: it has more to say, and the first of `chunks` goes out at once."""
        self.chunks += chunks
        self._over = False
        self._next()

    def emptied(self) -> None:
        """The reader has taken all that was handed out, so the next chunk goes out, or the end comes."""
        if not self._over:
            self._next()
        else:
            self._ends += 1

    def stop_if_starved(self, sock: socket.socket) -> None:
        """Raise `Starved` in a reader that would wait for ever, or does not understand b''; end one that is to end."""
        owner = endpoint_of(sock).owner
        if owner is not None and owner.halted is not None:
            raise owner.halted
        waits = self._over and self.end == "silence" and sock.gettimeout() is None
        if waits or self._ends > _ENDS:
            raise Starved

    def hold_if_circling(self, sock: socket.socket) -> None:
        """A reader that asks again and again after b'' waits here until it is ended, or patience is.

        What it would do meanwhile drives the beginning of the story off the tape.
        """
        owner = endpoint_of(sock).owner
        if self.unseen or owner is None or self._ends <= _CIRCLES:
            return
        deadline = clock() + stream.PATIENCE
        while owner.halted is None and clock() < deadline:
            threading.Event().wait(_LOOK)

    def _next(self) -> None:
        if self._at < len(self.chunks):
            chunk = self.chunks[self._at]
            self._at += 1
            self.given += len(chunk)
            with self._as_itself():
                self.says(chunk)
        else:
            self._over = True
            with self._as_itself():
                {"silence": _nothing, "finish": self.finishes, "reset": self.resets, "leave": self.leaves}[self.end]()
        self.steps += 1

    @contextlib.contextmanager
    def _as_itself(self) -> Iterator[None]:
        """What this thread does now is the feeder's."""
        if self.unseen:
            yield
            return
        outer = getattr(mine, "program", None)
        mine.program = self._program
        try:
            yield
        finally:
            mine.program = outer


def _nothing() -> None:
    pass


def _check(chunks: Sequence[bytes], end: str) -> None:
    if end not in ("silence", "finish", "reset", "leave"):
        raise ValueError(f'the end is "silence", "finish", "reset" or "leave", not {end!r}')
    longest = max(map(len, chunks), default=0)
    if longest > _LARGEST:
        raise ValueError(f"a chunk has at most {_LARGEST} bytes, not {longest}: nobody reads while it is sent")


def fed(
    chunks: Iterable[bytes], end: End = "silence", *, name: str = "the sender", label: str = "your code",
    learner: Owner | None = None, other: Owner | None = None, unseen: bool = False,
) -> tuple[socket.socket, Feeder]:  # fmt: skip
    """A socket for a reader, connected to a `Feeder` whose first chunk is on its way.

    - `name`, `label`: the feeder and the reader in the ladder.
    - `learner`, `other`: whose the two ends are, so that both are closed with all else of theirs.
    - `unseen`: keep all of it off the tape.
    """
    chunks = list(chunks)
    _check(chunks, end)
    near, far = _pair()
    for sock, owner, role in ((near, learner, label), (far, other, name)):
        endpoint = endpoint_of(sock)
        endpoint.label = role
        if owner is not None:
            endpoint.owner = owner
            owner.add(sock)
        if unseen:
            endpoint.__class__ = _Unseen
    stream.patient(far, stream.PATIENCE)
    near._feeder = feeder = Feeder(far, chunks, end, name, other)  # noqa: SLF001  its own class
    feeder.emptied()
    return near, feeder


class _Unseen(Endpoint):
    """The endpoint of a socket that is off the tape, until its owner is told to end: then what waits on it is woken."""

    __slots__ = ()

    @property
    def hidden(self) -> bool:  # type: ignore[override]  # of the base it is a plain attribute
        """Whether it is off the tape."""
        return self.owner is None or self.owner.halted is None


def _pair() -> tuple[Any, Any]:
    """Two connected sockets; that they were connected is no part of the story."""
    with Plain(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        client = Plain(socket.AF_INET, socket.SOCK_STREAM)
        client.connect(listener.getsockname())
        number, _ = listener._accept()  # type: ignore[attr-defined]  # noqa: SLF001  accept() would make a watched one
    return _Fed(fileno=client.detach()), WatchedSocket(fileno=number)

"""The server that is attacked: run here for one attack, or already running somewhere."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from labsupport.exercises.engine.run import Run, finish, surely
from labsupport.exercises.engine.values import error_text
from labsupport.exercises.peers import listen
from labsupport.services import Serve
from labsupport.services.running import QUEUE, stop_pair
from labsupport.tape.frames import doing
from labsupport.tape.programs import Owner

from .held import Meter, at_port, in_process, of_owner
from .target import checked

__all__ = ["At", "Subject", "subject", "until_stopped"]


@dataclass(frozen=True)
class Subject:
    """A server that runs.

    - `address`, `meter`: where it is; what it holds.
    - `doing`: what it is doing, to be read after "it is"; "" where this cannot be known.
    - `ended`: why it serves no more, as a clause; "" while it does, or where this cannot be known.
    - `printed`: what it has printed; "" where this cannot be known.
    """

    address: tuple[str, int]
    meter: Meter
    doing: Callable[[], str] = str
    ended: Callable[[], str] = str
    printed: Callable[[], str] = str


@dataclass(frozen=True)
class At:
    """A server in another process: its `address`, and the process's number, by which one sees what it holds."""

    address: tuple[str, int]
    pid: int | None = None


def subject(server: Any) -> contextlib.AbstractContextManager[Subject]:
    """The server of the `with`: made by a maker, which is called, or found at an address.

    - `server`: ``serve(listener)``, plain or ``async``; ``(host, port)``; or an object that has an `address`.

    Raises:
        TypeError: it is none of these.
        ValueError: its address is not on this machine's loopback.
    """
    if isinstance(server, tuple) or hasattr(server, "address"):
        return contextlib.nullcontext(_found(server))
    if not callable(server):
        raise TypeError(
            "attacks go to a server: give a function serve(listener), plain or async, the address (host, port) of one "
            f"that runs, or an object with an .address; and got {server!r} ({type(server).__name__})"
        )
    return _made(server)


def _found(server: Any) -> Subject:
    address = checked(getattr(server, "address", server))
    # Of a `Background` and of what `serve` gives: they run in this process.
    owner = getattr(server, "_owner", None) or getattr(getattr(server, "_work", None), "owner", None)
    if isinstance(owner, Owner):
        return Subject(address, of_owner(owner), lambda: doing(owner), printed=lambda: owner.output)
    pid = getattr(server, "pid", None)
    return Subject(address, at_port(address[1], server) if pid is None else in_process(pid))


@contextlib.contextmanager
def _made(serve: Callable[[Any], Any]) -> Iterator[Subject]:
    run = Run("your server", lambda: _served(serve, listener))
    with run.owner.adopt():
        listener = listen()
        listener.listen(QUEUE)
    address = checked(listener.getsockname())
    try:
        run.start()
        yield Subject(
            address,
            of_owner(run.owner),
            lambda: doing(run.owner),
            lambda: _end(run),
            lambda: run.owner.output,
        )
    finally:
        surely(lambda: _finished(run, listener))


def _served(serve: Callable[[Any], Any], listener: Any) -> Any:
    """What `serve` gives; when it has ended nobody listens any more, as when a program has."""
    with listener:
        result = serve(listener)
        return asyncio.run(result) if inspect.iscoroutine(result) else result


def _end(run: Run) -> str:
    if not run.ended:
        return ""
    return f"it ended with {error_text(run.error)}" if run.error is not None else "it returned"


def _finished(run: Run, listener: socket.socket) -> int:
    finish([run])
    with contextlib.suppress(OSError):
        listener.close()
    return 0


def until_stopped(serve: Serve) -> Callable[[Any], None]:
    """A maker, ``serve(listener)``, of a service that wants to be told when to stop: one of `services`, for example."""

    def maker(listener: Any) -> None:
        stop, stopper = stop_pair()
        with stop, stopper:
            serve(listener, stop, 0.0)

    return maker

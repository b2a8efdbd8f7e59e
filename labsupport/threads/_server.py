"""One function that runs in a background thread, and all that it started there."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn

from labsupport.tape.ending import Stopped, close, end, start_unseen, wait_unseen
from labsupport.tape.events import Address, clock, text_of
from labsupport.tape.frames import doing
from labsupport.tape.mishaps import failed, first, tend
from labsupport.tape.programs import Owner, current

__all__ = ["Background", "stop_them"]

#: Seconds that `address` waits, and that a program may take to end before it is said to be "still ending".
PATIENCE: Final = 5.0
STOPPING: Final = 0.9

#: A host that clients can connect to, for one that means "every interface".
_CONNECTABLE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Background:
    """A function that runs in a background thread; `@background` makes one.

    The threads that it starts, the sockets that they make and what they print belong to it.
    An exception that ends it is shown once: by `address` if that waits for it, else under the
    cell that ran meanwhile, unless `error` has been looked at.
    """

    def __init__(self, function: Callable[[], Any], name: str) -> None:
        self._function = function
        self._owner = Owner(name)
        self._stopping = False
        self._kept = False  # a helper thread sees to it that it ends
        tend(self._owner)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._owner.enter(self._thread)

    def begin(self) -> None:
        """Start the thread.  Called once, by `background`, when somebody else knows of this already and can stop it."""
        self._thread.start()

    # --- in the background thread ---

    def _run(self) -> None:
        try:
            with self._owner.adopt():
                self._call()
        except Stopped:
            pass  # it came when the function had ended by itself

    def _call(self) -> None:
        try:
            if not self._stopping:
                result = self._function()
                if inspect.iscoroutine(result):
                    asyncio.run(result)
        except BaseException as error:  # noqa: BLE001  a SystemExit too is the learner's to see
            # What it raises because it is being stopped is no mistake of its own.
            if not self._stopping:
                failed(self._owner, error)
            else:
                close(self._owner)  # who stops it closes what it holds; the collector would warn of it

    # --- for the cells ---

    @property
    def name(self) -> str:
        """The function's name, or the one given to `background`."""
        return self._owner.name

    @property
    def address(self) -> Address:
        """`(host, port)` to connect to: waits until a stream socket listens or a datagram socket is bound.

        Two-tuple also for IPv6.  For a socket bound to every interface the host is loopback.

        Raises:
            RuntimeError: the function ended first; its own exception is the `__cause__`.
            TimeoutError: after 5 s; it says what the function is doing instead.
        """
        __tracebackhide__ = True
        if current().owner is self._owner:
            raise RuntimeError(f"{self.name} asked for its own address; inside it, ask its socket: getsockname()")
        until = clock() + PATIENCE
        while (found := self._found()) is None:
            if not self.running and self._found() is None:
                self._raise_ended()
            if clock() > until:
                raise TimeoutError(self._not_listening())
            self._owner.address_known.wait(0.02)
        return (_CONNECTABLE.get(found[0], found[0]), found[1])

    def _found(self) -> Address | None:
        if self._owner.address is None:  # perhaps it uses a listener that another cell has made
            for sock in self._owner.sockets():
                if sock._endpoint.listening:  # noqa: SLF001  the tape's own mark on its sockets
                    return sock._endpoint.local  # type: ignore[no-any-return]  # noqa: SLF001  likewise
        return self._owner.address

    def _raise_ended(self) -> NoReturn:
        __tracebackhide__ = True
        if self._stopping:
            raise RuntimeError(f"{self.name} was stopped before it listened, so it has no address; run its cell again")
        mishap = first(self._owner)
        if mishap is None:
            raise RuntimeError(
                f"{self.name} ended without listening, so it has no address; "
                "a server calls socket.create_server((host, port)), or bind() and, for TCP, listen()"
            )
        error = mishap.to_raise()
        what = "".join(f": {line}" for line in text_of(error).splitlines()[:1])
        raise RuntimeError(f"{self.name} ended before it listened, with {type(error).__name__}{what}") from error

    def _not_listening(self) -> str:
        bound = [sock for sock in self._owner.sockets() if sock._endpoint.bound]  # noqa: SLF001  as above
        missing = "its socket is bound, but listen() was not called" if bound else "it has bound no socket"
        return (
            f"{self.name} does not listen after {PATIENCE:g} s, so it has no address: {missing}; "
            f"it is {doing(self._owner)}"
        )

    @property
    def running(self) -> bool:
        """Whether the function, or a thread that it started, still runs."""
        return self._thread.is_alive() or bool(self._owner.threads())

    @property
    def error(self) -> BaseException | None:
        """The exception that ended the function, or the first of its threads to raise one, or None.

        Whoever asks has seen it: it is not shown again.
        """
        mishap = first(self._owner)
        if mishap is None:
            return None
        mishap.seen = True
        return mishap.error

    @property
    def output(self) -> str:
        """What the function and the threads that it started have printed so far, in order."""
        return self._owner.output

    def join(self, timeout: float | None = None) -> None:
        """Wait until the function and the threads that it started have ended, at most `timeout` seconds.

        Like `threading.Thread.join` it returns in either case; `running` says which it was.

        Raises:
            TypeError, ValueError: the timeout is no number, or negative.
            RuntimeError: it would wait for itself.
        """
        _check_timeout(timeout)
        if current().owner is self._owner:
            raise RuntimeError(f"{self.name} cannot wait for its own end: call join() from another cell")
        until = None if timeout is None else clock() + timeout
        waiting = [self._thread]
        while waiting and (until is None or clock() <= until):
            for thread in waiting:
                thread.join(None if until is None else max(0.0, until - clock()))
            waiting = self._owner.threads()  # those that it has started in the meantime, too

    def stop(self) -> None:
        """End the function and its threads and close their sockets; returns within 1 s.

        What cannot be woken (a sleep, a lock, a computation in C) ends at its next step; until
        then this is said here, and `running` stays true.  To stop twice does no harm.
        """
        stop_them([self])
        if current().owner is self._owner:
            raise Stopped

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(
            f"{self.name} already runs in the background and is not called. Connect to {self.name}.address, "
            f"read {self.name}.output; to start it afresh, run its cell again"
        )

    def __repr__(self) -> str:
        return f"<background {self.name!r}: {self._state()}>"

    def _state(self) -> str:
        if self.running:
            return f"{'still ending' if self._stopping else 'running'}, {doing(self._owner)}"
        mishap = first(self._owner)
        if mishap is not None:
            return f"ended with {type(mishap.error).__name__}: {text_of(mishap.error)}"
        return "stopped" if self._stopping else "ended"

    # --- for stop_them ---

    def _begin_to_stop(self) -> Owner:
        self._stopping = self._stopping or self.running
        return self._owner

    def _say_still_ending(self) -> None:
        print(f"{self.name} is still ending: it is {doing(self._owner)}. It cannot be woken; it ends at its next step.")

    def _keep_ending(self) -> None:
        while self.running:
            end([self._owner], 0.3)
            wait_unseen(self._thread, clock() + 1.0)
        end([self._owner])


def stop_them(servers: Iterable[Background], *, abort: bool = False, silent: bool = False) -> None:
    """Stop several at once, in 1 s together; `abort`: their connections end with a RST.

    Those that cannot be woken are named, unless `silent`, and seen to until they have ended.
    """
    chosen = list(servers)
    end([server._begin_to_stop() for server in chosen], STOPPING, abort=abort)  # noqa: SLF001  this class's own
    for server in chosen:
        if current().owner is server._owner:  # noqa: SLF001  as above
            continue
        wait_unseen(server._thread, clock() + 0.02)  # noqa: SLF001  its last line, which is ours
        if server.running and not silent:
            server._say_still_ending()  # noqa: SLF001  as above
        if server.running and not server._kept:  # noqa: SLF001  as above
            server._kept = True  # noqa: SLF001  as above
            keeper = threading.Thread(target=server._keep_ending, name=f"ending {server.name}", daemon=True)  # noqa: SLF001
            start_unseen(keeper)


def _check_timeout(timeout: object) -> None:
    if timeout is None:
        return
    if not isinstance(timeout, int | float):
        raise TypeError(f"join() takes a number of seconds or None, not {timeout!r}")
    if timeout < 0:
        raise ValueError(f"join() cannot wait {timeout} seconds; give 0 or more, or None to wait for ever")

"""A service that runs in a thread of its own, until it is stopped."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from labsupport.tape.mishaps import Mishap
from labsupport.tape.stopped import Stopped
from labsupport.tape.watched import endpoint_of, installed

__all__ = ["QUEUE", "Running", "Serve", "stop_pair"]

#: Clients that the kernel lets in while the service is busy; it takes fewer where the system says so (listen(2)).
QUEUE: Final = 1024
#: A service: the listener, the socket that can be read when it is to stop, and seconds that its clients then get.
Serve = Callable[[socket.socket, socket.socket, float], None]


class Running:
    """A service on a free port of 127.0.0.1; use it in a `with`, or call its `stop()`.

    - `serve`: one of the six, or your own of the same form.
    - `grace`: seconds that its clients get to finish when it is stopped.
    - `address`: `(host, port)` to connect to.
    - `error`: what `serve` raised, or None; it has been shown too.
    """

    def __init__(self, serve: Serve, *, grace: float = 2.0) -> None:
        self._stop, self._stopper = stop_pair()
        self.error: BaseException | None = None
        listener = socket.create_server(("127.0.0.1", 0), backlog=QUEUE)
        self.address: tuple[str, int] = listener.getsockname()
        name = f"a service on port {self.address[1]}"
        self._thread = threading.Thread(target=self._run, args=(serve, listener, grace), name=name, daemon=True)
        try:
            self._thread.start()
        except BaseException:  # interrupted: no `with` has it yet
            self.ask_to_stop()
            raise

    def _run(self, serve: Serve, listener: socket.socket, grace: float) -> None:
        try:
            with listener, self._stop:  # the listener is closed too where `serve` has not done it
                serve(listener, self._stop, grace)
        except Stopped:  # it was started by a background server that has been stopped
            pass
        except BaseException as error:  # noqa: BLE001  whatever it is, it is told
            mishap = Mishap(threading.current_thread().name, error)
            mishap.show()
            self.error = mishap.error

    def ask_to_stop(self) -> None:
        """Tell it to stop, and do not wait until it has."""
        self._stopper.close()  # its `stop` can be read from now on, and gives b""

    def stop(self) -> None:
        """Let nobody new in, wait until the clients have finished or been cut.  Twice does no harm."""
        self.ask_to_stop()
        self._thread.join()

    @property
    def serving(self) -> bool:
        """Whether it still has something to do."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def stop_pair() -> tuple[socket.socket, socket.socket]:
    """A `stop` for a service, and the socket whose close makes that readable; neither shows in a ladder."""
    stop, stopper = socket.socketpair()
    for end in (stop, stopper) if installed() else ():
        endpoint_of(end).hidden = True
    return stop, stopper

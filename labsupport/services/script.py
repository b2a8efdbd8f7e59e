"""A service as a program of its own: its options, and how a signal becomes a stop."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

from labsupport.services.commands import Parser, port_number, stop_by
from labsupport.services.limits import raise_files
from labsupport.services.running import QUEUE
from labsupport.tape.watched import uninstall

__all__ = ["main"]


def main(serve: Callable[[socket.socket, socket.socket, float], None]) -> None:
    """Serve on 127.0.0.1 and say where, until SIGINT (Ctrl-C) or SIGTERM; a second one ends the program at once."""
    options = _options()
    uninstall()  # nobody looks at the tape of this process
    files = raise_files()
    stop, stopper = socket.socketpair()
    with stop, stopper, _listener(options.port) as listener:
        stop_by(stopper, input_too=options.until_input_ends)
        _wake(stopper)
        host, port = listener.getsockname()
        print(f"{host} {port}\nopen files allowed: {files}", flush=True)
        serve(listener, stop, options.grace)
    print("stopped", flush=True)


def _listener(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=QUEUE)
    except OSError as error:
        sys.exit(f"cannot listen on port {port}: {os.strerror(error.errno or 0)}; --port 0 takes a free one")


def _options() -> argparse.Namespace:
    parser = Parser(description="A line in, its length and itself in upper case out, until Ctrl-C or SIGTERM.")
    parser.add_argument(
        "--port", type=port_number, default=0, help="where to listen on 127.0.0.1; 0: the system chooses"
    )
    parser.add_argument("--grace", type=_seconds, default=2.0, help="seconds that clients get to finish, at a stop")
    parser.add_argument("--until-input-ends", action="store_true", help="stop too when standard input ends")
    return parser.parse_args()


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= (seconds := float(text)) <= threading.TIMEOUT_MAX:
            return seconds
    raise argparse.ArgumentTypeError(f"seconds are a number of at least 0, not {text!r}")


def _wake(stopper: socket.socket) -> None:
    """The signal itself writes to `stopper`, though the program waits in select(); Windows' event loop undoes this."""
    stopper.setblocking(False)
    signal.set_wakeup_fd(stopper.fileno(), warn_on_full_buffer=False)

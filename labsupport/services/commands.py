"""What the commands of the course share: a parser that says what is wrong, a port, the signals that end one."""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
from collections.abc import Callable
from typing import NoReturn

from .child import when_input_ends

__all__ = ["Parser", "on_a_signal", "port_number", "stop_by"]


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """End the program with 2."""
        self.exit(2, f"{message}; --help shows what there is\n")


def port_number(text: str) -> int:
    """The number of a port.  Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def on_a_signal(do: Callable[[], object]) -> None:
    """Call `do` at the first SIGINT (Ctrl-C) or SIGTERM; the second one ends the program."""
    signals = (signal.SIGINT, signal.SIGTERM)

    def note(number: int, frame: object) -> None:  # noqa: ARG001  a handler's signature
        for each in signals:
            signal.signal(each, signal.SIG_DFL)
        do()

    for each in signals:
        signal.signal(each, note)


def stop_by(stopper: socket.socket, *, input_too: bool) -> None:
    """Write to `stopper` at such a signal, and with `input_too` also when standard input ends."""

    def ask() -> None:
        with contextlib.suppress(OSError):  # the service has ended already
            stopper.send(b"!")

    on_a_signal(ask)
    if input_too:
        when_input_ends(ask)

"""Servers for a client by hand, and the finger that presses its buttons."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from labsupport.panels.one_client.by_hand import ClientPanel
from labsupport.threads import Background, background


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30  # only how long a test that fails may take
    while not condition():
        assert time.monotonic() < end, "nothing came of it within 30 s"
        time.sleep(0.002)


def do(panel: ClientPanel, action: str) -> str:
    """Press a button and wait until the call has returned."""
    before = panel._hand.outcome
    assert panel.do(action), panel._hand.reason(action)
    wait_until(lambda: not panel.busy and panel._hand.outcome is not before)
    return panel.said


def serving(handle: Callable[[socket.socket], object]) -> Background:
    def server() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                handle(connection)

    return background(server, name="server")


def echo(connection: socket.socket) -> None:
    while data := connection.recv(1024):
        connection.sendall(data)

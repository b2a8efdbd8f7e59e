"""Servers for a client by hand, and the finger that presses its buttons."""

from __future__ import annotations

import socket
from collections.abc import Callable

from labsupport.panels.one_client.by_hand import ClientPanel
from labsupport.threads import Background, background
from tests.leftovers import until


def do(panel: ClientPanel, action: str) -> str:
    """Press a button and wait until the call has returned."""
    before = panel._hand.outcome
    assert panel.do(action), panel._hand.reason(action)
    until(lambda: not panel.busy and panel._hand.outcome is not before)
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

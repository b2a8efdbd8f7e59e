"""The one value of SO_LINGER by which connections are reset here."""

from __future__ import annotations

import socket

import pytest

from labsupport import options
from labsupport.tape.linger import RESETS


def test_it_is_what_the_table_of_options_makes_of_on_and_no_time() -> None:
    linger = options.TABLE["SO_LINGER"].kind
    assert linger.write((True, 0)) == RESETS
    assert linger.size == len(RESETS)


def test_a_close_resets() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), 30)
        server, _ = listener.accept()
    with client, server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
        server.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)

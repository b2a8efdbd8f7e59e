"""The script that chapter 02 takes outside answers line by line, however the lines come."""

from __future__ import annotations

import contextlib
import socket
import sys
import time
from pathlib import Path

import pytest

from labsupport import kernel
from tests.notebooks.test_outside import running, script_of

CHAPTER = Path(__file__).parents[2] / "notebooks" / "02_streams_and_messages.ipynb"


def wait_until_read(mine: tuple[str, int], port: int) -> None:
    """Until nothing of this connection waits in the server's kernel, as `ss` would show it."""
    end = time.monotonic() + 10
    while any(row.receive_queue for row in kernel.connections(port) if row.remote == mine):
        assert time.monotonic() < end, "the server does not read"
        time.sleep(0.001)


@pytest.mark.skipif(sys.platform != "linux", reason="what waits in another program's kernel queue is asked as on Linux")
def test_half_a_line_waits_in_the_program_and_the_whole_one_is_answered_once(tmp_path: Path) -> None:
    with (
        running(script_of(CHAPTER), tmp_path) as (_, address),
        socket.create_connection(address, timeout=10) as client,
    ):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in "héllo\nPING\n".encode():
            client.sendall(bytes([byte]))
            wait_until_read(client.getsockname(), address[1])
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as file:
            assert file.read().decode() == "héllo\nPING\n"


def test_a_line_without_end_costs_only_its_own_connection(tmp_path: Path) -> None:
    with running(script_of(CHAPTER), tmp_path) as (_, address):
        with (
            socket.create_connection(address, timeout=10) as endless,
            contextlib.suppress(ConnectionError),  # closed with bytes unread: a reset
        ):
            endless.sendall(bytes(5000))
            assert endless.recv(1) == b""
        with socket.create_connection(address, timeout=10) as client:
            client.sendall(b"still here?\n")
            assert client.recv(100) == b"still here?\n"

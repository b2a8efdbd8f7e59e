"""Real sockets on loopback, closed after each test, and a wait with an end."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def stack() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(params=["127.0.0.1", "::1"])
def host(request: pytest.FixtureRequest) -> str:
    host = str(request.param)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.bind((host, 0))
    except OSError as error:
        pytest.skip(f"this machine has no {host}: {error}")
    return host


@pytest.fixture
def listener(stack: contextlib.ExitStack, host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return stack.enter_context(socket.create_server((host, 0), family=family, backlog=3))


@pytest.fixture
def pair(stack: contextlib.ExitStack, listener: socket.socket) -> Pair:
    """A client and the accepted socket of one connection."""
    client = stack.enter_context(socket.create_connection(listener.getsockname()[:2], timeout=5))
    accepted, _ = listener.accept()
    accepted.settimeout(5)
    return client, stack.enter_context(accepted)

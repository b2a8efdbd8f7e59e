"""Slices go on whatever becomes of the receiver, also where the tape does not see what it takes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from labsupport import Link, faults
from labsupport.link import receiver
from labsupport.tape.lives import Plain
from tests.link.talking import PATIENCE, ends, exactly, listening, through, way

SLICES = [b"ab", b"cd", b"ef"]


def test_bytes_that_were_taken_behind_the_tapes_back() -> None:
    with through(up=faults.Slice(2)) as (_link, client, server):
        client.sendall(b"abcdef")
        assert [Plain.recv(server, 10), server.recv(10), Plain.recv(server, 10)] == SLICES


def test_a_socket_that_goes_on_as_another_object() -> None:
    with through(up=faults.Slice(2)) as (_link, client, server):
        client.sendall(b"abcdef")
        assert server.recv(10) == b"ab"
        with socket.socket(fileno=server.detach()) as other:
            other.settimeout(PATIENCE)
            assert [other.recv(10), other.recv(10)] == SLICES[1:]


def test_a_receiver_whom_only_another_process_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its listener is open here too, and here nobody ever accepts."""
    monkeypatch.setattr(receiver, "ELSEWHERE", 0.05)
    with (
        listening() as listener,
        Link(listener.getsockname(), up=faults.Slice(2)) as link,
        socket.create_connection(link.address, timeout=PATIENCE) as client,
        accepted_unseen(listener) as server,
    ):
        client.sendall(b"abcdef")
        assert exactly(server, 6) == b"abcdef"


@contextlib.contextmanager
def accepted_unseen(listener: Any) -> Iterator[Any]:
    number, _ = listener._accept()  # what accept() is made of: the tape does not see it
    with Plain(fileno=number) as server:
        server.settimeout(PATIENCE)
        yield server


def test_a_listener_that_is_there_for_ipv4_and_ipv6() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this system has no such listeners")
    with (
        socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener,
        Link(("127.0.0.1", listener.getsockname()[1]), up=faults.Slice(2)) as link,
        ends(link, listener) as (client, server),
    ):
        client.sendall(b"abcdef")
        assert [server.recv(10) for _ in SLICES] == SLICES


def test_a_client_that_connects_to_a_name_is_known() -> None:
    """While connect() runs the tape knows the name only."""
    with through(down=faults.Slice(2)) as (link, client, server):
        client._endpoint.peer = "localhost", link.address[1]  # type: ignore[attr-defined]  # as within connect()
        server.sendall(b"abcdef")
        assert client.recv(10) == b"ab"
        assert not way(link, "down")._receiver._outside

"""The contract of `labsupport.kernel`: what it takes, what it refuses, and how it answers elsewhere."""

from __future__ import annotations

import _socket
import asyncio
import socket
import subprocess
import sys
import textwrap

import pytest

from labsupport import kernel
from labsupport.kernel import unknown
from labsupport.kernel.facts import FIELDS

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_system", lambda: unknown)


def test_a_closed_socket_is_refused_with_the_cure(pair: Pair) -> None:
    client, _ = pair
    client.close()
    with pytest.raises(ValueError, match=r"closed here.*before close\(\)"):
        kernel.snapshot(client)
    assert kernel.unread(client) is None
    assert kernel.unsent(client) is None


@pytest.mark.parametrize("wrong", [7, None, ("127.0.0.1", 80), "socket", socket.socket])
def test_what_is_no_socket_is_refused_with_the_cure(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"asked about a socket.*Give the socket itself"):
        kernel.snapshot(wrong)


def test_a_descriptor_that_is_no_socket_is_unknown() -> None:
    assert kernel.unread(-1) is None
    assert kernel.unsent(10**6) is None


@pytest.mark.parametrize("wrong", [("127.0.0.1", 80), "80", None, True, 80.0])
def test_a_port_is_a_number(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"takes a port number.*address\[1\]"):
        kernel.connections(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [0, -1, 65536])
def test_a_port_is_in_range(wrong: int) -> None:
    with pytest.raises(ValueError, match=f"{wrong} is not a port"):
        kernel.connections(wrong)


def test_a_protocol_is_tcp_or_udp() -> None:
    with pytest.raises(ValueError, match="'tcp' and 'udp', and got 'sctp'"):
        kernel.connections(80, protocol="sctp")


def test_listeners_come_first_and_both_ends_are_listed(pair: Pair, listener: socket.socket) -> None:
    here, there = (sock.getsockname()[:2] for sock in (listener, pair[0]))
    # Another connection of this machine may be in TIME-WAIT at the same number.
    rows = [row for row in kernel.connections(here[1]) if {row.local, row.remote} <= {here, there, None}]
    assert [(row.remote, row.state) for row in rows if row.local == here] == [
        (None, "LISTEN"),
        (there, "ESTABLISHED"),
    ]
    assert [(row.remote, row.state) for row in rows if row.local == there] == [(here, "ESTABLISHED")]
    assert rows[0].state == "LISTEN"
    assert (there, here) in {(row.local, row.remote) for row in kernel.connections(there[1])}


@pytest.mark.usefixtures("elsewhere")
def test_on_a_system_that_nobody_described_a_field_is_none(pair: Pair) -> None:
    seen = kernel.snapshot(pair[0])
    told = {name for name in FIELDS if getattr(seen, name) is not None}
    assert told == {"send_buffer", "receive_buffer"}
    assert kernel.unread(pair[0]) is None


def test_the_module_of_this_system_is_the_one_asked() -> None:
    expected = {"linux": "linux", "darwin": "macos", "win32": "windows"}.get(sys.platform, "unknown")
    assert kernel._system().__name__ == f"labsupport.kernel.{expected}"  # type: ignore[attr-defined]


def test_a_socket_of_asyncio_can_be_asked(pair: Pair) -> None:
    client = pair[0]
    client.setblocking(False)

    async def ask() -> kernel.Snapshot:
        _, writer = await asyncio.open_connection(sock=client)
        seen = kernel.snapshot(writer.get_extra_info("socket"))
        writer.close()
        await writer.wait_closed()
        return seen

    assert asyncio.run(ask()).send_buffer is not None


def test_asking_calls_no_method_that_a_tape_could_record(pair: Pair) -> None:
    class Loud(socket.socket):
        def getsockopt(self, *asked: object) -> int:  # type: ignore[override]
            raise AssertionError("recorded")

        def fileno(self) -> int:
            raise AssertionError("recorded")

    loud = Loud(fileno=_socket.socket.detach(pair[0]))
    try:
        assert kernel.snapshot(loud).send_buffer is not None
        assert kernel.unread(loud) in {0, None}
        kernel.unsent(loud)
    finally:
        _socket.socket.close(loud)


def test_importing_it_is_light() -> None:
    program = """
        import sys, types
        package = types.ModuleType("labsupport")
        package.__path__ = ["labsupport"]
        sys.modules["labsupport"] = package
        import labsupport.kernel
        labsupport.kernel.unread(0)
        print(*sorted({"ctypes", "psutil", "asyncio", "ssl"} & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=30, check=False
    )
    heavy = "ctypes" if sys.platform == "win32" else ""
    assert (done.stdout.strip(), done.stderr) == (heavy, "")

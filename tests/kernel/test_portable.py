"""The list of sockets by psutil: faked, and where it is installed the real one."""

from __future__ import annotations

import socket
import sys
import types
from typing import Any

import pytest

from labsupport import kernel
from labsupport.kernel import portable, unknown
from labsupport.kernel.facts import STATES

Row = types.SimpleNamespace


class AccessDenied(Exception):  # noqa: N818 - psutil's name
    pass


@pytest.fixture
def psutil(monkeypatch: pytest.MonkeyPatch) -> Any:
    fake: Any = types.ModuleType("psutil")
    fake.AccessDenied = AccessDenied
    fake.asked = []
    fake.listed = [
        Row(laddr=("127.0.0.1", 5000), raddr=(), status="LISTEN"),
        Row(laddr=("127.0.0.1", 40000), raddr=("127.0.0.1", 5000), status="TIME_WAIT"),
        Row(laddr=("127.0.0.1", 40001), raddr=("127.0.0.1", 6000), status="FIN_WAIT2"),
    ]
    fake.net_connections = lambda kind: fake.asked.append(kind) or fake.listed
    monkeypatch.setitem(sys.modules, "psutil", fake)
    monkeypatch.setattr(kernel, "_system", lambda: unknown)
    return fake


def test_rows_come_from_psutil(psutil: Any) -> None:
    listening, waiting = kernel.connections(5000)
    assert psutil.asked == ["tcp"]
    assert (listening.state, listening.remote, listening.send_queue) == ("LISTEN", None, None)
    assert (waiting.state, waiting.remote) == ("TIME-WAIT", ("127.0.0.1", 5000))


def test_without_the_right_to_see_all_it_is_this_process(psutil: Any) -> None:
    def denied(kind: str) -> None:
        raise AccessDenied

    psutil.net_connections = denied
    psutil.Process = lambda: Row(net_connections=lambda kind: psutil.listed[:1])
    assert [row.state for row in kernel.connections(5000)] == ["LISTEN"]


def test_datagram_sockets_have_no_state(psutil: Any) -> None:
    psutil.listed = [Row(laddr=("::1", 53), raddr=(), status="NONE")]
    assert [row.state for row in kernel.connections(53, protocol="udp")] == [None]


def test_without_psutil_the_cure_is_named(psutil: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(RuntimeError, match="pip install psutil"):
        kernel.connections(5000)


def test_every_state_of_the_rfc_has_its_name() -> None:
    assert set(portable.STATES.values()) == set(STATES)


def test_the_real_one_agrees(pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psutil")
    port = pair[0].getsockname()[1]

    def listed() -> set[object]:
        ends = {sock.getsockname()[:2] for sock in pair}  # others of this machine come and go
        return {
            (row.local, row.remote, row.state) for row in kernel.connections(port) if {row.local, row.remote} <= ends
        }

    here = listed()
    monkeypatch.setattr(kernel, "_system", lambda: unknown)
    assert len(here) == 2
    assert listed() == here

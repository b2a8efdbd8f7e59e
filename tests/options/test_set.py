"""Setting and reading for real: what this system made of it."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest

from labsupport import options, tls, watch
from labsupport.options import Linger, Setting

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what Linux makes of a value")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SO_REUSEADDR", True),
        ("TCP_NODELAY", 1),
        ("TCP_KEEPIDLE", 7),
        ("TCP_USER_TIMEOUT", 700),
        ("SO_LINGER", Linger(True, 0)),
        ("SO_LINGER", [True, 3]),
        ("SO_RCVTIMEO", 2),
        ("SO_RCVTIMEO", 1.5),
        ("SO_MAX_PACING_RATE", 1_000_000),
        ("SO_MAX_PACING_RATE", 5_000_000_000),
        ("SO_MAX_PACING_RATE", math.inf),
        ("TCP_CONGESTION", "reno"),
        ("TCP_MAXSEG", 536),
        ("IP_TTL", 3),
        ("SO_INCOMING_CPU", 0),
    ],
)
def test_what_is_taken_as_asked(tcp: socket.socket, name: str, value: Any) -> None:
    setting = options.set(tcp, name, value)
    assert (setting.verdict, setting.made) == ("as asked", options.get(tcp, name))
    assert str(setting) == f"{name} is {setting.option.kind.shown(setting.made)}, as asked."
    assert repr(setting) == str(setting)


def test_buffers_are_doubled(tcp: socket.socket) -> None:
    for name in ("SO_RCVBUF", "SO_SNDBUF"):
        setting = options.set(tcp, name, 4096)
        assert (setting.verdict, setting.asked, setting.made) == ("doubled", 4096, 8192)
        assert str(setting) == f"{name}: asked 4,096 bytes, the system made 8,192 bytes of it (doubled; socket(7))."


@pytest.mark.parametrize("name", ["SO_RCVBUF", "SO_SNDBUF"])
def test_buffers_have_a_least_and_a_most(tcp: socket.socket, name: str) -> None:
    least = options.set(tcp, name, 1)
    assert least.verdict == "clamped"
    assert 128 < least.made < 10_000
    limit = {"SO_RCVBUF": "rmem_max", "SO_SNDBUF": "wmem_max"}[name]
    for _ in range(2):  # a second time it is not "ignored", although nothing changes
        most = options.set(tcp, name, 2**31 - 1)
        assert most.verdict == "clamped"
        assert most.made == 2 * int(Path(f"/proc/sys/net/core/{limit}").read_text())
        assert f"clamped: between a minimum of its own and twice net.core.{limit}; socket(7)" in str(most)
    assert str(least).startswith(f"{name}: asked 1 byte, the system made ")


def test_what_is_ignored(tcp: socket.socket) -> None:
    setting = options.set(tcp, "TCP_THIN_DUPACK", True)
    assert (setting.verdict, setting.made) == ("ignored", False)
    assert str(setting).startswith("TCP_THIN_DUPACK: asked True, and it is still False (ignored; ")


def test_what_is_rounded(tcp: socket.socket) -> None:
    setting = options.set(tcp, "TCP_DEFER_ACCEPT", 5)
    assert setting.verdict == "rounded"
    assert setting.made > 5
    assert options.set(tcp, "IP_TOS", 0b1011).made == 0b1000
    assert options.set(tcp, "SO_RCVTIMEO", 1e-6).verdict == "rounded"


def test_what_becomes_the_default(tcp: socket.socket) -> None:
    options.set(tcp, "IP_TTL", 9)
    setting = options.set(tcp, "IP_TTL", -1)
    assert setting.verdict == "changed"
    assert setting.made == options.TABLE["IP_TTL"].default


def test_what_is_not_told(udp: socket.socket) -> None:
    setting = options.set(udp, "IP_ADD_MEMBERSHIP", ("239.1.2.3", "127.0.0.1"))
    assert (setting.verdict, setting.made) == ("not told", None)
    assert str(setting) == "IP_ADD_MEMBERSHIP was set; the system does not tell what it holds."
    options.set(udp, "IP_DROP_MEMBERSHIP", ("239.1.2.3", "127.0.0.1"))


def test_groups_of_both_kinds(udp: socket.socket, tcp6: socket.socket) -> None:
    assert options.set(udp, "IP_MULTICAST_IF", "127.0.0.1").verdict == "as asked"
    options.set(udp, "IP_ADD_SOURCE_MEMBERSHIP", ("232.1.2.3", "127.0.0.1", "127.0.0.2"))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        options.set(sock, "IPV6_JOIN_GROUP", ("ff01::123", socket.if_nametoindex("lo")))


@pytest.mark.parametrize("verdict", ["as asked", "doubled", "clamped", "rounded", "ignored", "changed", "not told"])
def test_each_verdict_is_one_sentence(verdict: str) -> None:
    row = options.TABLE
    setting = {
        "as asked": Setting(row["TCP_NODELAY"], 1, False, True),
        "doubled": Setting(row["SO_RCVBUF"], 4096, 1, 8192),
        "clamped": Setting(row["SO_RCVBUF"], 1, 1, 2304),
        "rounded": Setting(row["SO_RCVTIMEO"], 0.001, 0.0, 0.004),
        "ignored": Setting(row["TCP_NODELAY"], True, False, False),
        "changed": Setting(row["IP_TTL"], -1, 3, 64),
        "not told": Setting(row["IP_ADD_MEMBERSHIP"], ("", ""), None, None),
    }[verdict]
    assert setting.verdict == verdict
    assert str(setting).endswith(".")
    assert "\n" not in str(setting)
    assert set(setting._repr_mimebundle_()) == {"text/html", "text/plain"}


def test_other_systems_say_no_limits_of_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    setting = Setting(options.TABLE["SO_RCVBUF"], 1, 1, 2304)
    assert "net.core" not in str(setting)
    assert "(clamped; socket(7))" in str(setting)


# kinds of values, read


def test_values_are_of_their_type(tcp: socket.socket) -> None:
    assert options.get(tcp, "TCP_NODELAY") is False
    assert options.get(tcp, "SO_TYPE") is socket.SOCK_STREAM
    assert options.get(tcp, "SO_DOMAIN") is socket.AF_INET
    assert options.get(tcp, "SO_LINGER") == Linger(on=False, seconds=0)
    assert isinstance(options.get(tcp, "SO_RCVTIMEO"), float)
    assert isinstance(options.get(tcp, "TCP_CONGESTION"), str)
    assert isinstance(options.get(tcp, "TCP_INFO"), bytes)
    assert len(options.get(tcp, "SO_MEMINFO")) == 36
    assert options.get(tcp, "SO_COOKIE") > 0


def test_an_error_is_told_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with socket.socket() as client:
        client.setblocking(False)
        client.connect_ex(address)
        assert options.get(client, "SO_ERROR") == 111
        assert options.get(client, "SO_ERROR") == 0
    assert options.TABLE["SO_ERROR"].kind.shown(111) == "111 (ECONNREFUSED)"


def test_a_connected_socket_knows_its_mtu(udp: socket.socket) -> None:
    udp.connect(("127.0.0.1", 9))
    assert options.get(udp, "IP_MTU") >= 1280


# whose socket, and what the tape says


def test_what_the_learner_asks_is_on_the_tape(tcp: socket.socket) -> None:
    """And what is asked only to compare is not."""
    with watch() as tape:
        options.set(tcp, "SO_RCVBUF", 4096)
        options.get(tcp, "SO_RCVBUF")
        options.report(tcp)
    assert [(call.op, call.asked) for call in tape.calls() if call.op != "socket"] == [
        ("setsockopt", (socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)),
        ("getsockopt", (socket.SOL_SOCKET, socket.SO_RCVBUF)),
    ]


def test_a_tls_socket() -> None:
    context = tls.Authority().client_context()
    with socket.socket() as raw, context.wrap_socket(raw, server_hostname="localhost") as secure:
        assert isinstance(secure, ssl.SSLSocket)
        assert options.set(secure, "TCP_NODELAY", True).verdict == "as asked"
        assert "TCP_NODELAY" in options.report(secure)


async def _through_asyncio() -> tuple[Any, bool]:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        sock = server.sockets[0]
        return options.set(sock, "SO_KEEPALIVE", True), "SO_KEEPALIVE" in options.report(sock)


def test_a_socket_as_asyncio_hands_it_out() -> None:
    setting, reported = asyncio.run(_through_asyncio())
    assert (setting.verdict, reported) == ("as asked", True)

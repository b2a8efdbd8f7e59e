"""A report: where a socket is not as a fresh one."""

from __future__ import annotations

import socket
import sys

import pytest

from labsupport import options, watch

linux = pytest.mark.skipif(sys.platform != "linux", reason="asks options of Linux")


def names(report: options.Report) -> list[str]:
    return [line.option.name for line in report]


def test_a_fresh_socket_differs_nowhere(tcp: socket.socket, udp: socket.socket) -> None:
    for sock in (tcp, udp):
        assert names(options.report(sock)) == []
        assert str(options.report(sock)) == "Where this socket is not as a fresh one: nowhere."
        assert "nowhere" in options.report(sock).html()


def test_what_was_set_is_reported(tcp: socket.socket) -> None:
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    report = options.report(tcp)
    assert names(report) == ["SO_KEEPALIVE", "TCP_NODELAY"]
    line = report["TCP_NODELAY"]
    assert (line.value, line.fresh, line.differs) == (True, False, True)
    title, head, *lines = str(report).splitlines()
    assert title == "Where this socket is not as a fresh one:"
    assert head.split() == ["option", "here", "fresh", "socket", "what", "it", "does"]
    assert lines[1].split()[:3] == ["TCP_NODELAY", "True", "False"]
    assert repr(report) == str(report)


def test_a_report_as_html_can_be_heard(tcp: socket.socket) -> None:
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    bundle = options.report(tcp)._repr_mimebundle_()
    assert bundle["text/html"].count('<th scope="row"') == 1
    assert bundle["text/html"].count('<th scope="col"') == 4
    assert "<caption" in bundle["text/html"]
    assert bundle["text/plain"] == str(options.report(tcp))


@linux
def test_what_the_system_adapts_is_said() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), timeout=5) as client,
    ):
        report = options.report(client)
        assert "TCP_MAXSEG" in report
        assert "the system may have changed it by itself" in report["TCP_MAXSEG"].cells()[3]
        assert "SO_REUSEADDR" in options.report(listener)
        assert "by itself" not in options.report(listener)["SO_REUSEADDR"].cells()[3]


@linux
def test_everything_has_what_is_told_of_any_socket(tcp: socket.socket, udp: socket.socket) -> None:
    everything = names(options.report(tcp, everything=True))
    assert {"SO_TYPE", "SO_ACCEPTCONN", "TCP_NODELAY", "IP_TTL"} <= set(everything)
    assert len(everything) > 50
    assert not {"SO_ERROR", "TCP_INFO", "UDP_CORK", "IPV6_V6ONLY", "IP_ADD_MEMBERSHIP"} & set(everything)
    of_udp = names(options.report(udp, everything=True))
    assert "UDP_CORK" in of_udp
    assert "TCP_NODELAY" not in of_udp


def test_a_report_clears_no_error_and_leaves_no_trace() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with socket.socket() as client:
        client.setblocking(False)
        client.connect_ex(address)
        with watch() as tape:
            options.report(client, everything=True)
        assert list(tape.calls()) == []
        with pytest.raises(ConnectionRefusedError):
            client.recv(1)


def test_an_ipv6_socket_is_reported_by_its_own_options(tcp6: socket.socket) -> None:
    everything = names(options.report(tcp6, everything=True))
    assert "IPV6_V6ONLY" in everything
    assert "IP_TTL" not in everything


@linux
def test_a_socket_inside_this_machine_has_those_of_every_kind() -> None:
    one, other = socket.socketpair()
    with one, other:
        everything = options.report(one, everything=True)
        assert {line.option.level for line in everything} == {options.Level.SOL_SOCKET}
        assert everything["SO_PEERCRED"].value.pid > 0


def test_a_line_that_is_not_there(tcp: socket.socket) -> None:
    with pytest.raises(KeyError, match="no line for TCP_NODELAY"):
        options.report(tcp)["TCP_NODELAY"]
    assert "TCP_NODELAY" not in options.report(tcp)
    assert len(options.report(tcp)) == 0

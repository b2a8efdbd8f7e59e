"""The check of this machine: what it says where all is well, and where something is missing."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from importlib import metadata

import pytest

import labsupport
from labsupport import check, kernel
from labsupport.tape import watched


def look(report: check.Report, name: str) -> check.Result:
    return next(result for result in report if result.name == name)


@pytest.fixture
def report() -> check.Report:
    return check.machine()


def test_a_machine_that_runs_these_tests_can_run_the_course(report: check.Report) -> None:
    assert report.usable, str(report)


def test_every_line_says_what_was_seen_and_no_green_line_has_a_cure(report: check.Report) -> None:
    for result in report:
        assert result.name
        assert result.seen
        assert bool(result.cure) is not result.ok


def test_the_sockets_of_the_check_are_closed(report: check.Report) -> None:
    assert look(report, "TCP on loopback").ok
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        lowest = probe.fileno()
    check.machine()
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        assert probe.fileno() == lowest


def forbidden(*_: object, **__: object) -> None:
    raise PermissionError(1, "Operation not permitted")


getaddrinfo = socket.getaddrinfo


def misled(host: str, *rest: object, **named: object) -> object:
    """As where the hosts file sends localhost somewhere else (192.0.2.1 is for documentation: RFC 5737)."""
    return getaddrinfo("192.0.2.1" if host == "localhost" else host, *rest, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "where", "attribute", "instead", "seen", "needed"),
    [
        ("TCP on loopback", socket, "create_server", forbidden, "Operation not permitted", True),
        ("UDP on loopback", socket, "socket", forbidden, "Operation not permitted", True),
        ("Packages", metadata, "distributions", lambda **_: iter(()), "jupyterlab, ipywidgets", True),
        ("The tape", watched, "installed", lambda: False, "the ladder would stay empty", True),
        ("The name localhost", socket, "getaddrinfo", misled, "192.0.2.1", False),
        ("The kernel's states", kernel, "snapshot", forbidden, "Operation not permitted", False),
        ("TLS", ssl, "HAS_TLSv1_3", False, "has no TLS 1.3", False),
    ],
)
def test_what_is_missing_is_seen_and_has_a_cure(
    name: str,
    where: object,
    attribute: str,
    instead: Callable[..., object],
    seen: str,
    needed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(where, attribute, instead)
        report = check.machine()
    result = look(report, name)
    assert not result.ok
    assert seen in result.seen
    assert result.cure
    assert report.usable is not needed


def test_a_home_that_cannot_be_written_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    a_file = tmp_path_factory.mktemp("home") / "file"
    a_file.write_text("")
    monkeypatch.setenv("LABSUPPORT_HOME", str(a_file))
    result = look(check.machine(), "Your progress")
    assert not result.ok
    assert "LABSUPPORT_HOME" in result.cure


def test_after_uninstall_the_check_says_that_nothing_is_watched() -> None:
    labsupport.uninstall()
    try:
        assert not look(check.machine(), "The tape").ok
    finally:
        watched.install()
    assert look(check.machine(), "The tape").ok


GOOD = check.Result("Python", True, "3.11 on <Linux>", "", True)
WITHOUT = check.Result("IPv6", False, "no ::1", "Go on & enjoy.", False)
MISSING = check.Result("TCP", False, "refused", "Let Python connect.", True)


@pytest.mark.parametrize(
    ("lines", "summary"),
    [
        ([GOOD], "This machine has everything that the course uses."),
        ([GOOD, WITHOUT], "1 of 2 lines are in order; the course runs."),
        ([GOOD, MISSING], "1 of 2 lines are in order; the course cannot run before this is mended."),
    ],
)
def test_the_summary(lines: list[check.Result], summary: str) -> None:
    report = check.Report(lines)
    assert report.summary == summary
    assert summary in report.html()
    assert str(report).endswith(summary)


def test_green_lines_are_folded_and_the_others_shown_with_their_cure() -> None:
    shown, folded = check.Report([GOOD, WITHOUT]).html().split("<details>")
    assert "IPv6" in shown
    assert "Go on &amp; enjoy." in shown
    assert "Python" not in shown
    assert "3.11 on &lt;Linux&gt;" in folded
    assert "<details>" not in check.Report([WITHOUT]).html()
    assert "<ul>" not in check.Report([GOOD]).html().split("<details>")[0]


def test_the_text_marks_each_line() -> None:
    text = str(check.Report([GOOD, WITHOUT, MISSING]))
    assert [line.split()[0] for line in text.splitlines() if line[:1].strip()][:3] == ["ok", "without", "MISSING"]

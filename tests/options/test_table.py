"""The table: a row for each option, and what a row says is so."""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path

import pytest

from labsupport import options as room
from labsupport import watch
from labsupport.options import EXCLUDED, TABLE, Level, Option, lessons
from tests.options.stubs import OPTION, SYSTEMS, VERSIONS, options

linux = pytest.mark.skipif(sys.platform != "linux", reason="measured on Linux")

ROWS = [pytest.param(row, id=row.name) for row in TABLE]

#: Those that FACTS names with their number, because no Python does.
NEVER_NAMED = {
    "SO_ATTACH_FILTER": 26,
    "SO_COOKIE": 57,
    "SO_DETACH_FILTER": 27,
    "SO_MAX_PACING_RATE": 47,
    "SO_MEMINFO": 55,
    "SO_RXQ_OVFL": 40,
    "SO_TIMESTAMPNS": 35,
}


def test_each_name_of_any_system_has_a_row_or_a_reason() -> None:
    named = set().union(*options().values())
    assert len(named) > 120
    rows = {row.name for row in TABLE}
    assert sorted(named - rows - set(EXCLUDED)) == []
    assert sorted(rows & set(EXCLUDED)) == []
    assert sorted(set(EXCLUDED) - named) == [], "a reason for a name that nobody has"


def test_each_name_of_this_python_has_a_row_or_a_reason() -> None:
    """The stubs may be older than the Python that runs."""
    here = {name for name in dir(socket) if OPTION.fullmatch(name)}
    assert sorted(here - {row.name for row in TABLE} - set(EXCLUDED)) == []


def test_systems_and_versions_are_those_of_the_stubs() -> None:
    known = options()
    wrong = []
    for row in TABLE:
        for system in ("Linux", "macOS", "Windows"):
            first = next((version for version in VERSIONS if row.name in known[system, version]), None)
            said = row.first.get(system) or None
            if said != (first and ".".join(map(str, first))):
                wrong.append((row.name, system, said, first))
    assert wrong == []
    assert {system for row in TABLE for system in row.systems} <= set(SYSTEMS)


def test_those_that_no_python_names_have_their_number() -> None:
    for name, number in NEVER_NAMED.items():
        assert (TABLE[name].linux, TABLE[name].first) == (number, {"Linux": ""})


@linux
@pytest.mark.parametrize("row", ROWS)
def test_numbers_and_levels_are_those_of_this_system(row: Option) -> None:
    if row.exported:
        assert row.number == row.linux == getattr(socket, row.name)
    assert (row.number is not None) == ("Linux" in row.systems)
    if row.level is not Level.IPPROTO_IP:
        assert getattr(socket, row.level.name) == row.level


HEADERS = {
    Level.SOL_SOCKET: "asm-generic/socket.h",
    Level.IPPROTO_TCP: "linux/tcp.h",
    Level.IPPROTO_UDP: "linux/udp.h",
    Level.IPPROTO_IP: "linux/in.h",
    Level.IPPROTO_IPV6: "linux/in6.h",
}


@linux
def test_numbers_are_those_of_the_headers() -> None:
    """Also of those that this Python does not name."""
    checked = 0
    for level, header in HEADERS.items():
        path = Path("/usr/include") / header
        if not path.exists():
            continue
        numbers = dict(re.findall(r"^#\s*define\s+(\w+)\s+(\d+)\b", path.read_text(), re.MULTILINE))
        for row in TABLE.only(level):
            if row.name in numbers and "Linux" in row.systems:
                assert (row.name, row.linux) == (row.name, int(numbers[row.name]))
                checked += 1
    if not checked:
        pytest.skip("the headers of Linux are not installed")
    assert checked > 80


@pytest.mark.parametrize("row", ROWS)
def test_a_row_can_be_read(row: Option) -> None:
    assert 0 < len(row.what) <= 110
    assert "\n" not in row.what
    assert "|" not in row.what, "a Markdown table would break"
    assert not row.what.endswith(".")
    assert row.type
    assert row.source
    assert row.readonly or row.writeonly or row.kind.takes, "what may be set must be said"
    assert row.shown_by in {"", *(value for name, value in vars(lessons).items() if name.isupper())}


def test_each_lesson_is_pointed_to_by_a_row() -> None:
    titles = {value for name, value in vars(lessons).items() if name.isupper()}
    assert titles == {row.shown_by for row in TABLE} - {""}
    assert all(re.match(r"0[0-8]: \w", title) for title in titles)


@linux
def test_the_defaults_that_every_linux_has() -> None:
    seen = {name: TABLE[name].default for name in ("TCP_NODELAY", "SO_KEEPALIVE", "SO_ERROR", "TCP_USER_TIMEOUT")}
    assert seen == {"TCP_NODELAY": False, "SO_KEEPALIVE": False, "SO_ERROR": 0, "TCP_USER_TIMEOUT": 0}
    assert TABLE["SO_LINGER"].default == (False, 0)
    assert TABLE["SO_TYPE"].default is socket.SOCK_STREAM
    assert TABLE["SO_RCVTIMEO"].default == 0.0
    assert TABLE["SO_MAX_PACING_RATE"].default == float("inf")
    assert TABLE["IP_MULTICAST_IF"].default == "0.0.0.0"
    assert TABLE["UDP_CORK"].default is False
    for name in ("IP_ADD_MEMBERSHIP", "SO_EXCLUSIVEADDRUSE", "IP_MTU", "SO_ATTACH_FILTER"):
        assert TABLE[name].default is None


@linux
@pytest.mark.parametrize("row", ROWS)
def test_asking_for_a_default_never_raises(row: Option) -> None:
    default = row.default
    if default is not None:
        assert row.kind.shown(default)
        assert isinstance(default, int | float | str | bytes | tuple)


def test_a_default_where_there_is_no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> object:
        raise OSError(97, "Address family not supported by protocol")

    monkeypatch.setattr("labsupport.options.option.fresh", none)
    assert TABLE["IPV6_V6ONLY"].default is None


def test_looking_at_the_table_leaves_no_trace() -> None:
    with watch() as tape:
        TABLE.text()
        TABLE.html()
    assert list(tape.calls()) == []


# how it shows itself


def test_the_table_as_text_has_two_lines_a_row() -> None:
    lines = TABLE.text().splitlines()
    assert len(lines) == 2 * len(TABLE)
    place = lines.index(next(line for line in lines if line.startswith("TCP_NODELAY  ")))
    assert lines[place].startswith("TCP_NODELAY  (IPPROTO_TCP 1, bool, default here False; Linux, macOS, Windows)")
    assert lines[place + 1].startswith("    do not hold small segments back")


def test_the_table_as_html_can_be_heard() -> None:
    html = TABLE.only(Level.IPPROTO_UDP).html()
    assert html.count("<caption") == html.count("<thead>") == 1
    assert html.count('<th scope="row"') == 3
    assert html.count('<th scope="col"') == 8
    bundle = TABLE._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}


def test_the_markdown_is_the_same_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    here = TABLE.markdown()
    lines = [line for line in here.splitlines() if "|" in line]
    assert len(lines) == len(TABLE) + 2 * len(Level)
    assert {line.count("|") for line in lines} == {7}
    assert all(f"**{level.name}**\n\n| option |" in here for level in Level)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert TABLE.markdown() == here


def test_a_part_of_the_table() -> None:
    assert {row.level for row in TABLE.only(socket.IPPROTO_TCP)} == {Level.IPPROTO_TCP}
    assert "TCP_KEEPALIVE" in TABLE.only(system="macOS")
    assert "TCP_KEEPALIVE" not in TABLE.only(system="Linux")
    assert [row.name for row in TABLE.only(Level.SOL_SOCKET, "FreeBSD")] == ["SO_SETFIB"]


def test_a_row_says_what_it_is() -> None:
    assert str(TABLE["TCP_USER_TIMEOUT"]).startswith("TCP_USER_TIMEOUT: give up when data is unacknowledged")


def test_the_number_says_whether_python_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delattr(socket, "TCP_SAVE_SYN", raising=False)
    row = TABLE["TCP_SAVE_SYN"]
    assert (row.exported, row.number, row.since) == (False, 27, "3.12")
    assert row.number_text == f"27 (no name in Python 3.{sys.version_info[1]})"
    assert TABLE["SO_MEMINFO"].since == ""
    assert TABLE["TCP_NODELAY"].number_text == str(socket.TCP_NODELAY)
    assert room.TABLE["SO_EXCLUSIVEADDRUSE"].since == "3.11"
    monkeypatch.setattr(sys, "platform", "win32")
    assert (row.number, row.number_text) == (None, "not here")

"""Right clients and servers of datagrams pass; a wrong one fails in the case that is about its fault."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from labsupport.exercises.conformance import Report, check_datagram_client, check_datagram_server
from tests.leftovers import none_left


def failing(report: Report) -> set[str]:
    return {result.name for result in report.failures}


def asked(maker: Callable[[Any], object], repeats: bool = True) -> Report:
    return check_datagram_client(
        maker, bytes.upper, returns=b"HELLO", stale=lambda _: b"6 OLD", forged=lambda _: b"7 FORGED", repeats=repeats
    )


def _right(address: Any) -> bytes:
    until = time.monotonic() + 0.4
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        while (left := until - time.monotonic()) > 0:
            sock.sendto(b"7 hello", address)
            again = time.monotonic() + min(left, 0.1)
            while (rest := again - time.monotonic()) > 0:
                sock.settimeout(rest)
                try:
                    data, source = sock.recvfrom(2048)
                except TimeoutError:
                    break
                if source == address and data.startswith(b"7 "):
                    return data[2:]
    raise TimeoutError("no answer")


def _asks_once(address: Any) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        sock.settimeout(0.3)
        sock.send(b"7 hello")
        while True:
            data = sock.recv(2048)
            if data.startswith(b"7 "):
                return data[2:]


def _believes_everybody(address: Any) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.3)
        sock.sendto(b"7 hello", address)
        return sock.recv(2048)[2:]


def test_a_right_client_passes() -> None:
    report = asked(_right)
    assert report.passed, report.text()
    assert len(report.results) == 9


def test_a_wrong_client_fails_where_its_fault_is() -> None:
    report = asked(_asks_once)
    assert failing(report) == {"the first question is lost", "stray answers without end"}, report.text()
    assert "Fix the deadline once" in report["stray answers without end"].sentence
    report = asked(_believes_everybody, repeats=False)
    assert failing(report) == {
        "an empty datagram comes first",
        "a stranger answers first",
        "the answer to an older question comes first",
        "it comes twice, and then a large datagram",
        "stray answers without end",
    }, report.text()


def test_a_client_whose_questions_are_all_alike_has_fewer_cases() -> None:
    def maker(address: Any) -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(address)
            sock.settimeout(0.3)
            sock.send(b"hello")
            while not (data := sock.recv(2048)):
                pass
            return data

    report = check_datagram_client(maker, bytes.upper, returns=b"HELLO", repeats=False)
    assert report.passed, report.text()
    assert len(report.results) == 5


def _serves(sock: Any) -> None:
    while True:
        data, address = sock.recvfrom(2048)
        if data != b"hush":
            sock.sendto(data.upper(), address)


def _takes_nothing_for_the_end(sock: Any) -> None:
    while True:
        data, address = sock.recvfrom(2048)
        if not data:
            break
        sock.sendto(data.upper(), address)


def _connects(sock: Any) -> None:
    while True:
        data, address = sock.recvfrom(2048)
        sock.connect(address)
        sock.send(data.upper())


def test_a_right_server_passes() -> None:
    report = check_datagram_server(_serves, b"hi", b"HI", ignores=b"hush")
    assert report.passed, report.text()


@pytest.mark.parametrize(
    ("maker", "names"),
    [
        (_takes_nothing_for_the_end, {"an empty datagram comes first"}),
        (_connects, {"a client asks and is gone", "a large datagram comes first"}),
    ],
)
def test_a_wrong_server_fails_where_its_fault_is(maker: Callable[[Any], None], names: set[str]) -> None:
    report = check_datagram_server(maker, b"hi", b"HI")
    assert names <= failing(report), report.text()


def test_nothing_is_left() -> None:
    with none_left():
        asked(_asks_once)
        check_datagram_server(_takes_nothing_for_the_end, b"hi", b"HI")

"""The page that shows how to write a fault is true."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import labsupport.faults
from labsupport import Link
from tests.pages import run

PAGE = Path(labsupport.faults.__file__).with_name("README.md")


def test_its_example_does_what_it_says() -> None:
    page = PAGE.read_text("utf-8")
    _, printed = run(page)
    assert printed == re.findall(r"print\(.*\)  # (.*)", page)


def test_its_example_works_in_a_link() -> None:
    names, _ = run(PAGE.read_text("utf-8"))
    with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        with Link(server.getsockname(), "udp", up=[names["LoseEvery"](3)]) as link:
            for number in range(7):
                client.sendto(b"%d" % number, link.address)
            assert [server.recv(10) for _ in range(5)] == [b"0", b"1", b"3", b"4", b"6"]

"""The six: each holds against every client of the conformance suite, and its file can be read in one screen."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import pytest

from labsupport import services
from labsupport.exercises.conformance import check_service
from tests.leftovers import none_left

QUESTIONS = [("héllo\n".encode(), "6 HÉLLO\n".encode()), (b"again\n", b"5 AGAIN\n")]
PAGE = Path(services.__file__).with_name("README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", services.ALL)
def test_it_loses_no_byte_that_it_acknowledged(name: str) -> None:
    service = services.ALL[name]
    with none_left():
        report = check_service(service.serve, QUESTIONS, at_once=service.at_once)
    assert report.passed, report.text()


@pytest.mark.parametrize("name", services.ALL)
def test_its_file_can_be_read_in_one_screen(name: str) -> None:
    service = services.ALL[name]
    lines = service.source.splitlines()
    assert len(lines) < 100
    assert "def serve(listener: socket.socket, stop: socket.socket, grace: float = 2.0) -> None:" in lines
    assert f"`{service.file}.py`" in PAGE


def test_with_how_many_it_talks_at_once() -> None:
    for service in services.ALL.values():
        with service.running(grace=0.0) as running:
            most = service.at_once or 20
            clients = [socket.create_connection(running.address) for _ in range(most)]
            for client in clients:
                client.sendall(b"hi\n")
            assert [client.recv(100) for client in clients] == [b"2 HI\n"] * most
            with socket.create_connection(running.address) as one_more:
                one_more.sendall(b"hi\n")
                if service.at_once:
                    clients.pop().close()  # and then it is the next one's turn
                assert one_more.recv(100) == b"2 HI\n"
            for client in clients:
                client.close()


def test_a_thread_that_the_system_refuses_costs_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    start = threading.Thread.start
    refused: list[threading.Thread] = []

    def meagre(thread: threading.Thread) -> None:
        if thread.name.endswith("(converse)") and not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", meagre)
    with none_left(), services.ALL["a thread each"].running() as running:
        with socket.create_connection(running.address) as first:
            assert first.recv(100) == b""
        with socket.create_connection(running.address) as second:
            second.sendall(b"hi\n")
            assert second.recv(100) == b"2 HI\n"
    assert refused


def test_a_seventh_as_the_page_says() -> None:
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "check_service" in block)
    names: dict[str, Any] = {"serve": services.ALL["selectors"].serve}
    exec(code, names)
    assert names["report"].passed
    seventh = services.Service("a seventh", "selecting")
    with seventh.running() as running, socket.create_connection(running.address) as client:
        client.sendall(b"ping\n")
        assert client.recv(100) == b"4 PING\n"


def test_the_page_runs() -> None:
    first, second, _ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"services": services}
    exec(first, names)
    from labsupport.services import crowd

    with services.ALL["selectors"].program() as program:
        names |= {"crowd": crowd, "program": program, "address": program.address}
        exec(second.replace("10_000", "100"), names)
    assert names["visit"].answered == 50

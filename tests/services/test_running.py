"""A service in a thread: stopped gracefully, twice, in the middle, or dead by an error; and nothing is left of it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from labsupport import services
from labsupport.services import Running
from labsupport.tape.watched import install, uninstall
from tests.leftovers import none_left, until

EACH = pytest.mark.parametrize("name", services.ALL)


@contextlib.contextmanager
def connected(running: Running) -> Iterator[socket.socket]:
    """A client that has been answered, so that it is not in the queue."""
    with socket.create_connection(running.address, timeout=60) as client:
        client.sendall(b"hi\n")
        assert client.recv(100) == b"2 HI\n"
        yield client


@EACH
def test_a_stop_twice(name: str) -> None:
    with none_left():
        running = services.ALL[name].running()
        serving = []
        with connected(running):
            serving.append(running.serving)
        running.stop()
        serving.append(running.serving)
        running.stop()
        assert serving == [True, False]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(running.address)


@EACH
def test_a_stop_in_the_middle(name: str) -> None:
    with none_left(), services.ALL[name].running(grace=60) as running, connected(running) as client:
        client.sendall(b"pi")
        running.ask_to_stop()
        client.sendall(b"ng\n")
        assert client.recv(100) == b"4 PING\n"
        assert running.serving
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
        running.stop()


@EACH
def test_who_does_not_go_is_cut(name: str) -> None:
    with none_left(), services.ALL[name].running(grace=0.05) as running, connected(running) as client:
        running.stop()
        assert client.recv(100) == b""


@EACH
def test_without_a_tape(name: str) -> None:
    uninstall()
    try:
        with services.ALL[name].running() as running, connected(running):
            pass
    finally:
        install()


def test_two_stops_at_the_same_time() -> None:
    with none_left():
        running = services.ALL["selectors"].running()
        stops = [threading.Thread(target=running.stop) for _ in range(4)]
        for stop in stops:
            stop.start()
        for stop in stops:
            stop.join()
        assert not running.serving


def _fails(listener: socket.socket, stop: socket.socket, grace: float) -> None:
    _connection, _ = listener.accept()
    raise LookupError(f"nothing of that name, after {grace} s")


def test_an_error_of_serve_is_told_and_kept(capfd: pytest.CaptureFixture[str]) -> None:
    with none_left(), Running(_fails, grace=3.0) as running:
        with socket.create_connection(running.address, timeout=60) as client:
            until(lambda: not running.serving)
            assert client.recv(100) == b""  # what was kept of the error holds no socket
        assert isinstance(running.error, LookupError)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(running.address)
    said = capfd.readouterr().err
    assert "LookupError: nothing of that name, after 3.0 s" in said
    assert "a service on port" in said


def test_it_is_no_error_to_have_none() -> None:
    with services.ALL["asyncio"].running() as running:
        assert running.error is None
    assert running.error is None


@EACH
def test_who_presses_stop_while_it_starts_leaves_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(thread: threading.Thread) -> None:
        start_it(thread)
        if thread.name.startswith("a service on port"):  # and not a thread that the service itself starts
            raise KeyboardInterrupt

    start_it = threading.Thread.start
    with none_left():
        monkeypatch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            services.ALL[name].running()
        monkeypatch.undo()

"""`stop()` at bad moments, and of what cannot be woken."""

from __future__ import annotations

import os
import queue
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from labsupport.threads import Signal, background
from tests.leftovers import none_left, until

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the programs below close nothing


@pytest.fixture(autouse=True)
def _all_gone() -> Iterator[None]:
    with none_left():
        yield


def listen() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def accept() -> None:
    with listen() as listener:
        listener.accept()


def catches_all_around_accept() -> None:
    listener = listen()
    while True:
        try:
            listener.accept()
        except:  # noqa: E722  what learners write
            pass


# --- what cannot be woken ---


class Hold:
    """Something that Python cannot wake, and that the test ends."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lock.acquire()
        self.pipe = os.pipe()
        self.queue: queue.Queue[None] = queue.Queue()

    def let_go(self) -> None:
        self.lock.release()
        os.write(self.pipe[1], b".")
        self.queue.put(None)


def test_a_signal_whose_lock_is_held_does_not_hold_up_the_stop(capsys: pytest.CaptureFixture[str]) -> None:
    signal, entered = Signal(), threading.Event()

    def server() -> None:
        entered.set()
        signal.wait()

    waiting = background(server)
    assert entered.wait(10)
    with signal._cond:  # type: ignore[attr-defined]  # as a program does that was ended inside it
        waiting.stop()
        assert "server is still ending" in capsys.readouterr().out
    waiting.join(10)
    assert waiting.error is None


@pytest.mark.parametrize("kind", ["lock", "read", "queue"])
def test_what_cannot_be_woken_is_said_and_ends_at_its_next_step(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    hold = Hold()
    waits: dict[str, Callable[[], object]] = {
        "lock": hold.lock.acquire,
        "read": lambda: os.read(hold.pipe[0], 1),
        "queue": hold.queue.get,
    }

    def server() -> None:
        listener = listen()
        waits[kind]()
        print("never", listener)

    stuck = background(server)
    port = stuck.address[1]
    stuck.stop()
    said = capsys.readouterr().out
    assert said.startswith("server is still ending: it is at line ")
    assert stuck.running
    assert repr(stuck).startswith("<background 'server': still ending, at line ")
    socket.create_server(("127.0.0.1", port)).close()  # its port is free all the same
    hold.let_go()
    stuck.join(10)
    assert stuck.output == ""
    assert stuck.error is None
    until(lambda: not stuck.running)


def test_a_replaced_server_that_cannot_be_woken_is_still_listed(capsys: pytest.CaptureFixture[str]) -> None:
    hold = Hold()
    first = background(hold.lock.acquire, name="server")
    second = background(accept, name="server")
    assert "server is still ending" in capsys.readouterr().out
    assert background.running() == [first, second]
    hold.let_go()
    background.stop_all()
    first.join(10)


# --- races ---


def test_stop_twice_and_from_several_threads() -> None:
    server = background(accept)
    threads = [threading.Thread(target=server.stop) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.stop()
    assert repr(server) == "<background 'accept': stopped>"


def test_stop_at_any_moment_of_the_start() -> None:
    for _ in range(100):
        server = background(accept)
        server.stop()
        assert not server.running
        assert server.error is None


def test_stop_from_inside() -> None:
    named = threading.Event()

    def stops_itself() -> None:
        with listen():
            named.wait(10)
            server.stop()
            print("never")

    server = background(stops_itself)
    named.set()
    server.join(10)
    assert (server.output, server.error) == ("", None)


def test_stop_from_a_thread_that_it_started() -> None:
    named = threading.Event()

    def stop_it() -> None:
        named.wait(10)
        server.stop()

    def server_of_threads() -> None:
        threading.Thread(target=stop_it).start()
        accept()

    server = background(server_of_threads)
    named.set()
    server.join(10)
    assert not server.running


def test_stop_of_what_has_ended_changes_nothing() -> None:
    server = background(lambda: 1 / 0, name="server")
    server.join(10)
    assert isinstance(server.error, ZeroDivisionError)
    server.stop()
    assert repr(server) == "<background 'server': ended with ZeroDivisionError: division by zero>"


def test_nobody_is_traced_but_the_program_that_was_ended() -> None:
    before = sys.gettrace()
    server = background(catches_all_around_accept)
    _ = server.address
    server.stop()
    assert sys.gettrace() is before

"""Whether a thread sleeps in the kernel."""

from __future__ import annotations

import select
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable

import pytest

from labsupport.tape import asleep, settling
from labsupport.tape.asleep import naps, selects
from labsupport.tape.events import tick

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")


@linux
def test_of_a_thread_that_waits_the_count_stands_still() -> None:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        thread = threading.Thread(target=mine.recv, args=(1,))
        thread.start()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:  # until it has come to its recv
            before = naps(thread.native_id)
            time.sleep(asleep.SURELY)
            if before is not None and naps(thread.native_id) == before:
                break
        assert before is not None
        theirs.send(b".")
        thread.join()


@linux
def test_a_thread_that_has_ended_is_not_asleep() -> None:
    thread = threading.Thread(target=bool)
    thread.start()
    thread.join()
    assert naps(thread.native_id) is None


@linux
def test_who_asks_is_awake() -> None:
    assert naps(threading.get_native_id()) is None


def test_where_the_system_does_not_tell_nobody_is_suspected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asleep, "_TELLS", False)
    assert naps(threading.get_native_id()) == 0
    assert naps(None) == 0
    assert not selects(threading.get_native_id())


@pytest.mark.parametrize("seen", ["awake", "switched"])
def test_a_call_that_may_have_come_back_keeps_a_window_open(seen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel has ended the call, and the thread has not yet had a processor to say so."""
    begin = tick()
    counts = iter(range(10_000))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def accept() -> None:
            connection, _ = listener.accept()
            connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        assert settling.settle(begin, limit=5)
        with monkeypatch.context() as patched:
            patched.setattr(settling, "naps", lambda _: None if seen == "awake" else next(counts))
            assert not settling.settle(begin, limit=0.05)
        socket.create_connection(listener.getsockname()).close()
        thread.join()


def _select(sock: socket.socket) -> None:
    select.select([sock], [], [])


def _poll(sock: socket.socket) -> None:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    poll.poll()


def _epoll(sock: socket.socket) -> None:
    with select.epoll() as poll:
        poll.register(sock, select.EPOLLIN)
        poll.poll()


def _selector(sock: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        selector.select()


@linux
@pytest.mark.parametrize("wait", [_select, _poll, _epoll, _selector])
def test_a_thread_that_waits_in_a_select_holds_no_window_open(wait: Callable[[socket.socket], None]) -> None:
    begin = tick()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                wait(listener)
                listener.accept()[0].close()

        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(listener.getsockname(), timeout=10) as client:
            assert client.recv(1) == b""
        assert settling.settle(begin, limit=10)
        assert thread.is_alive()
        with socket.create_connection(listener.getsockname(), timeout=10) as client:
            assert client.recv(1) == b""
        thread.join()


@linux
def test_a_thread_that_sleeps_selects_nothing() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    assert not selects(thread.native_id)
    over.set()
    thread.join()
    assert not selects(thread.native_id)
    assert not selects(None)

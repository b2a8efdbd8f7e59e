"""Whether a thread sleeps in the kernel."""

from __future__ import annotations

import socket
import sys
import threading
import time

import pytest

from labsupport.tape import asleep, settling
from labsupport.tape.asleep import naps
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

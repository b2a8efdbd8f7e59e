"""Answers to chapter 02 that hang, spin and return what they like: a verdict within five seconds, and nothing stays."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from labsupport import exercises
from labsupport.exercises.engine import Task, Verdict
from tests.leftovers import none_left

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

LIMIT = 5.0
STAYS = "could not be ended"
free = threading.Event()
Evil = Callable[..., Any]

#: How an evil function becomes an answer.
SHAPES: dict[str, Callable[[Evil], Any]] = {
    "recv_exactly": lambda evil: evil,
    "messages": lambda evil: SimpleNamespace(send_message=evil, recv_message=evil),
    "line_reader": lambda evil: lambda *_: SimpleNamespace(readline=evil),
    "utf8_decoder": lambda evil: lambda *_: SimpleNamespace(feed=evil, end=evil),
    "break_this_reader": lambda evil: evil,
    "file_transfer": lambda evil: SimpleNamespace(send_file=evil, recv_file=evil),
}


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """After each test no thread and no socket is there that was not there before; what waits for us is let go."""
    free.clear()
    with none_left():
        yield
        free.set()


def _checked(name: str, answer: Any) -> Verdict:
    exercise: Task = getattr(exercises, name)
    before = time.monotonic()
    verdict = exercise.check(answer)
    assert time.monotonic() - before < LIMIT
    assert verdict.status == "failed", verdict.text()
    assert "labsupport" not in verdict.text()
    return verdict


def spin(*_: Any) -> None:
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def hang_in_the_socket(*given: Any) -> None:
    given[0].recv(1024) if given and isinstance(given[0], socket.socket) else hang_in_another()
    hang_in_another()


def hang_in_another(*_: Any) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.recv(1024)


def peek_for_ever(*given: Any) -> None:
    while given and isinstance(given[0], socket.socket):
        given[0].recv(1, socket.MSG_PEEK)
    spin()


def threads_that_hang(*_: Any) -> None:
    threads = [threading.Thread(target=hang_in_another) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def wait_for_an_event(*_: Any) -> None:
    free.wait()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(
    "evil", [spin, hang_in_the_socket, peek_for_ever, threads_that_hang], ids=lambda each: each.__name__
)
def test_what_hangs_is_ended(name: str, evil: Evil) -> None:
    verdict = _checked(name, SHAPES[name](evil))
    assert not [note for note in verdict.notes if STAYS in note]


@pytest.mark.parametrize("name", SHAPES)
def test_what_cannot_be_woken_is_said(name: str) -> None:
    assert [note for note in _checked(name, SHAPES[name](wait_for_an_event)).notes if STAYS in note]


class Unprintable:
    """Raises whatever one asks of it."""

    def __repr__(self) -> str:
        raise ValueError("no")

    def __eq__(self, other: object) -> bool:
        raise ValueError("no")

    def __getattr__(self, name: str) -> Any:
        raise ValueError(name)

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(
    "value", [None, 3, "text", b"bytes", object(), Unprintable()], ids=lambda each: type(each).__name__
)
def test_whatever_is_returned_is_told(name: str, value: object) -> None:
    assert " at 0x" not in _checked(name, SHAPES[name](lambda *_: value)).text()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), RecursionError(), GeneratorExit(), EOFError()])
def test_whatever_is_raised_is_told(name: str, error: BaseException) -> None:
    def raises(*_: Any) -> None:
        raise error

    verdict = _checked(name, SHAPES[name](raises))
    assert type(error).__name__ in verdict.text()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("answer", [None, 3, "text", [], ..., Unprintable()], ids=lambda each: type(each).__name__)
def test_what_is_no_answer_is_told(name: str, answer: object) -> None:
    assert f"check({name})" in _checked(name, answer).message


@pytest.mark.parametrize("name", ["line_reader", "utf8_decoder"])
@pytest.mark.parametrize("value", [None, 3, Unprintable()], ids=lambda each: type(each).__name__)
def test_what_gives_no_reader_is_told(name: str, value: object) -> None:
    assert "an object with ." in _checked(name, lambda *_: value).expected


# --- evil only when thousands of sizes are tried ---------------------------------------------


def _late(evil: Evil, after: int = 60) -> Evil:
    """A right recv_exactly, for so many calls."""
    calls = iter(range(after))

    def recv_exactly(sock: socket.socket, n: int) -> bytes:
        if next(calls, None) is None:
            evil(sock)
        data = b""
        while len(data) < n:
            chunk = sock.recv(n - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data

    return recv_exactly


def _spin_on_recv(sock: socket.socket) -> None:
    while True:
        sock.recv(1024)


def _close(sock: socket.socket) -> None:
    sock.close()


def _detach(sock: socket.socket) -> None:
    socket.close(sock.detach())


@pytest.mark.parametrize(
    "evil", [spin, hang_in_another, _spin_on_recv, _close, _detach], ids=lambda each: each.__name__
)
def test_what_goes_wrong_late_is_told(evil: Evil) -> None:
    verdict = _checked("recv_exactly", _late(evil))
    assert "pieces of" in verdict.called
    assert not [note for note in verdict.notes if STAYS in note]


def test_a_lock_that_is_met_late_is_said() -> None:
    assert [note for note in _checked("recv_exactly", _late(wait_for_an_event)).notes if STAYS in note]

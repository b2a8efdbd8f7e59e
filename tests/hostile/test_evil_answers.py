"""Answers that hang, spin, raise what they like and leave things behind get a verdict within five seconds.

Nothing of theirs stays but what Python cannot wake, and that is said.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport import exercises
from labsupport.exercises.engine import Task, Verdict
from tests.leftovers import none_left

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

LIMIT = 5.0
BOTH: list[Task] = [exercises.echo_server, exercises.whole_answer]
STAYS = "could not be ended"
free = threading.Event()
gates: list[threading.Lock] = []


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """After each test no thread and no socket is there that was not there before; what waits for us is let go."""
    free.clear()
    gates.append(threading.Lock())
    gates[-1].acquire()
    with none_left():
        yield
        free.set()
        gates[-1].release()


def _checked(exercise: Task, answer: Any) -> Verdict:
    before = time.monotonic()
    verdict = exercise.check(answer)
    assert time.monotonic() - before < LIMIT
    assert verdict.status == "failed", verdict.text()
    assert "labsupport" not in verdict.text()
    return verdict


def _connect(where: Any) -> socket.socket:
    return socket.create_connection(where.getsockname() if isinstance(where, socket.socket) else where)


# --- answers that never come to an end -------------------------------------------------------


def spin(_: Any) -> None:
    while True:
        pass


def spin_and_swallow(_: Any) -> None:
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def spin_on_a_socket(_: Any) -> None:
    with socket.socket() as sock:
        while True:
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def hang_in_recv(where: Any) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.recv(1024)


def hang_in_recv_and_swallow(where: Any) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        while True:
            try:
                ours.recv(1024)
            except BaseException:
                pass


def hang_in_accept(_: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as own:
        own.accept()


def hang_in_datagrams(_: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.recv(1024)


def hang_in_send(where: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as own, _connect(own) as client:
        client.sendall(bytes(100_000_000))


def threads_that_hang(_: Any) -> None:
    def hang() -> None:
        with socket.create_server(("127.0.0.1", 0)) as own:
            own.accept()

    threads = [threading.Thread(target=hang) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def threads_that_spin(_: Any) -> None:
    for _ in range(3):
        threading.Thread(target=spin, args=(None,)).start()


ENDED: list[Callable[[Any], None]] = [
    spin,
    spin_and_swallow,
    spin_on_a_socket,
    hang_in_recv,
    hang_in_recv_and_swallow,
    hang_in_accept,
    hang_in_datagrams,
    hang_in_send,
    threads_that_hang,
    threads_that_spin,
]
#: What the verdict says of these.
SAID = {spin: "in a loop that does not end", hang_in_recv: "waiting in recv(1024)"}


@pytest.mark.parametrize("exercise", BOTH, ids=lambda each: each.name)
@pytest.mark.parametrize("answer", ENDED, ids=lambda each: each.__name__)
def test_what_hangs_is_ended(exercise: Task, answer: Callable[[Any], None]) -> None:
    verdict = _checked(exercise, answer)
    assert not [note for note in verdict.notes if STAYS in note]
    assert SAID.get(answer, "") in verdict.message
    if answer is hang_in_recv and exercise is exercises.whole_answer:
        assert "still waiting in recv(1024)" in verdict.message
        assert "waiting in recv(1024)" in verdict.returned


# --- what Python cannot wake -----------------------------------------------------------------


def wait_for_a_lock(_: Any) -> None:
    with gates[-1]:
        pass


def wait_for_an_event(_: Any) -> None:
    free.wait()


def sleep(_: Any) -> None:
    time.sleep(LIMIT + 0.5)


def leave_a_thread_behind(_: Any) -> None:
    threading.Thread(target=free.wait).start()


@pytest.mark.parametrize("exercise", BOTH, ids=lambda each: each.name)
@pytest.mark.parametrize(
    "answer", [wait_for_a_lock, wait_for_an_event, sleep, leave_a_thread_behind], ids=lambda each: each.__name__
)
def test_what_cannot_be_woken_is_said(exercise: Task, answer: Callable[[Any], None]) -> None:
    verdict = _checked(exercise, answer)
    assert [note for note in verdict.notes if STAYS in note]
    assert STAYS in verdict.text()
    assert STAYS in verdict._html()
    if answer is wait_for_an_event and exercise is exercises.whole_answer:  # at which line
        assert "free.wait()" in verdict.message


# --- answers that end in their own way ---------------------------------------------------------


class Own(BaseException):
    """No Exception: `except Exception` lets it through."""


class Unprintable:
    """Raises whatever one asks of it."""

    def __repr__(self) -> str:
        raise ValueError("no")

    def __eq__(self, other: object) -> bool:
        raise ValueError("no")

    __hash__ = None  # type: ignore[assignment]


def raise_(error: BaseException) -> Callable[[Any], None]:
    def raises(_: Any) -> None:
        raise error

    return raises


@pytest.mark.parametrize("exercise", BOTH, ids=lambda each: each.name)
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), Own("x"), RecursionError(), GeneratorExit()])
def test_whatever_is_raised_is_told(exercise: Task, error: BaseException) -> None:
    verdict = _checked(exercise, raise_(error))
    assert type(error).__name__ in verdict.message
    assert "line" in verdict.message
    assert "Traceback" not in verdict.text()


@pytest.mark.parametrize("exercise", BOTH, ids=lambda each: each.name)
@pytest.mark.parametrize("value", [None, 3, "text", object(), Unprintable()], ids=lambda each: type(each).__name__)
def test_whatever_is_returned_is_told(exercise: Task, value: object) -> None:
    verdict = _checked(exercise, lambda _: value)
    assert verdict.mistake is None
    assert " at 0x" not in verdict.text()


@pytest.mark.parametrize("exercise", BOTH, ids=lambda each: each.name)
def test_what_is_never_run_is_told(exercise: Task) -> None:
    async def later(_: Any) -> None: ...

    def lazily(_: Any) -> Iterator[int]:
        yield 1

    assert "`async def`" in _checked(exercise, later).message
    assert "generator" in _checked(exercise, lazily).message


@pytest.mark.parametrize("exercise", BOTH, ids=lambda each: each.name)
@pytest.mark.parametrize("answer", [None, 3, "text", [], ...], ids=repr)
def test_what_is_no_function_is_told(exercise: Task, answer: object) -> None:
    verdict = _checked(exercise, answer)
    assert repr(answer) in verdict.message
    assert f"check({exercise.name})" in verdict.message


def test_a_function_with_other_parameters_is_told() -> None:
    message = _checked(exercises.echo_server, lambda: None).message
    assert "could not be called as echo_server(listener)" in message


# --- the wrong socket --------------------------------------------------------------------------


def test_a_listener_that_is_closed_is_no_trouble() -> None:
    assert "came to its end" in _checked(exercises.echo_server, lambda listener: listener.close()).message


def test_a_descriptor_that_is_closed_is_no_trouble() -> None:
    _checked(exercises.echo_server, lambda listener: os.close(listener.fileno()))


def test_connections_that_are_kept_are_closed() -> None:
    kept: list[socket.socket] = []
    _checked(exercises.whole_answer, lambda address: kept.extend(_connect(address) for _ in range(20)))
    assert all(sock.fileno() == -1 for sock in kept)


def test_prints_go_into_the_verdict_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    def talks(_: Any) -> None:
        print("here I am")
        threading.Thread(target=raise_(ValueError("there")), args=(None,)).start()

    verdict = _checked(exercises.whole_answer, talks)
    assert verdict.printed.splitlines()[0] == "here I am"
    assert verdict.printed.splitlines()[-1] in ("ValueError: there", "here I am")
    assert capsys.readouterr().out == ""


# --- programs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("while True: pass", "did not come to its end"),
        ("import socket\nsocket.create_server(('127.0.0.1', 0)).accept()", "did not come to its end"),
        ("raise SystemExit('no')", "SystemExit: no at line 1"),
        ("import nowhere", "ModuleNotFoundError"),
        ("x = 1", "does not define `whole_answer`"),
        ("whole_answer = None", "this is None"),
        ("def whole_answer(a):\nreturn 1", "line 2"),
        ("print(“hello”)", "typographic quotes"),
        ("\0", "Python cannot read"),
        ("(" * 5000, "Python cannot read"),
    ],
)
def test_a_program_that_does_not_run_is_told(source: str, words: str) -> None:
    before = time.monotonic()
    verdict = exercises.whole_answer.check_source(source)
    assert time.monotonic() - before < LIMIT
    assert (verdict.status, verdict.mistake) == ("failed", None)
    assert words in verdict.message
    assert "Traceback" not in verdict.text()


def test_a_gap_outside_the_function_is_not_attempted() -> None:
    assert exercises.whole_answer.check_source("raise NotImplementedError").status == "not attempted"


def test_what_is_no_source_is_refused() -> None:
    with pytest.raises(TypeError, match="a program as a string, not 3"):
        exercises.whole_answer.check_source(3)

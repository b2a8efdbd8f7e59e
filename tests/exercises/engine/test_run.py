"""What a run leaves is cleared, whoever presses the stop button meanwhile."""

from __future__ import annotations

import _thread
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport import exercises
from labsupport.exercises.engine import run as running
from labsupport.exercises.engine import scene
from labsupport.exercises.engine.run import Run, finish, surely
from labsupport.tape.watched import live

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture
def nothing_stays() -> Iterator[None]:
    threads, sockets = set(threading.enumerate()), {endpoint for _, endpoint in live()}
    yield
    assert not set(threading.enumerate()) - threads
    assert not {endpoint for _, endpoint in live()} - sockets


def _stops_the_check(where: Any) -> None:
    _thread.interrupt_main()
    kept = where.accept()[0] if isinstance(where, socket.socket) else socket.create_connection(where)
    kept.recv(100)


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("name", ["first_words", "echo_server", "whole_answer"])
def test_a_check_that_is_interrupted_leaves_nothing_open(name: str) -> None:
    exercise = getattr(exercises, name)
    if name == "first_words":
        with pytest.raises(KeyboardInterrupt):
            exercise.check(lambda address, _: _stops_the_check(address))
    else:
        with pytest.raises(KeyboardInterrupt):
            exercise.check(_stops_the_check)


@pytest.mark.usefixtures("nothing_stays")
def test_a_check_that_is_interrupted_while_it_tidies_up_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    presses = iter([True, False])

    def interrupted(runs: list[Run]) -> None:
        if next(presses):
            raise KeyboardInterrupt
        finish(runs)

    monkeypatch.setattr(scene, "finish", interrupted)

    kept: list[socket.socket] = []

    def waits(address: Any) -> bytes:
        kept.append(socket.create_connection(address))
        return kept[0].recv(100)

    with pytest.raises(KeyboardInterrupt):
        exercises.whole_answer.check(waits)


@pytest.mark.usefixtures("nothing_stays")
def test_a_program_that_is_interrupted_leaves_nothing_open() -> None:
    source = """
import _thread, socket
listener = socket.create_server(("127.0.0.1", 0))
_thread.interrupt_main()
listener.accept()
"""
    with pytest.raises(KeyboardInterrupt):
        exercises.whole_answer.check_source(source)


def test_tidying_up_goes_on_after_each_press_and_the_interrupt_after_it() -> None:
    calls: list[int] = []

    def tidy() -> int:
        calls.append(1)
        if len(calls) < 3:
            raise KeyboardInterrupt
        return 0

    with pytest.raises(KeyboardInterrupt):
        surely(tidy)
    assert len(calls) == 3
    assert surely(lambda: 7) == 7


def test_a_thread_with_only_its_own_ending_left_to_do_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    work = Run._work

    def works_slowly(run: Run) -> None:
        work(run)
        ended.wait()

    def lets_it_end(*_: object, **__: object) -> None:
        threading.Timer(0.02, ended.set).start()

    monkeypatch.setattr(Run, "_work", works_slowly)
    monkeypatch.setattr(running, "end", lets_it_end)
    run = Run("answer", _raises).start()
    assert run.wait(5)
    assert run.owner.threads()
    finish([run])
    assert not run.owner.threads()


def _raises() -> None:
    raise ValueError


Check = Callable[..., Any]


@pytest.mark.parametrize(("answers", "words"), [((), "one answer and got none"), ((2, 3, 7), "one answer and got 3")])
@pytest.mark.parametrize("name", ["bug_hunt", "echo_server"])
def test_one_answer_is_asked_for(name: str, answers: tuple[object, ...], words: str) -> None:
    check: Check = getattr(exercises, name).check
    verdict = check(*answers)
    assert verdict.status == "not attempted"
    assert words in verdict.message
    assert (".check({1, 16})" if name == "bug_hunt" else ".check(echo_server)") in verdict.message


def test_an_input_is_no_gap() -> None:
    class StdinNotImplementedError(NotImplementedError):
        """As in IPython."""

    def asks(_: object) -> None:
        raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")

    verdict = exercises.whole_answer.check(asks)
    assert verdict.status == "failed"
    assert "input()" in verdict.message

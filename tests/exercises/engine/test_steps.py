"""Cases that the learner's thread plays alone: step by step, and for every chunk size."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from labsupport import exercises
from labsupport.exercises.engine import (
    ANYTHING,
    Case,
    Having,
    Outcome,
    Reading,
    Step,
    every_size,
    reading,
    steps,
    taken,
)
from labsupport.exercises.engine.judging import problem
from labsupport.exercises.engine.scene import play
from labsupport.tape.watched import live

Answer = Callable[[socket.socket, int], object]


def _asks(n: int, returns: object = ANYTHING, raises: type[BaseException] | None = None) -> Step:
    return Step(f"answer(sock, {n})", lambda answer, sock: answer(sock, n), returns, raises)


def _right(sock: socket.socket, n: int) -> bytes:
    data = b""
    while len(data) < n:
        chunk = sock.recv(n - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def _played(case: Case, answer: Any) -> Outcome:
    return play(case, "answer", answer)


TWO = Reading((b"ab", b"cde"), (_asks(3, b"abc"), _asks(2, b"de"), _asks(1, raises=EOFError)), "finish")


def test_steps_that_go_right_have_no_problem() -> None:
    outcome = _played(reading("three steps", TWO), _right)
    assert (problem(outcome), outcome.error, outcome.ended) == ("", None, True)
    assert taken(outcome) == 5


def test_the_first_wrong_step_is_the_one_that_is_told() -> None:
    outcome = _played(reading("three steps", TWO), lambda sock, n: sock.recv(n))
    assert (outcome.case.call, outcome.result, outcome.returns) == ("answer(sock, 3)", b"ab", b"abc")
    assert problem(outcome) == "it returns b'abc'"


def test_an_exception_that_does_not_come_is_told() -> None:
    def forgiving(sock: socket.socket, n: int) -> bytes:
        try:
            return _right(sock, n)
        except EOFError:
            return b""

    outcome = _played(reading("three steps", TWO), forgiving)
    assert (outcome.case.call, problem(outcome)) == ("answer(sock, 1)", "it raises EOFError")


def test_a_gap_is_not_the_exception_that_was_asked_for() -> None:
    def gap(sock: socket.socket, n: int) -> bytes:
        raise NotImplementedError

    outcome = _played(reading("a gap", Reading((), (_asks(1, raises=RuntimeError),))), gap)
    assert type(outcome.error) is NotImplementedError


def test_what_opening_gives_is_the_subject_of_the_steps() -> None:
    opens = Step("answer(sock)", lambda answer, sock: answer(sock), Having(("recv",)))
    steps = (Step("reader.recv()", lambda reader, _: reader.recv(9), b"ab"),)
    case = reading("opened", Reading((b"ab",), steps, opens=opens))
    assert problem(_played(case, lambda sock: sock)) == ""
    assert problem(_played(case, lambda _: None)) == "it returns an object with .recv()"


def test_the_socket_is_lent_so_its_end_is_not_in_the_picture() -> None:
    before = {endpoint for _, endpoint in live()}
    outcome = _played(reading("a piece", Reading((b"ab",), (_asks(2, b"ab"),))), _right)
    assert [call.op for call in outcome.tape.calls()] == ["sendall", "recv"]
    assert "close" not in str(outcome.tape.events)
    assert {endpoint for _, endpoint in live()} == before


def _pair(size: int) -> Reading:
    data = bytes(range(1, 251)) * 40
    steps = (_asks(size + 3, data[: size + 3]), _asks(5, data[size + 3 : size + 8]))
    return Reading.cut(data[: size + 8], size, steps, "finish")


def test_a_right_reader_passes_every_size() -> None:
    outcome = _played(every_size("two reads", _pair), _right)
    assert problem(outcome) == ""
    assert outcome.tape.calls() == []


@pytest.mark.parametrize("wrong", [1, 3, 700, 4096])
def test_the_size_that_goes_wrong_is_found_and_shown(wrong: int) -> None:
    def answer(sock: socket.socket, n: int) -> bytes:
        return sock.recv(n) if n == wrong + 3 else _right(sock, n)

    sizes = sorted({1, 2, 3, 699, 700, 4095, 4096})
    outcome = _played(every_size("two reads", _pair, sizes), answer)
    plural = "s" if wrong > 1 else ""
    assert outcome.case.title == f"two reads; here pieces of {wrong} byte{plural}"
    assert len(outcome.result) == wrong  # type: ignore[arg-type]  # bytes
    assert [call.op for call in outcome.tape.calls() if call.role == "your code"] == ["recv"]


def test_a_wrong_size_that_goes_well_when_it_is_seen_holds_nothing_up() -> None:
    failed = iter([True])

    def answer(sock: socket.socket, n: int) -> bytes:
        return b"" if next(failed, False) else _right(sock, n)

    assert problem(_played(every_size("two reads", _pair, range(1, 9)), answer)) == ""


def test_a_sweep_that_had_no_time_for_every_size_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_FULL", 0.0)
    verdict = exercises.recv_exactly.check_source(exercises.recv_exactly.solution)
    assert verdict.status == "passed"
    assert any(" of the 4,096 chunk sizes " in note for note in verdict.notes)

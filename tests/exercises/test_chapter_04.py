"""Chapter 04: programs that learners hand in besides the listed mistakes, and what the checks themselves promise."""

from __future__ import annotations

import random
import time

import pytest

from labsupport import exercises
from labsupport.exercises.chapter_04 import deadline_mistakes, explain_mistakes
from labsupport.exercises.engine import Task, fill

DEADLINE: Task = exercises.recv_with_deadline
RETRY: Task = exercises.connect_with_retry
EXPLAIN: Task = exercises.explain
DAY: Task = exercises.bad_day
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

_LEFT = "max(deadline - time.monotonic(), 0.01)"
_PAUSE = "time.sleep(min(random.uniform(0, pause), max(0, deadline - time.monotonic())))\npause *= 2"


def _reads(before: str, each: str) -> str:
    """The solution, with other lines in the place of those about time."""
    lines = DEADLINE.solution.splitlines()
    start, end = (
        next(i for i, line in enumerate(lines) if "left =" in line),
        lines.index("            sock.settimeout(left)"),
    )
    lines[start : end + 1] = [f"            {line}" for line in each.splitlines()]
    lines[lines.index("    deadline = time.monotonic() + seconds")] = f"    {before}"
    return "\n".join(lines) + "\n"


def _tries(*excepts: str, pause: str = _PAUSE) -> str:
    return fill(RETRY.starter, "\n".join([f"try:\n    return connect(address, timeout={_LEFT})", *excepts, pause]))


def _pays(errors: str = "OSError", number: str = '"n%d" % amount', answer: str = "answer") -> str:
    return f"""
import socket, time
def bad_day(address, amount, patience):
    number = {number}
    for attempt in range(10):
        try:
            with socket.create_connection(address, timeout=patience) as sock:
                sock.sendall((number + " pay %d\\n" % amount).encode())
                answer = sock.makefile("rb").readline()
                if answer.endswith(b"\\n"):
                    return {answer}
        except {errors}:
            pass
        time.sleep(0.1)
"""


_OVER = "if left <= 0:\n    {}\nsock.settimeout(left)"

RECOGNISED = [
    (DEADLINE, _reads("end = time.time() + seconds", "sock.settimeout(seconds)"), "a_timeout_for_each_call"),
    (DEADLINE, "from time import time as now\n" + _reads("end = now() + seconds", "left = end - now()\n"
     + _OVER.format("raise TimeoutError")), "wall_clock"),
    (DEADLINE, _reads("end = time.monotonic() + seconds", "sock.settimeout(max(end - time.monotonic(), 0))"),
     "no_time_left"),
    (RETRY, _tries("except Exception:\n    if time.monotonic() >= deadline: raise"), "retries_the_hopeless"),
    (RETRY, _tries("except (ConnectionError, TimeoutError, PermissionError):\n    pass",
                   "except OSError as error:\n    if error.errno != errno.ENETUNREACH: raise"), "retries_the_hopeless"),
    (RETRY, _tries("except (ConnectionError, TimeoutError):\n    pass",
                   "except OSError as error:\n    if error.errno != errno.ENETUNREACH: raise",
                   pause="time.sleep(random.uniform(0, pause))\npause *= 2"), "sleeps_past_the_deadline"),
    (RETRY, _tries("except OSError:\n    if time.monotonic() > deadline: raise", pause=""), "at_once"),
    (EXPLAIN, explain_mistakes._program(
        refused="if isinstance(error, OSError) and error.errno == 111:\n    return 'refused'"),
     "numbers_of_one_system"),
    (EXPLAIN, explain_mistakes._program(
        patience="if isinstance(error, TimeoutError):\n    return 'patience' if error.errno else 'given up'"),
     "patience_is_no_end"),
    (DAY, _pays(errors="ConnectionError"), "gives_up"),
    (DAY, _pays(number='"n%d" % time.monotonic_ns()').replace("try:", "try:\n            number += 'x'"),
     "new_number_each_time"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "source", "mistake"), RECOGNISED)
def test_what_learners_write_is_recognised(exercise: Task, source: str, mistake: str | None) -> None:
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", mistake), verdict.text()


def test_a_bug_that_is_tried_again_is_named_with_its_class() -> None:
    message = RETRY.check_source(RECOGNISED[3][1]).message
    assert "gaierror" in message  # the first of those that cannot pass


def test_an_overflow_is_no_error_that_passes() -> None:
    source = _tries(
        "except (ConnectionError, TimeoutError, OverflowError):\n    pass",
        "except OSError as error:\n    if error.errno != errno.ENETUNREACH: raise",
    )
    assert "OverflowError: connect(): port must be 0-65535." in RETRY.check_source(source).message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 'refused'", "returned 'refused'; a pair: 'refused', and a sentence in a user's words was expected"),
        ("print('refused')", "print() shows a value to you"),
        ("return 'refused', 'No.'", "a sentence in a user's words was expected"),
        ("return 'broken', 'They hung up on us.'", "a pair: 'refused'"),
    ],
)
def test_what_is_no_explanation_is_told_what_one_is(body: str, words: str) -> None:
    assert words in EXPLAIN.check_source(fill(EXPLAIN.starter, body)).message


def test_the_error_that_was_to_be_explained_is_shown() -> None:
    verdict = EXPLAIN.check_source(fill(EXPLAIN.starter, "return None"))
    assert verdict.called.startswith("explain(ConnectionRefusedError(")
    assert "nobody listens there" in verdict.called


def test_a_bug_of_the_explanation_is_not_taken_for_the_error() -> None:
    source = explain_mistakes._program(**{"else": "error + 1"})  # a TypeError of its own
    verdict = EXPLAIN.check_source(source)
    assert verdict.status == "failed"
    assert verdict.expected == "it raises this TypeError again"


def test_an_answer_that_was_changed_is_told_what_was_expected() -> None:
    verdict = DAY.check_source(_pays(answer="answer.decode()"))
    assert verdict.message == "Your function returned 'paid 10\\n'; b'paid 10\\n' was expected."


def test_a_request_that_the_bank_does_not_know_is_shown() -> None:
    verdict = DAY.check_source(_pays().replace(" pay %d", " PAY %d"))
    assert (verdict.status, verdict.mistake) == ("failed", None)
    assert "PAY 10" in verdict.text()


@pytest.mark.parametrize("exercise", [DEADLINE, RETRY, DAY])
def test_clocks_are_as_they_were_after_a_check(exercise: Task) -> None:
    before = {name: value for name, value in vars(time).items() if callable(value)}
    for source in (exercise.solution, exercise.mistakes[0].source):
        names: dict[str, object] = {"from_time": time.sleep, "now": time.time}
        exec(source, names)
        exercise.check(names[exercise.name])
        assert {name: vars(time)[name] for name in before} == before
        assert (names["from_time"], names["now"]) == (time.sleep, time.time)


def test_luck_does_not_decide() -> None:
    for seed in range(5):
        random.seed(seed)
        assert RETRY.check_source(RETRY.solution).passed


def test_the_numbers_of_the_checks_leave_room() -> None:
    message, every = deadline_mistakes.MESSAGE, deadline_mistakes.EVERY
    assert every * (len(message) - 1) >= 2 * deadline_mistakes.SECONDS
    assert every * 5 < deadline_mistakes.SECONDS < deadline_mistakes.PATIENCE

"""Gaps are filled where they are, and programs run in a namespace of their own."""

from __future__ import annotations

import socket
import threading

import pytest

from labsupport.exercises.engine.sources import fill, load
from labsupport.tape.watched import live

# What is ended from outside may end with an error of its own.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

STARTER = """\
def answer():
    if True:
        # Say what it is.
        # Two lines.
        raise NotImplementedError("here")
"""


def test_a_gap_is_filled_with_its_comments_and_at_its_depth() -> None:
    assert fill(STARTER, "x = 1\nif x:\n    return x") == (
        "def answer():\n    if True:\n        x = 1\n        if x:\n            return x\n"
    )


@pytest.mark.parametrize("starter", ["pass\n", "raise NotImplementedError\nraise NotImplementedError\n"])
def test_a_starter_has_one_gap(starter: str) -> None:
    with pytest.raises(ValueError, match="one gap"):
        fill(starter, "pass")


def test_a_program_is_a_module_of_its_own_name() -> None:
    loaded = load("where = __name__\ndef answer(): return where", "answer")
    assert callable(loaded.answer)
    assert loaded.answer() == "answer"
    assert loaded.clear() == 0


def test_what_its_statements_leave_is_cleared() -> None:
    source = """
import socket, threading
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=listener.accept).start()
def answer(): pass
"""
    threads, sockets = threading.active_count(), len(live())
    loaded = load(source, "answer")
    assert threading.active_count() == threads + 1
    assert loaded.clear() == 0
    assert (threading.active_count(), len(live())) == (threads, sockets)


def test_the_line_of_an_error_is_told() -> None:
    loaded = load("x = 1\ny = x / 0\n", "answer")
    assert loaded.verdict is not None
    assert "ZeroDivisionError: division by zero at line 2: y = x / 0" in loaded.verdict.message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("print(“hi”)", "typographic quotes"),
        ("while True:\nprint(1)", "indentation was lost"),
        ("x = (", "line 1"),
    ],
)
def test_what_python_cannot_read_is_told(source: str, words: str) -> None:
    loaded = load(source, "answer")
    assert loaded.verdict is not None
    assert words in loaded.verdict.message


def test_sockets_of_the_test_itself_are_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mine:
        load("def answer(): pass", "answer").clear()
        assert mine.fileno() != -1

"""Sentences from facts: values short and the same on every run, calls as they stand in a program."""

from __future__ import annotations

import socket

import pytest

from labsupport.exercises.engine.judging import left_over
from labsupport.exercises.engine.values import call_text, printed, value_text
from labsupport.tape.events import Call, Endpoint, Program


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (b"abc", "b'abc'"),
        (bytes(2000), "b'" + "\\x00" * 40 + "'… (2000 bytes)"),
        ("x" * 500, "'" + "x" * 119 + "…"),
        (object(), "<object object>"),
    ],
)
def test_values_are_short_and_have_no_place_in_memory(value: object, text: str) -> None:
    assert value_text(value) == text


def _call(op: str, asked: tuple[object, ...], data: bytes | None = None) -> Call:
    call = Call(Program("main"), Endpoint(socket.AF_INET, socket.SOCK_STREAM), op)
    call.asked, call.data = asked, data
    return call


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (_call("recv", (1024,)), "recv(1024)"),
        (_call("accept", ()), "accept()"),
        (_call("sendall", (5,), b"hello"), "sendall(b'hello')"),
        (_call("connect", (("127.0.0.1", 50007),)), "connect(address)"),
        (_call("shutdown", (socket.SHUT_WR,)), "shutdown(1)"),
    ],
)
def test_calls_are_told_without_ports(call: Call, text: str) -> None:
    assert call_text(call) == text


def test_of_a_traceback_only_the_last_line_is_kept() -> None:
    text = (
        'one\nException in thread Thread-1:\nTraceback (most recent call last):\n  File "/x.py", line 3\n    f()\n'
        "ValueError: no\ntwo\n"
    )
    assert printed(text) == "one\nValueError: no\ntwo"
    assert printed("x" * 2000) == "x" * 1000 + "…"


def test_threads_that_stay_are_counted() -> None:
    assert left_over(0) == ()
    assert left_over(1)[0].startswith("A thread of your code could not be ended")
    assert left_over(3)[0].startswith("3 threads of your code could not be ended")

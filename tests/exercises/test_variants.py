"""Programs that beginners really handed in: each gets the message that is true of it."""

from __future__ import annotations

import pytest

from labsupport import exercises
from labsupport.exercises.engine import Task, fill

ECHO: Task = exercises.echo_server
WHOLE: Task = exercises.whole_answer
WORDS: Task = exercises.first_words
GREETING: Task = exercises.greeting_server
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def _until(condition: str) -> str:
    return f"while True:\n    data = connection.recv(1024)\n    {condition}\n    connection.sendall(data)"


def _reads(*lines: str) -> str:
    return "\n".join(['answer = b""', "while chunk := sock.recv(1024):", "    answer += chunk", *lines])


RECOGNISED = [
    (ECHO, _until("pass"), "asks_after_the_end"),
    (ECHO, _until("if data == '': break"), "asks_after_the_end"),
    (ECHO, _until("if data is None: break"), "asks_after_the_end"),
    (ECHO, "data = b''\nwhile data != b'quit':\n    data = connection.recv(1024)\n    connection.sendall(data)",
     "asks_after_the_end"),
    (ECHO, _until("if not data: return"), "accepts_once"),
    (ECHO, "return connection.recv(1024)", "returns_a_piece"),
    (ECHO, "try:\n    data = connection.recv(1024)\n    conection.sendall(data)\nexcept:\n    pass", "hides_an_error"),
    (ECHO, "import threading\nthreading.Thread(target=lambda: connection.sendall(connection.recv(9))).start()",
     "closed_under_a_thread"),
    (ECHO, "while data := connection.recv(1024):\n    connection.sendall(data.rstrip())", "strips"),
    (WORDS, "client.sendall(b'name')\nreturn client.recv(1024).decode()", "sends_other_bytes"),
    (WORDS, "client.sendall(name.upper().encode())\nreturn client.recv(1024).decode()", "sends_other_bytes"),
    (WORDS, "client.sendall(name.encode() + b'\\r\\n')\nreturn client.recv(1024).decode()", "sends_more"),
    (WHOLE, _reads("    return answer"), "one_recv"),
    (WHOLE, _reads("return answer.rstrip()"), "strips"),
    (WHOLE, "return b''.join(sock.recv(1024) for _ in range(12))", "counts_pieces"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "body", "mistake"), RECOGNISED)
def test_what_beginners_write_is_recognised(exercise: Task, body: str, mistake: str) -> None:
    verdict = exercise.check_source(fill(exercise.starter, body))
    assert (verdict.status, verdict.mistake) == ("failed", mistake), verdict.text()


def test_other_bytes_are_told_with_what_they_were_to_be() -> None:
    message = WORDS.check_source(
        fill(WORDS.starter, "client.sendall(b'name')\nreturn client.recv(99).decode()")
    ).message
    assert message == "The server got b'name'; it was to get b'Amara'. Did you send the variable?"


def test_a_recv_after_the_with_is_to_be_indented() -> None:
    source = """
import socket
def whole_answer(address):
    with socket.create_connection(address) as sock:
        pass
    return sock.recv(1024)
"""
    message = WHOLE.check_source(source).message
    assert "line 6: return sock.recv(1024)" in message
    assert "indent this line" in message


def test_who_prints_is_told_of_return() -> None:
    message = WHOLE.check_source(fill(WHOLE.starter, _reads("print(answer)"))).message
    assert "returned None" in message
    assert "print() shows a value to you" in message


@pytest.mark.parametrize("seconds", [0.05, 3])
def test_a_thread_for_each_client_with_patience_passes(seconds: float) -> None:
    body = f"""
connection.settimeout({seconds})
while True:
    try:
        data = connection.recv(1024)
    except TimeoutError:
        continue
    if not data:
        break
    connection.sendall(data)
"""
    assert ECHO.check_source(fill(ECHO.starter, body)).passed


@pytest.mark.parametrize("seconds", [0.1, 1, 5])
@pytest.mark.parametrize("answer", ["break", "raise"])
def test_a_timeout_is_no_end_however_long_it_is(seconds: float, answer: str) -> None:
    body = f"""
connection.settimeout({seconds})
while True:
    try:
        data = connection.recv(1024)
    except TimeoutError:
        {answer}
    if not data:
        break
    connection.sendall(data)
"""
    verdict = ECHO.check_source(fill(ECHO.starter, body))
    assert (verdict.status, verdict.mistake) == ("failed", "silence_is_no_end"), verdict.text()


def test_a_timeout_that_is_set_for_each_recv_is_outlasted() -> None:
    body = """
while True:
    connection.settimeout(1)
    try:
        data = connection.recv(1024)
    except TimeoutError:
        break
    if not data:
        break
    connection.sendall(data)
"""
    assert ECHO.check_source(fill(ECHO.starter, body)).mistake == "silence_is_no_end"


@pytest.mark.parametrize("outside", [True, False])
def test_a_server_of_one_client_is_told_what_it_did(outside: bool) -> None:
    """Where accept() stands no fact tells; that it was called once and that the server returned, two do."""
    body = "while data := connection.recv(1024):\n    connection.sendall(data)\nreturn"
    source = fill(ECHO.starter, body)
    if outside:
        source = source.replace("    while True:\n", "    if True:\n")
    message = ECHO.check_source(source).message
    assert message.startswith("accept() was called once, and your whole server returned")


def test_a_fixed_port_is_refused_however_it_is_bound() -> None:
    source = GREETING.alternatives[1].replace('("127.0.0.1", 0)', '("127.0.0.1", 21348)')
    verdict = GREETING.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", "fixed_port"), verdict.text()
    assert "21348" in verdict.message

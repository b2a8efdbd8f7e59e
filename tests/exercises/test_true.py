"""A verdict is true: programs that were once told what they had not done, or what had not happened."""

from __future__ import annotations

import pytest

from labsupport import exercises
from labsupport.exercises.chapter_02 import messages_program
from labsupport.exercises.engine import Exercise, Task, changed, fill

WHOLE: Task = exercises.whole_answer
LINES: Task = exercises.line_reader
HOLD: Task = exercises.hold_through
LOGIN: Task = exercises.challenge_login
FRAMES: Task = exercises.chat_frames
RETRY: Task = exercises.connect_with_retry
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

_HALF = """
answer = b""
try:
    while chunk := sock.recv(1024):
        answer += chunk
except OSError:
    return None
return answer
"""
_LENGTH_WITH_HEADER = """\
(n,) = struct.unpack('!I', recv_exactly(sock, 4))
if n - 4 > maximum:
    raise ValueError(n)
return recv_exactly(sock, n - 4).decode()
"""
_ANOTHER_HOST = changed(exercises.tls_contexts.solution, ("server_hostname=host", 'server_hostname="localhost"'))
_PLAIN = "return sock.recv(4)"
_RECV = "            chunk = self.sock.recv(4096)\n"
_CAUGHT = f"            try:\n    {_RECV}            except TimeoutError:\n                continue\n"
_PATIENT = changed(LINES.solution, (_RECV, _CAUGHT))

TOLD = [
    (WHOLE, fill(WHOLE.starter, _HALF), "returned None as if all were well", "returned them"),
    (exercises.messages, messages_program.written(recv=_LENGTH_WITH_HEADER), "was expected", "in one recv()"),
    (exercises.tls_contexts, _ANOTHER_HOST, "Hostname mismatch", "does not know the authority"),
    (exercises.sealed_file, fill(exercises.sealed_file.starter, _PLAIN), "wrap_socket() has taken", "closed by then"),
    (LINES, _PATIENT, "let TimeoutError through", "fix one deadline"),
    (
        HOLD,
        changed(HOLD.solution, ("if not data:\n                return", "if not data:\n                continue")),
        "b'' must end the loop",
        "circles",
    ),
    (
        LOGIN,
        changed(LOGIN.solution, ('        if not piece:\n            return b""\n', "")),
        "b'' must end the loop",
        "circles",
    ),
    (FRAMES, changed(FRAMES.solution, ("yield body", "print(body)")), "gave could not be used", "could not be called"),
]


@pytest.mark.parametrize(("exercise", "source", "said", "unsaid"), TOLD, ids=[each.name for each, *_ in TOLD])
def test_what_is_said_has_happened(exercise: Exercise, source: str, said: str, unsaid: str) -> None:
    verdict = exercise.check_source(source)
    assert verdict.status == "failed"
    assert said in verdict.message
    assert unsaid not in verdict.message


def test_an_error_that_cannot_pass_is_known_by_what_may_and_not_by_a_list_of_what_may_not() -> None:
    source = changed(
        RETRY.solution,
        ("isinstance(error, (ConnectionError, TimeoutError)) or error.errno in UNREACHABLE",
         "not isinstance(error, (socket.gaierror, PermissionError)) and type(error).__module__ != 'ssl'"),
    )  # fmt: skip
    verdict = RETRY.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", "retries_the_hopeless")
    assert "FileNotFoundError" in verdict.message


def test_a_sentence_begins_with_a_capital() -> None:
    source = changed(LOGIN.solution, ('b"no\\n"', 'b"sorry\\n"'))
    assert LOGIN.check_source(source).message.startswith("A stranger was to get")

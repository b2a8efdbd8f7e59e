"""Chapter 05: programs that learners hand in besides the listed mistakes, and what the checks themselves promise."""

from __future__ import annotations

import os
import socket
import ssl
import threading

import pytest

from labsupport import exercises, tls
from labsupport.exercises.chapter_05 import (
    contexts_mistakes,
    login_mistakes,
    name_the_certificate,
    papers,
    pin_mistakes,
    sealed_mistakes,
    server_mistakes,
)
from labsupport.exercises.engine import Task, fill

CONTEXTS: Task = exercises.tls_contexts
NAMING = exercises.name_the_certificate
PIN: Task = exercises.pin_certificate
LOGIN: Task = exercises.mutual_login
SEALED: Task = exercises.sealed_file
SERVER: Task = exercises.tls_server
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning"),  # what is deprecated is among the mistakes
]

_NEW = "context.minimum_version = ssl.TLSVersion.TLSv1_3"
_UNVERIFIED = "context.check_hostname = False\ncontext.verify_mode = ssl.CERT_NONE\n"
_LENGTH = '(length,) = struct.unpack("!I", recv_exactly(tls, 4))\n'


def _client(*lines: str) -> str:
    return contexts_mistakes.written(client="\n".join((*lines, _NEW)))


def _server(*lines: str) -> str:
    made = "context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)\ncontext.load_cert_chain(certfile)"
    return contexts_mistakes.written(server="\n".join((made, *lines, "return context")))


def _logs_in(*lines: str) -> str:
    return login_mistakes.written("\n".join(lines))


RECOGNISED = [
    (CONTEXTS, _client("context = ssl._create_unverified_context()"), "verifies_nobody"),
    (CONTEXTS, _client("context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)", _UNVERIFIED), "verifies_nobody"),
    (CONTEXTS, _client("context = ssl.SSLContext()"), "protocol_tls"),
    (CONTEXTS, _client("context = ssl.SSLContext(ssl.PROTOCOL_TLS)", "context.load_verify_locations(cafile)",
                       "context.verify_mode = ssl.CERT_REQUIRED"), "any_host"),
    (CONTEXTS, _client("context = ssl.create_default_context(cafile=cafile)",
                       "context.load_default_certs()"), "trusts_the_system_too"),
    (CONTEXTS, _client("context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=cafile)"),
     "purpose_the_wrong_way_round"),
    (CONTEXTS, _server(_NEW, "context.load_verify_locations(cafile)", "context.verify_mode = ssl.CERT_OPTIONAL"),
     "names_but_does_not_ask"),
    (CONTEXTS, _server("context.load_verify_locations(cafile)", "context.verify_mode = ssl.CERT_REQUIRED",
                       "context.maximum_version = ssl.TLSVersion.TLSv1_3"), "an_older_client"),
    (CONTEXTS, _server(_NEW, "context.verify_mode = ssl.CERT_REQUIRED"), "asks_but_knows_nobody"),
    (CONTEXTS, _server(_NEW, "context.load_default_certs(ssl.Purpose.CLIENT_AUTH)",
                       "context.verify_mode = ssl.CERT_REQUIRED"), "asks_but_knows_nobody"),
    (PIN, pin_mistakes.written("print(tls.getpeercert())"), "never_compares"),
    (PIN, pin_mistakes.written("if not tls.getpeercert(): raise ssl.SSLError"), "never_compares"),
    (PIN, pin_mistakes.written("if hashlib.sha256(tls.getpeercert(True)) != fingerprint: raise ssl.SSLError"),
     "never_equal"),
    (PIN, pin_mistakes.written("if hashlib.sha256(tls.getpeercert(True)).hexdigest().upper() != fingerprint:\n"
                               "    raise ssl.SSLError('other')"), "never_equal"),
    (PIN, pin_mistakes.written("if not fingerprint.startswith(hashlib.sha256(tls.getpeercert(True)).hexdigest()[:40]):"
                               "\n    raise ssl.SSLError('other')"), "only_the_beginning"),
    (LOGIN, _logs_in("with context.wrap_socket(sock, server_hostname=host) as tls:", "    return True"),
     "thinks_it_is_in"),
    (LOGIN, _logs_in("tls = context.wrap_socket(sock, server_hostname=host)", "tls.sendall(name)",
                     "return b'in'"), "send_is_no_answer"),
    (LOGIN, _logs_in("try:", "    tls = context.wrap_socket(sock, server_hostname=host)", "    tls.sendall(name)",
                     "    return tls.recv(100)", "except ConnectionResetError as error:",
                     "    raise PermissionError from error"), "only_broken_connections"),
    (LOGIN, _logs_in("try:", "    tls = context.wrap_socket(sock, server_hostname=host)", "    tls.sendall(name)",
                     "    greeting = tls.recv(100)", "except OSError as error:", "    raise PermissionError from error",
                     "if not greeting: raise PermissionError", "return greeting"), "blames_the_server"),
    (LOGIN, _logs_in("try:", "    tls = context.wrap_socket(sock, server_hostname=host)", "    tls.sendall(name)",
                     "    return tls.recv(100).decode().encode()", "except ssl.SSLCertVerificationError: raise",
                     "except OSError as error:", "    raise PermissionError from error"),
     "takes_the_end_for_a_greeting"),
    (SEALED, sealed_mistakes.written("return b''.join(iter(lambda: tls.recv(1024), b''))[4:]"), "until_the_end"),
    (SEALED, sealed_mistakes.written("tls.shutdown(socket.SHUT_WR)\nreturn tls.recv(1024)[4:]"), "half_closes"),
    (SEALED, sealed_mistakes.written("return tls.recv(65536)[4:]"), "one_recv"),
    (SEALED, sealed_mistakes.written(
        "length = int.from_bytes(tls.recv(4), 'big')\nif length > 10**6: raise ValueError\n"
        "return recv_exactly(tls, length)"), "half_a_length"),
    (SEALED, sealed_mistakes.written(_LENGTH + "return tls.makefile('rb').read(length)"), "until_the_end"),
    (SEALED, sealed_mistakes.written(
        _LENGTH + "data = tls.makefile('rb').read(length)\nif len(data) < length: raise EOFError\nreturn data"),
     "believes_any_length"),
    (SERVER, server_mistakes.written("connection, _ = listener.accept()\ngreet(connection, context)"),
     "handshake_in_the_loop"),
    (SERVER, server_mistakes.written(greet="""

def greet(connection, context):
    with context.wrap_socket(connection, server_side=True) as tls:
        tls.settimeout(1)
        tls.sendall(b"hello " + tls.recv(100))
"""), "no_limit"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "source", "mistake"), RECOGNISED)
def test_what_learners_write_is_recognised(exercise: Task, source: str, mistake: str | None) -> None:
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", mistake), verdict.text()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (_client("return ssl.create_default_context(cafile=cafile)"), "a TLS socket was expected"),
        (_client("return socket.create_connection(address)"), "returned a socket; a TLS socket was expected"),
        (_client("return None"), "Your function returned None; a TLS socket was expected"),
        (contexts_mistakes.written(server="print(certfile[:0])"), "returned None; an object with .wrap_socket()"),
    ],
)
def test_what_is_no_answer_is_told_what_one_is(source: str, words: str) -> None:
    assert words in CONTEXTS.check_source(source).message


def test_the_one_in_the_middle_is_a_real_one() -> None:
    """It reads what it passes on, the answer is the real server's, and both connections are on the ladder."""
    verdict = CONTEXTS.check_source(CONTEXTS.mistakes[0].source)
    assert verdict.excerpt is not None
    calls = verdict.excerpt.calls()
    said = [call for call in calls if call.op == "sendall" and call.data == contexts_mistakes.WORD.encode()]
    assert [call.role for call in said] == ["client", "the one in the middle"]
    assert {call.role for call in calls if call.op == "do_handshake"} == {"client", "the one in the middle", "the bank"}


def test_nothing_but_the_course_s_environment_was_changed() -> None:
    before = dict(os.environ)
    assert CONTEXTS.check_source(CONTEXTS.solution).passed
    assert not CONTEXTS.check_source(CONTEXTS.mistakes[4].source).passed
    assert dict(os.environ) == before


# --- the gallery's names ---------------------------------------------------------------------


@pytest.mark.parametrize("line", name_the_certificate.LINES, ids=lambda line: line.right)
def test_each_line_is_what_this_python_says(line: name_the_certificate.Line) -> None:
    animal = tls.gallery(papers.authority())[line.right]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_shows, args=(listener, animal.server_context))
        server.start()
        with socket.create_connection(listener.getsockname(), timeout=5) as sock:  # noqa: SIM117
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                animal.client_context.wrap_socket(sock, server_hostname=animal.host)
        server.join(5)
    assert (caught.value.verify_code, caught.value.verify_message) == (line.code, line.message)


def _shows(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    connection.settimeout(5)
    with pytest.raises(OSError, match=r".*"):
        context.wrap_socket(connection, server_side=True)


def test_every_wrong_choice_is_answered_and_none_gives_the_right_one_away() -> None:
    for number, question in enumerate(NAMING.questions, 1):
        for name, said in question.choices.items():
            verdict = NAMING.check({**_right(), number: name})
            assert verdict.passed == (name == question.right)
            assert verdict.passed or said in verdict.message
            assert name == question.right or repr(_right()[number]) not in said


def _right() -> dict[int, str]:
    return {number: line.right for number, line in enumerate(name_the_certificate.LINES, 1)}


def test_a_name_that_is_none_lists_the_names() -> None:
    message = NAMING.check({**_right(), 3: "wrong hostname"}).message
    assert message.startswith("Number 3: 'wrong hostname' is none of 'expired', 'wrong host'")


# --- hangs, and what is left behind ----------------------------------------------------------

HANGS = [
    (CONTEXTS, _client("while True: pass")),
    (PIN, pin_mistakes.written("tls.recv(1)")),
    (LOGIN, _logs_in("return sock.recv(1)")),
    (SEALED, sealed_mistakes.written("import time\ntime.sleep(3)")),
    (SERVER, fill(SERVER.starter, "import time\ntime.sleep(3)")),
]


@pytest.mark.parametrize(("exercise", "source"), HANGS, ids=lambda value: getattr(value, "name", None))
def test_a_hang_gets_a_verdict(exercise: Task, source: str) -> None:
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", None), verdict.text()

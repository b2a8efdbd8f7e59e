"""Chapter 06: programs that learners hand in besides the listed mistakes, and what the checks themselves promise."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

from labsupport import exercises, kernel, options
from labsupport.exercises.chapter_06 import (
    dead_peer_mistakes,
    in_force,
    latency_mistakes,
    polite_mistakes,
    read_report,
    restart_mistakes,
    sender_mistakes,
)
from labsupport.exercises.engine import Task, fill

LATENCY: Task = exercises.latency_bug
RESTART: Task = exercises.restart_at_once
REPORT = exercises.read_report
DEAD: Task = exercises.detect_dead_peer
SENDER: Task = exercises.bounded_sender
POLITE: Task = exercises.polite_deadlock
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
linux = pytest.mark.skipif(sys.platform != "linux", reason="of Linux")

_QUICKLY = "sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)"
_REUSE = "listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)"
_PORT = "listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)"
_SEND = "piece = piece[sock.send(piece) :]"


_ONE_SEND_EACH = """
def bounded_sender(sock, source, patience):
    left = b""
    for piece in source:
        left += piece
        left = left[sock.send(left):]
    return left
"""


def _bind(*instead: str) -> str:
    """The listener maker, with these lines where bind() has failed."""
    lines = ("try:", "    listener.bind(address)", "except OSError:", *(f"    {line}" for line in instead))
    return restart_mistakes.written(bind=(*lines, "listener.listen()"), imports=("time",))


RECOGNISED = [
    (LATENCY, latency_mistakes.written(before=(_QUICKLY.replace("1)", "0)"),)), "still_two_sends"),
    (LATENCY, latency_mistakes.written(send=("sock.sendall(b'get ')", "sock.send(name.encode())",
                                             "sock.send(b'\\n')")), "still_two_sends"),
    (LATENCY, latency_mistakes.written(send=("file = sock.makefile('wb', buffering=0)", "file.write(b'get ')",
                                             "file.write(name.encode() + b'\\n')")), "still_two_sends"),
    (LATENCY, latency_mistakes.written(before=("sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1_000_000)",)),
     "still_two_sends"),
    (LATENCY, latency_mistakes.written(
        send=("sock.sendall(b'get ' + name.encode() + b'\\n')",), answer="sock.recv(4096)"), "nodelay_is_no_framing"),
    (RESTART, restart_mistakes.written(before=("listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)",)),
     "never_set"),
    (RESTART, restart_mistakes.written(before=("listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)",)),
     "never_set"),
    (RESTART, restart_mistakes.written(bind=("listener.bind(address)", "listener.listen()", _REUSE)),
     "set_after_bind"),
    (RESTART, restart_mistakes.written(before=(_REUSE, _PORT)), "shares_the_port"),
    (RESTART, "import socket\ndef restart_at_once(address):\n    return socket.create_server(address, reuse_port=True)",
     "shares_the_port"),
    (RESTART, _bind("time.sleep(61)", "listener.bind(address)"), "sleeps_it_out"),
    (RESTART, _bind(_REUSE, "listener.bind((address[0], 0))"), "another_port"),
    (DEAD, dead_peer_mistakes.written("SO_KEEPALIVE"), "keepalive_alone"),
    (DEAD, dead_peer_mistakes.written("SO_KEEPALIVE", KEEPIDLE=2000, KEEPINTVL=1000, KEEPCNT=2),
     "milliseconds_for_seconds"),
    (DEAD, dead_peer_mistakes.written("SO_KEEPALIVE", KEEPIDLE=2, KEEPINTVL=1, KEEPCNT=1), "too_many_probes"),
    (DEAD, dead_peer_mistakes.written("SO_KEEPALIVE", KEEPIDLE=1, KEEPINTVL=1), "too_many_probes"),
    (DEAD, dead_peer_mistakes.written(KEEPIDLE=1, KEEPINTVL=1, KEEPCNT=1), "never_switched_on"),
    (SENDER, "def bounded_sender(sock, source, patience):\n    sock.sendall(b''.join(source))\n    return b''",
     "the_list_grows"),
    (SENDER, sender_mistakes.written("sock.sendall(piece)", "break", late="raise"), "sendall_cannot_tell"),
    (SENDER, sender_mistakes.written("sock.sendall(piece)", "break", late="return b''"), "sendall_cannot_tell"),
    (SENDER, sender_mistakes.written("sock.sendall(piece)", "break", before="sock.setblocking(True)"),
     "waits_for_ever"),
    (SENDER, sender_mistakes.written(_SEND, late="continue"), "goes_on"),
    (SENDER, sender_mistakes.written(_SEND, late="raise"), "lets_the_error_through"),
    (POLITE, polite_mistakes.written("sock.settimeout(60)", "sock.sendall(mine)", "sock.shutdown(socket.SHUT_WR)",
                                     "theirs = b''", "while chunk := sock.recv(9999): theirs += chunk"), "sends_first"),
    (SENDER, _ONE_SEND_EACH, "keeps_the_end"),
    (SENDER, _ONE_SEND_EACH.replace("return left\n", "return b''\n"), "keeps_the_end"),
    (POLITE, polite_mistakes.written("theirs = sock.recv(99)", "sock.sendall(mine)"), "reads_first"),
    (POLITE, polite_mistakes.written("threading.Thread(target=sock.sendall, args=(mine,)).start()",
                                     "sock.shutdown(1)", "theirs = b''",
                                     "while chunk := sock.recv(9999): theirs += chunk", imports=("threading",)),
     "finishes_too_soon"),
    (POLITE, polite_mistakes.written("sock.shutdown(socket.SHUT_WR)", "sock.sendall(mine)", "theirs = b''"),
     "finishes_too_soon"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "source", "mistake"), RECOGNISED)
def test_what_learners_write_is_recognised(exercise: Task, source: str, mistake: str | None) -> None:
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", mistake), verdict.text()


@pytest.mark.parametrize(
    ("exercise", "source", "words"),
    [
        (RESTART, "import socket\ndef restart_at_once(address):\n    return socket.socket()",
         "returned a socket; a socket that listens at the address was expected"),
        (RESTART, restart_mistakes.written(before=(_REUSE,)).replace("return listener", "print(listener.family)"),
         "Your function returned None; a socket that listens"),
        (LATENCY, latency_mistakes.written(send=(_QUICKLY, "sock.sendall(b'get ' + name.encode())")),
         "Your code was still waiting in recv(1024)"),
        (SENDER, "def bounded_sender(sock, source, patience):\n    return None", "Your function returned None"),
        (DEAD, "def detect_dead_peer(sock):\n    return True", "What was expected: after 2 s without an answer"),
    ],
)  # fmt: skip
def test_what_nobody_listed_gets_a_true_sentence(exercise: Task, source: str, words: str) -> None:
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", None)
    assert words in verdict.message


# --- the latency bug -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        latency_mistakes.written(send=("sock.sendmsg([b'get ', name.encode(), b'\\n'])",)),
        latency_mistakes.written(send=(_QUICKLY, "sock.sendall(b'get ')", "sock.sendall(name.encode() + b'\\n')")),
        pytest.param(
            latency_mistakes.written(send=("sock.send(b'get ', socket.MSG_MORE)", "sock.send(name.encode() + b'\\n')")),
            marks=linux,
        ),
        pytest.param(
            latency_mistakes.written(
                send=("sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)", "sock.send(b'get ')",
                      "sock.send(name.encode() + b'\\n')", "sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)"),
            ),
            marks=linux,
        ),
    ],
)  # fmt: skip
def test_any_way_that_holds_nothing_back_passes(source: str) -> None:
    verdict = LATENCY.check_source(source)
    assert verdict.passed, verdict.text()


def test_whoever_found_one_way_is_told_of_the_other() -> None:
    (once,) = LATENCY.check_source(LATENCY.solution).notes
    (nodelay,) = LATENCY.check_source(LATENCY.alternatives[0]).notes
    assert "TCP_NODELAY" in once
    assert "in one call" in nodelay


def test_the_given_client_is_the_starter_without_its_gap() -> None:
    lines = LATENCY.starter.splitlines(keepends=True)
    assert "".join(line for line in lines if "NotImplementedError" not in line) == latency_mistakes.written()
    assert LATENCY.mistakes[0].source == latency_mistakes.written()


# --- the restart -----------------------------------------------------------------------------


@linux
def test_the_time_wait_is_a_real_one() -> None:
    verdict = RESTART.check_source(restart_mistakes.written())
    assert verdict.excerpt is not None
    ports = {
        end.local[1] for call in verdict.excerpt.calls(op="bind") if (end := call.endpoint).local and end.listening
    }
    (port,) = ports
    assert "TIME-WAIT" in {row.state for row in kernel.connections(port)}


# --- the dead peer ---------------------------------------------------------------------------


def _options(**values: Any) -> in_force.InForce:
    fresh = {"keepalive": True, "idle": 1, "interval": 1, "count": 1, "user_timeout": 0, "waits": None}
    return in_force.InForce(**{**fresh, **values})


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (_options(), 2),
        (_options(keepalive=False), None),
        (_options(count=9), 10),
        (_options(count=9, user_timeout=2000), 2),
        (_options(count=9, user_timeout=2001), 3),
        (_options(idle=7200, interval=75, count=9), 7875),
        (_options(idle=10, user_timeout=500), 11),
        (_options(interval=0, user_timeout=9000), 1),
    ],
)
def test_how_soon_an_idle_connection_is_given_up(now: in_force.InForce, seconds: float | None) -> None:
    assert now.idle_noticed == seconds


def test_the_options_are_asked_of_the_socket() -> None:
    with socket.socket() as sock:
        sock.settimeout(3)
        now = in_force.in_force(sock)
        assert (now.keepalive, now.idle, now.user_timeout, now.waits) == (False, in_force.DEFAULT_IDLE, 0, 3)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        assert in_force.in_force(sock).keepalive


@linux
def test_the_kernel_gives_a_peer_up_that_takes_nothing() -> None:
    """The last case of the solution ends with the kernel's own error, and not with a timeout of ours."""
    verdict = DEAD.check_source(DEAD.solution)
    assert verdict.excerpt is not None
    (late,) = [call for call in verdict.excerpt.calls(op="recv") if call.error is not None]
    assert late.error is not None
    assert (late.error.type, late.error.errno) == (TimeoutError, 110)


# --- the reports -----------------------------------------------------------------------------

_SETS: dict[str, list[tuple[str, Any]]] = {
    "cannot restart": [],
    "first probe after hours": [("SO_KEEPALIVE", True), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)],
    "close() is a reset": [("SO_LINGER", (True, 0))],
    "option of another level": [("SO_DEBUG", True)],
    "shares its port": [("SO_REUSEADDR", True), ("SO_REUSEPORT", True)],
    "time in the wrong unit": [("TCP_USER_TIMEOUT", 30)],
    "buffer too small": [("SO_RCVBUF", 4096)],
    "holds its data back": [("TCP_NODELAY", True), ("TCP_CORK", True)],
}


@linux
@pytest.mark.parametrize("report", read_report.REPORTS, ids=lambda report: report.right)
def test_each_report_is_what_linux_says(report: read_report.Report) -> None:
    with socket.socket() as sock:
        for name, value in _SETS[report.right]:
            try:
                options.set(sock, name, value)
            except PermissionError:
                pytest.skip(f"{name} is root's")
        told = {line.option.name: line.cells()[1:3] for line in options.report(sock)}
    shown = {name: (here, fresh) for name, here, fresh in report.lines}
    if "SO_RCVBUF" in shown:  # how large a fresh one is differs from machine to machine
        assert told.keys() == shown.keys()
        assert told["SO_RCVBUF"][0] == shown["SO_RCVBUF"][0]
    else:
        assert told == shown


def test_every_wrong_choice_is_answered_and_none_gives_the_right_one_away() -> None:
    right = {number: report.right for number, report in enumerate(read_report.REPORTS, 1)}
    assert sorted(right.values()) == sorted(_SETS)
    for number, question in enumerate(REPORT.questions, 1):
        for name, said in question.choices.items():
            verdict = REPORT.check({**right, number: name.lower()})
            assert verdict.passed == (name == question.right)
            assert verdict.passed or said in verdict.message
            assert name == question.right or repr(right[number]) not in said


# --- what cannot be checked by waiting -------------------------------------------------------


def test_a_queue_of_a_few_pieces_is_bounded_too() -> None:
    source = """
import queue
import threading


def bounded_sender(sock, source, patience):
    waiting, over = queue.Queue(2), threading.Event()

    def take():
        for piece in source:
            while not over.is_set():
                try:
                    waiting.put(piece, timeout=0.02)
                    break
                except queue.Full:
                    pass
            else:
                left.append(piece)
                return
        waiting.put(None)

    left = []
    taker = threading.Thread(target=take)
    taker.start()
    sock.settimeout(patience)
    while (piece := waiting.get()) is not None:
        while piece:
            try:
                piece = piece[sock.send(piece) :]
            except TimeoutError:
                over.set()
                taker.join()
                queued = [waiting.get() for _ in range(waiting.qsize())]
                return b"".join([piece, *filter(None, queued), *left])
    return b""
"""
    verdict = SENDER.check_source(source)
    assert verdict.passed, verdict.text()


def test_a_sender_that_sleeps_for_a_moment_does_not_spin() -> None:
    verdict = SENDER.check_source(SENDER.alternatives[2].replace("time.sleep(0.01)", "time.sleep(0.001)"))
    assert verdict.passed, verdict.text()


def test_a_sender_that_spins_without_a_look_at_the_time_does_too() -> None:
    source = sender_mistakes.written(_SEND, late="pass", before="sock.setblocking(False)").replace(
        "TimeoutError", "BlockingIOError"
    )
    verdict = SENDER.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", "asks_all_the_time")


def test_a_sender_that_closes_what_it_was_lent_loses_nothing_either() -> None:
    source = SENDER.solution.replace('    return b""', '    sock.shutdown(1)\n    return b""').replace(
        "return bytes(left)", "sock.close()\n                return bytes(left)"
    )
    verdict = SENDER.check_source(source)
    assert verdict.passed, verdict.text()


def test_what_a_peer_did_not_get_is_told() -> None:
    source = polite_mistakes.written(
        "left = threading.Thread(target=lambda: (sock.sendall(mine[:-1]), sock.shutdown(1)))", "left.start()",
        "theirs = b''", "while chunk := sock.recv(9999): theirs += chunk", "left.join()", imports=("threading",),
    )  # fmt: skip
    verdict = POLITE.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", None)
    assert "299,991 bytes" in verdict.message
    assert "299,990 bytes" in verdict.message


# --- hangs, and what is left behind ----------------------------------------------------------

_FOR_EVER = "while True: pass"
_ASLEEP = "import time\ntime.sleep(3)"
_NONSENSE = "return object()"
_ODD = [
    *((each, body) for each in (DEAD, SENDER) for body in (_FOR_EVER, _ASLEEP, _NONSENSE, "1 / 0", "exit()")),
    *(
        (each, f"    {line}\n")
        for each in (LATENCY, RESTART, POLITE)
        for line in (_FOR_EVER, "__import__('time').sleep(3)", _NONSENSE, "1 / 0", "exit()", "input()")
    ),
]


@pytest.mark.parametrize(("exercise", "body"), _ODD, ids=lambda value: getattr(value, "name", None))
def test_whatever_a_program_does_it_gets_a_verdict(exercise: Task, body: str) -> None:
    lines = exercise.starter.splitlines(keepends=True)
    (gap,) = [number for number, line in enumerate(lines) if "NotImplementedError" in line]
    source = (
        "".join([*lines[:gap], body, *lines[gap + 1 :]])
        if body.startswith(" ")
        else fill(exercise.starter, body)
    )  # fmt: skip
    verdict = exercise.check_source(source)
    assert verdict.status == "failed"
    assert verdict.mistake in (None, "sleeps_it_out"), verdict.text()

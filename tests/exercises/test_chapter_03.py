"""Chapter 03: programs that learners hand in besides the listed mistakes, and what the checks themselves promise."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from labsupport import exercises
from labsupport.exercises.chapter_03 import counting_mistakes
from labsupport.exercises.chapter_03.choose_protocol import CHOOSE_PROTOCOL
from labsupport.exercises.chapter_03.wait_mistakes import written
from labsupport.exercises.engine import Task, fill
from labsupport.tape.events import Passage

ECHO: Task = exercises.udp_echo
WAIT: Task = exercises.stop_and_wait
COUNT: Task = exercises.sequence_numbers
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def _asks(*lines: str) -> str:
    return "\n".join(("import itertools, socket, time", "numbers = itertools.count(1)",
                      "def udp_echo(sock, address, question, seconds):",
                      '    number = b"%04d" % next(numbers)', *(f"    {line}" for line in lines)))  # fmt: skip


def _counts(each: str, after: str) -> str:
    start = COUNT.starter.replace("    while", "    received = 0\n    while").replace("lost, late, doubled", after)
    return fill(start, each)


_TRIES = ("for attempt in range(8):", "    sock.sendto(number + question, address)", "    sock.settimeout(seconds / 8)")
_EACH = "for n, message in enumerate(messages):\n    sock.send(b'%04d' % n + message)"
_FITS = "if sender == address and data[:4] == number: return data[4:]"

RECOGNISED = [
    (ECHO, _asks("sock.connect(address)", "sock.send(number + question)", "return sock.recv(1024)[4:]"),
     "takes_a_part"),
    (ECHO, _asks("sock.sendto(number + question, address)", "sock.settimeout(0.2)", "try:",
                 "    return sock.recv(65_535)[4:]", "except TimeoutError:", "    return None"), "asks_once"),
    (ECHO, _asks(*_TRIES, "    try:", "        return sock.recvfrom(65_535)[0][4:]", "    except TimeoutError: pass",
                 "raise TimeoutError"), "an_older_answer"),
    (ECHO, _asks(*_TRIES, "    try:", "        while data := sock.recv(65_535):",
                 "            if data[:4] == number: return data[4:]", "    except TimeoutError: pass",
                 "raise TimeoutError"), "a_stranger"),
    (ECHO, _asks("sock.connect(address)", "end = time.monotonic() + seconds", "while time.monotonic() < end:",
                 "    sock.send(number + question)", "    sock.settimeout(0.2)", "    try:",
                 "        while data := sock.recv(65_535):", "            if data[:4] == number: return data[4:]",
                 "        return data", "    except TimeoutError: pass", "raise TimeoutError"), "reads_to_an_end"),
    (ECHO, _asks(*_TRIES, "    try:", "        data, sender = sock.recvfrom(65_535)",
                 "    except TimeoutError: continue", f"    {_FITS}", "raise TimeoutError"), "strays_cost_tries"),
    (ECHO, _asks("while True:", "    sock.sendto(number + question, address)", "    sock.settimeout(0.25)", "    try:",
                 "        data, sender = sock.recvfrom(65_535)", "    except TimeoutError: continue", f"    {_FITS}"),
     "asks_for_ever"),
    (WAIT, written(send=_EACH), "trusts_send"),
    (WAIT, written(send=f"{_EACH}\n    sock.recv(9)"),
     "waits_for_ever"),
    (WAIT, written(receive="""\
have = []
while True:
    packet, address = sock.recvfrom(65_535)
    if packet in have:
        continue
    have.append(packet)
    deliver(packet[4:])
    sock.sendto(packet[:4], address)
"""), "silent_on_a_duplicate"),
    (WAIT, written(receive="""\
n = 0
while True:
    packet, address = sock.recvfrom(65_535)
    if int(packet[:4]) >= n:
        deliver(packet[4:])
        n += 1
    sock.sendto(b"%04d" % n, address)
"""), "acknowledges_another"),
    (COUNT, _counts("received += 1", "sent - received, 0, 0"), "counts_arrivals"),
    (COUNT, _counts("received += 1", "{sent - received}"), None),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "source", "mistake"), RECOGNISED)
def test_what_learners_write_is_recognised(exercise: Task, source: str, mistake: str | None) -> None:
    verdict = exercise.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", mistake), verdict.text()


def test_a_drip_that_nobody_listed_has_a_sentence_of_its_own() -> None:
    """Two of the exercise's own sentences away, the general one must not say that the other side was silent."""
    message = _unlisted(ECHO, ECHO.mistakes[-1].source)
    assert "when its time was over. A timeout counts from each call" in message
    assert "nothing more to say" not in message


def _unlisted(exercise: Task, source: str) -> str:
    """What is said of `source` where no mistake is listed."""
    listed, exercise.mistakes = exercise.mistakes, ()
    try:
        return exercise.check_source(source).message
    finally:
        exercise.mistakes = listed


def test_who_asks_for_each_stray_is_told_and_passes() -> None:
    eager = ECHO.check_source(ECHO.alternatives[0])
    assert eager.passed
    assert "13 questions in all" in eager.notes[0]
    assert not ECHO.check_source(ECHO.solution).notes


def test_the_sorcerers_apprentice_is_told_and_passes() -> None:
    eager = WAIT.check_source(WAIT.alternatives[0])
    assert eager.passed
    assert "RFC 1123" in eager.notes[0]
    assert not WAIT.check_source(WAIT.solution).notes


@pytest.mark.parametrize("exercise", [WAIT, COUNT])
def test_the_picture_of_what_is_right_has_what_the_link_did(exercise: Task) -> None:
    verdict = exercise.check_source(exercise.solution)
    assert verdict.excerpt is not None
    passages = [event for event in verdict.excerpt.events if isinstance(event, Passage)]
    effects = {decision.effect for passage in passages for decision in passage.decisions}
    assert effects == {"lost", "doubled", "reordered"}


def test_what_came_back_is_what_was_delivered_though_the_receiver_waits_on() -> None:
    source = written(
        receive="""\
count = 0
while True:
    packet, address = sock.recvfrom(65_535)
    if int(packet[:4]) == count:
        count += 1
        deliver(packet[4:] if count < 6 else b"?")
    sock.sendto(packet[:4], address)
"""
    )
    verdict = WAIT.check_source(source)
    assert (verdict.status, verdict.mistake) == ("failed", None)
    assert verdict.returned.startswith("[b'Sawubona'")
    assert "through a link" in verdict.called


@pytest.mark.parametrize(
    ("arrived", "counts"),
    [
        ([0, 1, 2], (0, 0, 0)),
        ([], (3, 0, 0)),
        ([0, 0, 2], (1, 0, 1)),
        ([2, 0, 1], (0, 2, 0)),
        ([2, 1, 2, 1, 0], (0, 2, 2)),
        ([0, 1, 0], (1, 0, 1)),
    ],
)
def test_counting(arrived: Sequence[int], counts: counting_mistakes.Counts) -> None:
    assert counting_mistakes.counted(arrived, 3) == counts


# --- the choice ------------------------------------------------------------------------------

RIGHT = {number: question.right for number, question in enumerate(CHOOSE_PROTOCOL.questions, 1)}


def test_there_are_eight_and_as_many_of_each() -> None:
    assert len(RIGHT) == 8
    assert list(RIGHT.values()).count("TCP") == 4
    for question in CHOOSE_PROTOCOL.questions:
        assert question.asks in CHOOSE_PROTOCOL.prompt
        assert len(set(question.choices.values())) == 2


def test_every_wrong_choice_is_answered() -> None:
    wrong = {**RIGHT, 2: "TCP", 6: "UDP", 8: "UDP"}
    verdict = CHOOSE_PROTOCOL.check(wrong)
    assert verdict.mistake == "a_voice_that_waits"
    assert [note[:9] for note in verdict.notes] == ["Number 6,", "Number 8,"]
    assert verdict.returned == "5 of 8 decided well"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("TCP", "a dictionary from numbers to choices"),
        ({"1": "TCP"}, "a dictionary from numbers to choices"),
        ({1: "TCP"}, "Number 2 is not decided yet"),
        ({**RIGHT, 3: ...}, "Number 3 is not decided yet"),
        ({**RIGHT, 3: "SCTP"}, "Number 3: 'SCTP' is none of 'TCP' and 'UDP'"),
        ({**RIGHT, 3: None}, "Number 3: None is none of"),
        ({**RIGHT, 9: "TCP"}, "There is no number 9: they run from 1 to 8"),
        ({}, "Number 1 is not decided yet"),
    ],
)
def test_what_is_no_decision_is_said(answer: object, words: str) -> None:
    verdict = CHOOSE_PROTOCOL.check(answer)
    assert verdict.status == "failed"
    assert words in verdict.message


@pytest.mark.parametrize("answer", [..., dict.fromkeys(RIGHT, ...)])
def test_what_is_not_filled_in_is_not_attempted(answer: object) -> None:
    assert CHOOSE_PROTOCOL.check(answer).status == "not attempted"

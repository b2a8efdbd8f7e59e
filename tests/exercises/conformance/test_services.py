"""Each of the six, with one line of it changed for the worse, fails in the case that is about that line."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pytest

from labsupport import services
from labsupport.exercises.conformance import Report, check_service
from labsupport.exercises.conformance.report import tried
from labsupport.exercises.conformance.services import service_cases
from labsupport.exercises.conformance.stops import MISTAKES
from tests.leftovers import none_left

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

QUESTIONS = [("héllo\n".encode(), "6 HÉLLO\n".encode()), (b"again\n", b"5 AGAIN\n")]

IN_TURN = "one question after the other"
HALF_CLOSE = "a client finishes sending, and still wants its answers"
RESET = "a client resets its connection in the middle of a question"
SILENT = "a client that says nothing keeps nobody waiting"
UNREAD = "a client that reads nothing is not read from without end"
MIDDLE = "a stop in the middle of a question and of an answer"
QUEUE = "a stop while clients wait to be let in"
IDLERS = "a stop, and clients that do not go"


def changed(name: str, *changes: tuple[str, str]) -> Any:
    """The `serve` of a service in whose source these texts are replaced."""
    source = services.ALL[name].source
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    module: dict[str, Any] = {"__name__": "changed"}
    exec(compile(source, f"<{name}, changed>", "exec"), module)
    return module["serve"]


def checked(serve: Any, cases: Collection[str]) -> Report:
    """The report of `check_service`, with these cases only."""
    chosen = [case for case in service_cases(QUESTIONS) if case.title in cases]
    assert len(chosen) == len(cases)
    return tried("a service", serve, chosen, MISTAKES)


def failing(report: Report) -> dict[str, str]:
    return {result.name: result.sentence for result in report.failures}


WRONG: dict[str, tuple[Any, dict[str, str]]] = {
    "loses the answers to one who has finished": (
        changed(
            "asyncio",
            ("writer.write(talk", "asyncio.get_running_loop().call_later(1.0, writer.write, talk"),
        ),
        {HALF_CLOSE: r"Dalia was to get b'6 H.*, and got the end \(b''\)"},
    ),
    "serves one question and goes": (
        changed(
            "asyncio",
            ("while data :=", "if data :="),
            ("writer.close()", "writer.transport.abort()"),
        ),
        {IN_TURN: r"Amara was to get b'5 AGAIN\\n', and got (the end|a reset)"},
    ),
    "asyncio without drain": (
        changed("asyncio", ("            await writer.drain()", "            await asyncio.sleep(0)")),
        {UNREAD: r"Eli was to get a send\(\) that waits, for it reads no answer, and got room for all of \d{7} bytes"},
    ),
    "cuts everybody at the stop": (
        changed("selectors", ("time.monotonic() + grace", "time.monotonic()")),
        {MIDDLE: r"Amara was to get b'6 H.*, and got (the end|a reset|nothing)"},
    ),
    "closes the listener when all have gone": (
        changed("selectors", ("        listener.close()\n", "")),
        {MIDDLE: "A new client was to get a refusal after the stop, and got a connection: the listener is open"},
    ),
    "leaves the listener to whoever made it": (
        changed("selectors", ("        listener.close()\n", ""), (" as selector, listener:", " as selector:")),
        {IN_TURN: "left its listener open"},
    ),
    "leaves the queue to be reset": (
        changed("one at a time", ("                last.append(listener.accept()[0])", "                break")),
        {QUEUE: r"Client \d+ was to get b'6 H.*, and got (a reset|the end)"},
    ),
    "leaves a Timer": (
        changed("a thread each", ("    deadline.cancel()\n", "")),
        {MIDDLE: r"threads of it still run. Join them first \(and cancel a Timer\)"},
    ),
    "leaves the threads of those who do not go": (
        changed("a thread each", ("        thread.join()\n", "        break\n")),
        {IDLERS: r"`grace` seconds after the stop (Fatima|Eli) was still connected"},
    ),
    "waits for those who do not go": (
        changed("a thread each", ("    deadline.start()\n", "")),
        {IDLERS: r"`grace` seconds after the stop (Fatima|Eli) was still connected"},
    ),
    "does not see the stop": (
        changed(
            "asyncio", ("    await asyncio.get_running_loop().sock_recv(stop, 1)", "    await asyncio.Event().wait()")
        ),
        {IN_TURN: "`stop` can be read, and your service has not returned: it"},
    ),
    "dies by a reset": (
        changed("selectors", ("        except OSError:\n            return False\n", "")),
        {RESET: r"Your code raised ConnectionResetError"},
    ),
    "answers the last question first": (
        changed(
            "a thread each",
            ("talk.answers(data))", 'b"".join(reversed(talk.answers(data).splitlines(True))))'),
        ),
        {"all questions in one piece: pipelined": r"Chen was to get b'6 H.*, and got b'5 AGAIN"},
    ),
    "takes pieces for questions": (
        changed("a pool", ("talk.answers(data)", "talk.answers(data + b'\\n')")),
        {"a question comes byte by byte": r"Bo was to get b'6 H.*, and got b'1 H"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_service_fails_where_its_fault_is(fault: str) -> None:
    serve, expected = WRONG[fault]
    sentences = failing(checked(serve, expected))
    assert expected.keys() == sentences.keys()
    for name, words in expected.items():
        assert re.search(words, sentences[name]), sentences[name]


def test_a_service_for_one_at_a_time_fails_unless_that_is_all_it_is_to_do() -> None:
    assert SILENT in failing(checked(services.ALL["one at a time"].serve, {SILENT}))
    assert SILENT not in {case.title for case in service_cases(QUESTIONS, at_once=1)}


def test_nothing_is_left_of_a_service_that_leaves_threads() -> None:
    with none_left():
        serve, _ = WRONG["leaves the threads of those who do not go"]
        checked(serve, {IDLERS})


def test_a_service_that_is_none() -> None:
    report = check_service(lambda listener: None, QUESTIONS)  # type: ignore[arg-type, misc]  # on purpose
    assert len(report.failures) == len(report.results)
    assert all("serve(listener, stop, grace)" in result.sentence for result in report.results)

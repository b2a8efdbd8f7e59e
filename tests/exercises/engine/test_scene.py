"""One case, played: what is a fact of it, and what is our own cleaning up."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labsupport.exercises.engine import Case, Outcome, Stage, scene
from labsupport.exercises.engine.judging import problem
from labsupport.exercises.engine.scene import play
from labsupport.pictures import Picture
from labsupport.tape.events import Call
from labsupport.tape.frames import trimmed
from labsupport.tape.watched import live

# What is ended from outside may end with an error of its own.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

Answer = Callable[..., object]


def _asking(script: Callable[[Stage], None]) -> Case:
    return Case("a case", "answer(address)", script, given=lambda stage: (stage.address,))


def _serving(script: Callable[[Stage], None]) -> Case:
    return Case("a case", "answer(listener)", script, given=lambda stage: (stage.listen(),), serves=True)


def _says_hello(stage: Stage) -> None:
    stage.returns = b"hello"
    server = stage.accept()
    server.says(b"hello")
    server.finishes()


def _read(address: Any) -> bytes:
    with socket.create_connection(address, timeout=2) as sock:
        return sock.recv(100)


def test_what_went_well_has_no_problem() -> None:
    outcome = play(_asking(_says_hello), "answer", _read)
    assert (outcome.result, outcome.error, outcome.ended, problem(outcome)) == (b"hello", None, True, "")
    assert outcome.received == b"hello"
    assert [call.op for call in outcome.receives] == ["recv"]


def test_the_tape_has_both_sides_and_nothing_of_ours() -> None:
    outcome = play(_asking(_says_hello), "answer", _read)
    ops = [call.op for call in outcome.tape.calls()]
    assert {"listen", "accept", "connect", "sendall", "recv", "close"} <= set(ops)
    assert ops.count("close") == 1
    assert {call.op for call in outcome.calls()}.isdisjoint({"listen", "accept", "sendall"})


def test_a_call_that_waits_stays_open_on_the_tape_after_it_was_ended() -> None:
    def silent(stage: Stage) -> None:
        stage.returns = b""
        stage.accept().hears(b"a question")

    outcome = play(_asking(silent), "answer", lambda address: socket.create_connection(address).recv(7))
    assert outcome.waiting is not None
    assert (outcome.waiting.op, outcome.waiting.asked, outcome.waiting.open) == ("recv", (7,), True)
    assert not outcome.ended
    assert problem(outcome) == "it returns b''"


def test_a_server_that_is_ended_by_us_has_not_ended() -> None:
    def script(stage: Stage) -> None:
        client = stage.client("Amara")
        client.says(b"hi")
        client.hears(b"hi")

    def serve(listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            connection.sendall(connection.recv(10))

    before = len(live())
    outcome = play(_serving(script), "answer", serve)
    assert (problem(outcome), outcome.ended, outcome.error) == ("", False, None)
    assert len(live()) == before
    assert outcome.left == 0


def test_a_server_that_ends_is_a_problem_though_all_were_served() -> None:
    def script(stage: Stage) -> None:
        stage.client("Amara").finishes()

    outcome = play(_serving(script), "answer", lambda listener: listener.accept()[0].close())
    assert outcome.gone
    assert problem(outcome) == "a server that goes on to serve"


def test_circles_are_cut_out_and_end_the_case() -> None:
    def script(stage: Stage) -> None:
        client = stage.client("Amara")
        client.finishes()
        client.hears_the_end()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        while True:
            connection.recv(10)

    outcome = play(_serving(script), "answer", serve)
    assert outcome.flood
    assert outcome.deaf() is not None
    assert len(outcome.receives) == 2
    assert all(call.length == 0 for call in outcome.receives)


def test_a_server_in_threads_of_its_own_may_return() -> None:
    def script(stage: Stage) -> None:
        client = stage.client("Amara")
        client.hears(b"hi")

    def serve(listener: socket.socket) -> None:
        def loop() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(b"hi")

        threading.Thread(target=loop).start()

    outcome = play(_serving(script), "answer", serve)
    assert (problem(outcome), outcome.ended, outcome.gone) == ("", True, False)


def test_a_script_that_is_wrong_is_our_bug_and_not_a_verdict() -> None:
    def script(stage: Stage) -> None:
        stage.accept()
        raise LookupError("in the script")

    with pytest.raises(LookupError, match="in the script"):
        play(_asking(script), "answer", _read)
    assert not [thread for thread in threading.enumerate() if thread.name == "the other side"]


def test_two_cases_at_once_do_not_mix() -> None:
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(play(_asking(_says_hello), "answer", _read))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [problem(outcome) for outcome in outcomes] == ["", "", "", ""]
    owners = [{call.program.owner for call in outcome.calls()} for outcome in outcomes]
    assert all(len(each) == 1 for each in owners)
    assert all(isinstance(event, Call) for outcome in outcomes for event in outcome.tape.calls())


# --- what must not depend on which side ends first, or on the collector ---


def _talks(stage: Stage) -> None:
    client = stage.client("Amara")
    client.says(b"hi")
    client.hears(b"hi")


def _raises_while_it_serves(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(connection.recv(10).decode())  # type: ignore[arg-type]  # the mistake


def _ladder(outcome: Outcome) -> str:
    return Picture(outcome.tape.events).text()


def test_the_ladder_is_the_same_whichever_side_is_seen_to_end_first(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = _ladder(play(_serving(_talks), "answer", _raises_while_it_serves))
    assert "listener: (closed by garbage" in usual

    # The script has met its end, and the learner's program is seen to be gone only after that.
    monkeypatch.setattr(scene._Scene, "_over", lambda self: self.script.ended)
    assert _ladder(play(_serving(_talks), "answer", _raises_while_it_serves)) == usual


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_ladder_is_the_same_when_the_collector_comes_at_a_bad_moment(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = _ladder(play(_serving(_talks), "answer", _raises_while_it_serves))

    def collects(error: BaseException) -> BaseException:
        if moment == "before":
            gc.collect()
        error = trimmed(error)
        if moment == "after":
            gc.collect()
        return error

    monkeypatch.setattr("labsupport.exercises.engine.run.trimmed", collects)
    outcome = play(_serving(_talks), "answer", _raises_while_it_serves)
    gc.collect()
    assert _ladder(outcome) == usual


def test_what_is_in_a_cycle_stays_open_until_the_program_ends() -> None:
    def script(stage: Stage) -> None:
        client = stage.client("Amara")
        for _ in range(50):  # with a threshold of one, any of these would bring the collector
            [[]].copy()
        client.finishes()
        client.hears_the_end()

    def serve(listener: socket.socket) -> None:
        def handle() -> None:
            connection, _ = listener.accept()
            cycle: list[object] = [connection]
            cycle.append(cycle)

        while True:
            handle()

    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        outcome = play(_serving(script), "answer", serve, limit=0.3)
    finally:
        gc.set_threshold(*before)
    assert problem(outcome) == "Amara gets the end (recv() gives b'')"
    assert gc.isenabled()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a warning that is kept keeps the socket
def test_a_connection_that_is_dropped_is_closed_at_once_and_its_end_is_on_the_ladder() -> None:
    def script(stage: Stage) -> None:
        client = stage.client("Amara")
        client.hears_the_end()

    def serve(listener: socket.socket) -> None:
        while True:
            listener.accept()

    outcome = play(_serving(script), "answer", serve)
    assert problem(outcome) == ""
    assert "connection: (closed by garbage" in _ladder(outcome)
    assert "FIN" in _ladder(outcome)


def test_what_is_ended_from_outside_is_closed_and_not_collected(recwarn: pytest.WarningsRecorder) -> None:
    def script(stage: Stage) -> None:
        client = stage.client("Amara")
        client.finishes()
        client.hears_the_end()

    def goes_in_circles(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        while True:
            connection.recv(10)

    assert play(_serving(script), "answer", goes_in_circles).flood
    gc.collect()
    assert [str(one.message) for one in recwarn if one.category is ResourceWarning] == []

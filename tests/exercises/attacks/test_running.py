"""How attacks are run: on this machine alone, announced, with progress, to be cancelled, and nothing is left."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from labsupport import background, services
from labsupport.exercises import attacks, conformance
from labsupport.exercises.attacks import helpers
from labsupport.services import child
from tests.exercises.attacks import undefended
from tests.exercises.attacks.conftest import PACE
from tests.exercises.attacks.defended import Server
from tests.leftovers import none_left

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

BRIEF = attacks.Idle(10, seconds=0.3)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    with none_left():
        yield


def quietly(server: Any, which: Any = (BRIEF,), speech: attacks.Speech = attacks.LINES, **more: Any) -> attacks.Report:
    return attacks.run(server, replace(speech, pace=PACE), which, announce=lambda _: None, **more)


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 80), ("0.0.0.0", 80), ("::", 80)])
def test_only_this_machine_is_attacked(address: tuple[str, int]) -> None:
    with pytest.raises(ValueError, match=r"attacks stay on this machine: .* 127\.0\.0\.1"):
        quietly(address)


@pytest.mark.parametrize("server", [None, 7, ("127.0.0.1", "80"), ("127.0.0.1",)])
def test_what_is_no_server(server: Any) -> None:
    with pytest.raises(TypeError, match=r"\(host, port\)"):
        quietly(server)


def test_what_is_no_attack() -> None:
    with pytest.raises(TypeError, match="is no attack"):
        quietly(Server(), ["idle"])


def test_it_is_announced_before_it_begins() -> None:
    seen: list[str] = []

    def look(progress: attacks.Progress) -> None:
        seen.append(f"{progress.phase} {progress.did.connections > 0}")

    attacks.run(Server(), attacks.LINES, [BRIEF], announce=seen.append, on_progress=look)
    at = seen.index("idle: 10 connections to 127.0.0.1, at most 0 bytes in all, for 0.3 s")
    assert set(seen[:at]) == {"quiet False"}
    assert "attack True" in seen[at:]


def test_progress_comes_in_the_callers_thread() -> None:
    phases: list[str] = []
    threads = set()

    def look(progress: attacks.Progress) -> None:
        threads.add(threading.current_thread())
        if not phases or phases[-1] != progress.phase:
            phases.append(progress.phase)
        assert progress.held.sockets is not None
        assert progress.worst.within(progress.worst)
        assert progress.phase == "quiet" or progress.quiet.answered >= 20

    quietly(Server(), on_progress=look)
    assert phases == ["quiet", "attack", "later"]
    assert threads == {threading.current_thread()}


def test_it_can_be_cancelled() -> None:
    cancel = threading.Event()

    def look(progress: attacks.Progress) -> None:
        if progress.phase == "attack":
            cancel.set()

    report = quietly(
        Server(), [attacks.Churn(seconds=0.3), attacks.Idle(seconds=20), BRIEF], cancel=cancel, on_progress=look
    )
    assert [result.verdict.status for result in report.results] == ["not attempted"]
    assert "cancelled" in report.results[-1].verdict.message


def test_an_interrupt_ends_it() -> None:
    def look(progress: attacks.Progress) -> None:
        if progress.phase == "attack":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quietly(Server(), on_progress=look)


def test_a_server_that_does_not_speak_so() -> None:
    speech = attacks.Speech(b"ping\n", b"pong\n")
    (result,) = quietly(Server(), speech=speech).results
    assert not result.passed
    assert "Before any attack" in result.sentence
    with pytest.raises(AttributeError, match="was not run"):
        _ = result.felt


def test_a_report_is_a_table_and_a_text() -> None:
    report = quietly(
        undefended.a_thread_each(undefended.lines),
        [BRIEF, attacks.StalledHandshake, attacks.Churn(seconds=0.3)],
        later=0.3,
    )
    assert not report.passed
    assert report.failures[0].name == "idle"
    assert report["stalled handshake"].skipped
    shown = report._repr_mimebundle_()
    for words in ("stalled handshake", "not held", "skipped", "answers in quiet", "nine of ten"):
        assert words in shown["text/plain"]
        assert words in shown["text/html"]
    assert shown["text/html"].count("<th scope='row'>") == 3
    with pytest.raises(conformance.Nonconforming, match="idle"):
        report.raise_first()
    with pytest.raises(KeyError, match="churn"):
        report["idler"]


def test_an_async_server() -> None:
    async def serve(listener: Any) -> None:
        await undefended.without_drain(listener)

    (result,) = quietly(serve, [attacks.Churn(seconds=0.3)]).results
    assert result.felt.answered * 10 >= len(result.felt.visits) * 9
    assert result.worst.threads == 1


def test_a_service_that_is_told_to_stop() -> None:
    hello = "héllo\n".encode()
    speech = attacks.Speech(hello, "6 HÉLLO\n".encode())
    (result,) = quietly(attacks.until_stopped(services.ALL["selectors"].serve), speech=speech, later=0.0).results
    assert result.worst.sockets is not None
    assert result.worst.sockets >= 10


def test_a_server_in_the_background() -> None:
    def server() -> None:
        import socket

        with socket.create_server(("127.0.0.1", 0)) as listener:
            undefended.a_thread_each(undefended.lines)(listener)

    running = background(server)
    try:
        (result,) = quietly(running, later=0.0).results
    finally:
        running.stop()
    assert result.worst.threads is not None
    assert result.worst.threads >= 10


@pytest.mark.parametrize("told", ["by itself", "by its number", "by its address"])
def test_a_server_in_a_process_of_its_own(told: str) -> None:
    speech = attacks.Speech("héllo\n".encode(), "6 HÉLLO\n".encode())
    with services.ALL["a thread each"].program() as program:
        server: Any = program
        if told == "by its number":
            server = attacks.At(program.address, program._process.pid)
        if told == "by its address":
            server = program.address
        (result,) = quietly(server, speech=speech, later=0.0).results
    assert result.felt.answered * 10 >= len(result.felt.visits) * 9
    assert result.back is None or sys.platform != "linux"
    if sys.platform == "linux":
        assert result.worst.sockets is not None
        assert result.worst.sockets >= 10
    if told != "by its address":
        assert result.worst.threads is not None
        assert result.worst.memory is not None
        assert result.worst.threads >= 10


def test_the_event_loop_of_a_notebook_is_no_hindrance() -> None:
    async def cell() -> attacks.Report:
        return quietly(Server())

    assert asyncio.run(cell()).results


def test_a_helper_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def start(module: str) -> Any:
        made.append(child.start(module))
        return made[-1]

    def look(progress: attacks.Progress) -> None:
        if progress.phase == "attack":
            made[-1].kill()

    monkeypatch.setattr(helpers, "start", start)
    with pytest.raises(RuntimeError, match=r"attacks\.crew has ended: it was killed"):
        quietly(Server(), on_progress=look)


def test_the_helpers_import_no_chapter() -> None:
    code = "import sys, labsupport.exercises.attacks.crew; print([name for name in sys.modules if 'chapter_' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

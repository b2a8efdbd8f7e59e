"""Clients in another process: all are answered, or it is said why not, and none outlives whoever sent them."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labsupport import kernel, services
from labsupport.services import Running, child, crowd
from labsupport.services.callers import Callers, Plan
from labsupport.services.protocol import answer
from tests.leftovers import none_left, until

ALL_AT_ONCE = [name for name, service in services.ALL.items() if service.at_once is None]
FOREVER = 200.0
CLIENTS = [sys.executable, "-m", "labsupport.services.clients"]


@pytest.mark.parametrize("name", ALL_AT_ONCE)
def test_all_are_held_and_each_is_answered(name: str) -> None:
    with none_left(), services.ALL[name].program() as program:
        with crowd.holding(program.address, 100, rounds=3, silent=2, seconds=FOREVER) as visit:
            assert (visit.connected, visit.answered, visit.failures, visit.ended) == (102, 100, {}, "")
            assert len(visit.latencies) == 300
            assert visit.seconds == visit.arriving + visit.asking
            assert 0 < min(visit.latencies) <= visit.median <= visit.percentile(99) <= visit.percentile(100)
            assert visit.files >= 102
            if sys.platform == "linux":
                assert established(program.address) == 204
        until(lambda: established(program.address) == 0)


def established(address: tuple[str, int]) -> int:
    """Ends of connections; where the system's table changes while it is read, a row may come twice."""
    rows = {(row.local, row.remote) for row in kernel.connections(address[1]) if row.state == "ESTABLISHED"}
    return sum(address in row for row in rows)


@pytest.mark.parametrize("name", services.ALL)
def test_they_come_and_go(name: str) -> None:
    with none_left(), services.ALL[name].running() as service:
        visit = crowd.visit(service.address, 40, rounds=3, hold=False, seconds=FOREVER)
    assert (visit.connected, visit.answered, visit.failures, visit.ended) == (40, 40, {}, "")
    assert (len(visit.latencies), visit.arriving) == (120, 0.0)


def test_silent_ones_keep_a_pool_and_not_the_selectors() -> None:
    with services.ALL["a pool"].program(grace=0.0) as program:
        visit = crowd.visit(program.address, 5, silent=16, hold=False, seconds=0.5)
        assert (visit.answered, visit.ended, visit.latencies) == (0, "out of time", ())
        assert math.isnan(visit.median)
        assert math.isnan(visit.percentile(50))
    with services.ALL["selectors"].program() as program:
        visit = crowd.visit(program.address, 5, silent=16, hold=False, seconds=FOREVER)
        assert (visit.connected, visit.answered, visit.ended) == (21, 5, "")


def test_progress_and_a_cancel() -> None:
    cancel = threading.Event()
    seen: list[crowd.Visit] = []

    def look(visit: crowd.Visit) -> None:
        seen.append(visit)
        cancel.set()

    with none_left(), services.ALL["one at a time"].program(grace=0.0) as program:
        visit = crowd.visit(program.address, 3, seconds=FOREVER, on_progress=look, cancel=cancel)
    assert (visit.ended, visit.answered) == ("cancelled", 0)
    assert seen[-1] is visit


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    visit = crowd.visit(address, 3, seconds=FOREVER)
    assert (visit.connected, visit.answered, visit.failures) == (0, 0, {"ConnectionRefusedError": 3})


def _deaf(listener: socket.socket) -> None:
    listener.accept()[0].close()


def _liar(listener: socket.socket) -> None:
    with listener.accept()[0] as connection:
        connection.recv(100)
        connection.sendall(b"8 HELLO 1\n")


@pytest.mark.parametrize(
    ("serves", "failures"), [(_deaf, {"EOFError", "ConnectionResetError"}), (_liar, {"ValueError"})]
)
def test_another_service(serves: Callable[[socket.socket], None], failures: set[str]) -> None:
    with none_left(), Running(lambda listener, stop, grace: serves(listener)) as service:
        visit = crowd.visit(service.address, 1, seconds=FOREVER)
    assert (visit.connected, visit.answered, visit.ended) == (1, 0, "")
    assert visit.failures.keys() <= failures


def test_they_come_from_more_than_one_address() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux has all of 127.0.0.0/8")
    with none_left(), services.ALL["selectors"].running() as service:
        callers = Callers(Plan(service.address, 25, silent=3, each_address=10))
        assert callers.go_on(callers.begun + FOREVER)
        from_where = [key.fileobj.getsockname()[0] for key in callers.selector.get_map().values()]  # type: ignore[union-attr]
        assert sorted(map(from_where.count, set(from_where))) == [5, 10, 13]
        assert set(from_where) == {"127.0.0.1", "127.0.0.2", "127.0.0.3"}
        for key in list(callers.selector.get_map().values()):
            key.data.sock.close()
        callers.selector.close()


def test_who_is_cut_when_all_begin_to_ask_is_counted_once() -> None:
    with none_left(), socket.create_server(("127.0.0.1", 0)) as listener:
        callers = Callers(Plan(listener.getsockname(), 3))
        goes_on(callers, lambda: callers.connected == 3)
        first, second, third = (listener.accept()[0] for _ in range(3))
        for each in (first, second):
            each.sendall(answer(each.recv(100).rstrip(b"\n")))
        goes_on(callers, lambda: len(callers.there) == 2)
        third.sendall(answer(third.recv(100).rstrip(b"\n")))  # so all are there, in the same select() as this:
        resets(first)
        goes_on(callers, lambda: bool(callers.failures))
        begun = callers.arrived
        resets(second)
        goes_on(callers, lambda: callers.gone == 2)
        third.sendall(answer(third.recv(100).rstrip(b"\n")))
        assert callers.go_on(callers.begun + FOREVER)
        assert (callers.answered, sum(callers.failures.values())) == (1, 2)
        assert callers.arrived == begun
        third.close()
        for key in list(callers.selector.get_map().values()):
            key.data.sock.close()
        callers.selector.close()


def goes_on(callers: Callers, ready: Callable[[], bool]) -> None:
    """Have the clients go on until this is so."""

    def is_ready() -> bool:
        callers.go_on(time.perf_counter() + 0.01)
        return ready()

    until(is_ready)


def resets(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.mark.parametrize(
    "numbers", [{"clients": 0}, {"clients": 2.5}, {"silent": -1}, {"rounds": 0}, {"seconds": 0}, {"seconds": math.nan}]
)
def test_numbers_that_make_no_sense(numbers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(numbers))):
        crowd.visit(("127.0.0.1", 9), **{"clients": 1, **numbers})


def test_a_percentile_is_one() -> None:
    visit = crowd.Visit(4, latencies=(0.4, 0.1, 0.3, 0.2))
    assert [visit.percentile(which) for which in (1, 25, 26, 50, 99, 100)] == [0.1, 0.1, 0.2, 0.2, 0.4, 0.4]
    for which in (0, 101, -1):
        with pytest.raises(ValueError, match="percentile"):
            visit.percentile(which)


def test_a_process_that_dies_is_an_error_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "start", lambda module, *options: child.start("labsupport.services.no_such_module"))
    with none_left(), pytest.raises(RuntimeError, match=r"has ended: .*No module named labsupport\.services\.no_such"):
        crowd.visit(("127.0.0.1", 9), 1)


def test_a_service_that_does_not_start_is_an_error_with_its_words() -> None:
    with (
        none_left(),
        pytest.raises(RuntimeError, match=r"did not start: .*No module named labsupport\.services\.no_such"),
    ):
        services.Program("labsupport.services.no_such_module")


def test_what_a_program_costs() -> None:
    with services.ALL["a thread each"].program() as program:
        before = program.threads
        with crowd.holding(program.address, 20, seconds=FOREVER):
            assert (before, program.threads) == (1, 21)
            assert (program.memory or 0) > 2**20
        assert program.files >= 100
    program.stop()
    assert (program.memory, program.threads) == (None, None)


def test_where_there_is_no_proc_psutil_tells_what_a_program_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psutil")
    with services.ALL["selectors"].program() as program:
        monkeypatch.setattr(sys, "platform", "darwin")
        threads, memory = program.threads, program.memory
        program.stop()
        assert (program.memory, program.threads) == (None, None)
    assert threads == 1
    assert (memory or 0) > 2**20


#: Sends a crowd, says which processes there are, and waits to be killed.
PARENT = """
import sys
from labsupport import services
from labsupport.services import crowd
program = services.ALL["selectors"].program()
with crowd.holding(program.address, 10) as visit:
    print(program._process.pid, visit.answered, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="kill")
def test_nobody_outlives_whoever_started_them() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        service, answered = map(int, parent.stdout.readline().split())
        assert answered == 10
        family = children_of(parent.pid)
        assert service in family
        assert len(family) == 2
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        until(lambda: not any(runs(each) for each in family))


def children_of(pid: int) -> list[int]:
    said = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in said.splitlines()]
    return [each for each, parent in rows if parent == pid]


def runs(pid: int) -> bool:
    """Whether a process runs: one that has ended and that nobody has waited for does not."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(said.strip()) and not said.strip().startswith("Z")


def test_in_a_terminal_it_prints_lines_of_json() -> None:
    with services.ALL["selectors"].running() as service:
        command = [*CLIENTS, *map(str, service.address), "--clients", "3"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            lines = [json.loads(process.stdout.readline())]
            while "ended" not in lines[-1]:
                lines.append(json.loads(process.stdout.readline()))
            process.stdin.close()
            assert process.wait(60) == 0
    assert lines[0].keys() == {"files"}
    assert (lines[-1]["connected"], lines[-1]["answered"], lines[-1]["ended"]) == (3, 3, "")


def test_in_a_terminal_a_number_that_makes_no_sense_is_told() -> None:
    command = [*CLIENTS, "127.0.0.1", "9", "--rounds", "0"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr == "rounds is a whole number of at least 1, not 0; --help shows what there is\n"


def test_a_learners_module_of_the_same_name_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "socket.py").write_text("raise SystemExit('this is my-course')")
    monkeypatch.chdir(tmp_path)
    with services.ALL["selectors"].program() as program:
        assert crowd.visit(program.address, 2, seconds=FOREVER).answered == 2

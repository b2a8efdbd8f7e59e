"""The script that chapter 06 takes outside: rounds, three ways, and a server that restarts at once."""

from __future__ import annotations

import ast
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.notebooks.test_outside import AS_IN_A_TERMINAL, script_of

CHAPTER = Path(__file__).parents[2] / "notebooks" / "06_socket_options.ipynb"
LOOK = "still connected: look with ss, then press Enter\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script as a file."""
    path = tmp_path / "rounds.py"
    path.write_text(script_of(CHAPTER), "utf-8")
    return path


@contextmanager
def running(script: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The script as a process with these words behind it."""
    process = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-u", "-c", AS_IN_A_TERMINAL, script, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def line(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline()


def port_of(server: subprocess.Popen[str]) -> str:
    """The port that it has printed; "" if it has ended instead."""
    _, bracket, rest = line(server).partition("(")
    return str(ast.literal_eval(bracket + rest)[1]) if bracket else ""


def until_it_waits(client: subprocess.Popen[str]) -> list[str]:
    """What it prints until it waits for Enter."""
    return list(iter(lambda: line(client), LOOK))


@pytest.mark.parametrize("words", [(), ("nodelay",), ("once",), ("nodelay", "once")])
def test_ten_rounds(words: tuple[str, ...], script: Path) -> None:
    with running(script, "serve", "0") as server, running(script, "ask", port_of(server), *words) as client:
        rounds = until_it_waits(client)
        _, said = client.communicate("\n", timeout=10)
    assert [text.partition(":")[0] for text in rounds] == [f"round {number}" for number in range(1, 11)]
    assert all(text.endswith(" ms\n") for text in rounds)
    assert (client.returncode, said) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process of its own in another way there")
def test_a_server_that_closed_first_starts_again_at_once(script: Path) -> None:
    with running(script, "serve", "0") as server:
        port = port_of(server)
        with running(script, "ask", port) as client:
            until_it_waits(client)
            server.send_signal(signal.SIGINT)
            _, said = server.communicate(timeout=10)
            with running(script, "serve", port) as again:  # the client is still connected
                assert port_of(again) == port
            client.communicate("\n", timeout=10)
            with running(script, "serve", port) as again:  # and now it is not
                assert port_of(again) == port
    assert (server.returncode, said) == (1, "stopped\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process of its own in another way there")
def test_ctrl_c_ends_the_client(script: Path) -> None:
    with running(script, "serve", "0") as server, running(script, "ask", port_of(server)) as client:
        until_it_waits(client)
        client.send_signal(signal.SIGINT)
        _, said = client.communicate(timeout=10)
    assert (client.returncode, said) == (1, "stopped\n")


def test_a_server_that_is_not_there(script: Path) -> None:
    with running(script, "serve", "0") as server:
        port = port_of(server)
    with running(script, "ask", port) as client:
        _, said = client.communicate(timeout=10)
    assert client.returncode == 1
    assert said.startswith(f"127.0.0.1, port {port}: ")
    assert "Traceback" not in said


@pytest.mark.skipif(shutil.which("ss") is None, reason="there is no ss on this machine")
def test_ss_shows_the_timer_of_keepalive_and_the_segments(script: Path) -> None:
    with running(script, "serve", "0") as server:
        port = port_of(server)
        with running(script, "ask", port) as client:
            until_it_waits(client)
            timers = told("ss", "-tno", f"( sport = :{port} or dport = :{port} )")
            deadline = time.monotonic() + 10
            while "timer:(on," in timers and time.monotonic() < deadline:  # the last answer is being acknowledged
                timers = told("ss", "-tno", f"( sport = :{port} or dport = :{port} )")
            figures = told("ss", "-tni", f"dport = :{port}")
    assert timers.count("timer:(keepalive,") == 1, "it is the server that has set it"
    assert "segs_out:" in figures


def told(*command: str) -> str:
    """What this command printed."""
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout

"""The script that chapter 04 takes outside waits for its server, and says what it met."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.notebooks.test_outside import AS_IN_A_TERMINAL, script_of

CHAPTER = Path(__file__).parents[2] / "notebooks" / "04_error_handling.ipynb"
QUESTION = "¿qué hora es?"


@pytest.fixture
def reserved() -> Iterator[socket.socket]:
    """A socket that has a port, and does not listen yet."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(20)
        yield sock


@contextmanager
def asking(port: int, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The script as a process that asks at this port."""
    path = folder / "ask.py"
    path.write_text(script_of(CHAPTER), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-u", "-c", AS_IN_A_TERMINAL, path, str(port), QUESTION],
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


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit code, what it printed, and what it said of errors."""
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def tried(process: subprocess.Popen[str]) -> str:
    """Wait until it says that it has tried."""
    assert process.stderr is not None
    return process.stderr.readline()


def answering(listener: socket.socket, answer: Callable[[socket.socket], object]) -> bytes:
    """Serve one client; its question."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as reader:
        question = reader.readline()
        answer(connection)
    return question


def test_it_waits_for_a_server_that_comes_up_later(reserved: socket.socket, tmp_path: Path) -> None:
    with asking(reserved.getsockname()[1], tmp_path) as process:
        assert tried(process).startswith("try 1: ")
        reserved.listen()
        question = answering(reserved, lambda connection: connection.sendall(b"las diez\n"))
        code, out, _ = ended(process)
    assert question.decode() == f"{QUESTION}\n"
    assert (code, out) == (0, "las diez\n")


def test_half_an_answer_is_no_answer(reserved: socket.socket, tmp_path: Path) -> None:
    reserved.listen()
    port = reserved.getsockname()[1]
    with asking(port, tmp_path) as process:
        answering(reserved, lambda connection: connection.sendall(b"las "))
        code, out, said = ended(process)
    assert (code, out) == (1, "")
    assert said == (
        f"127.0.0.1, port {port}, did not answer: the server left after 4 bytes, in the middle of its answer\n"
    )


def test_where_nobody_ever_listens_it_gives_up(reserved: socket.socket, tmp_path: Path) -> None:
    script = script_of(CHAPTER).replace("seconds=10", "seconds=0.2")
    assert "seconds=0.2" in script
    path = tmp_path / "impatient.py"
    path.write_text(script, "utf-8")
    port = reserved.getsockname()[1]
    ran = subprocess.run(
        [sys.executable, "-X", "utf8", path, str(port), QUESTION],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ran.returncode == 1
    assert f"127.0.0.1, port {port}, did not answer: " in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process of its own in another way there")
def test_ctrl_c_ends_it_while_it_tries(reserved: socket.socket, tmp_path: Path) -> None:
    with asking(reserved.getsockname()[1], tmp_path) as process:
        tried(process)
        process.send_signal(signal.SIGINT)
        code, _, said = ended(process)
    assert code == 1
    assert said.endswith("stopped\n")
    assert "Traceback" not in said


@pytest.mark.skipif(shutil.which("nc") is None, reason="there is no nc on this machine")
def test_nc_answers_it(reserved: socket.socket, tmp_path: Path) -> None:
    port = reserved.getsockname()[1]
    reserved.close()
    with asking(port, tmp_path) as process:
        answer = subprocess.run(
            ["nc", "-l", "127.0.0.1", str(port)],
            input="las diez\n", capture_output=True, text=True, encoding="utf-8", timeout=20, check=False,
        )  # fmt: skip
        code, out, _ = ended(process)
    assert answer.stdout == f"{QUESTION}\n"
    assert (code, out) == (0, "las diez\n")

"""The server that chapter 07 takes outside: many clients in one thread, and an end in which nobody loses an answer."""

from __future__ import annotations

import ast
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.notebooks.test_outside import AS_IN_A_TERMINAL, script_of

CHAPTER = Path(__file__).parents[2] / "notebooks" / "07_many_clients.ipynb"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Ctrl-C reaches a process of its own in another way there"
)


@contextmanager
def serving(folder: Path, grace: float = 10) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    """The script as a process, with so many seconds to finish, and its address."""
    script = script_of(CHAPTER)
    assert "GRACE = 10 " in script
    path = folder / "shouting.py"
    path.write_text(script.replace("GRACE = 10 ", f"GRACE = {grace} "), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-u", "-c", AS_IN_A_TERMINAL, path, "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        yield process, ast.literal_eval(process.stdout.readline().removeprefix("listening on "))
    finally:
        process.kill()
        process.communicate(timeout=10)


def connect(address: tuple[str, int]) -> socket.socket:
    """A client; it is known to be served when it has asked."""
    client = socket.create_connection(address, timeout=20)
    ask(client, "hello")
    return client


def ask(client: socket.socket, question: str) -> str:
    """Send a line; its answer."""
    client.sendall(f"{question}\n".encode())
    with client.makefile("rb") as reader:
        return reader.readline().decode()


def told_to_stop(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C; what it says when its listener is closed."""
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_silent_client_and_one_that_resets_stop_nobody(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, address), connect(address):
        with connect(address) as rude:
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with connect(address) as client:
            assert ask(client, "नमस्ते, señora").endswith(" here: नमस्ते, SEÑORA\n")
        assert process.poll() is None


def test_after_ctrl_c_nobody_new_comes_in_and_half_a_question_is_answered(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, address), connect(address) as client:
        client.sendall("¿media pregunta, ".encode())
        assert told_to_stop(process) == "stopping: 1 here\n"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=20)
        assert ask(client, "señora?") == "1 here: ¿MEDIA PREGUNTA, SEÑORA?\n"
        client.close()
        said, complaints = process.communicate(timeout=20)
    assert (process.returncode, said, complaints) == (0, "stopped\n", "")


def test_who_does_not_finish_is_cut_when_the_time_is_over(tmp_path: Path) -> None:
    with serving(tmp_path, grace=0.2) as (process, address), connect(address) as silent:
        told_to_stop(process)
        said, complaints = process.communicate(timeout=20)
        with silent:
            try:
                assert silent.recv(100) == b""
            except ConnectionResetError:
                pass
    assert (process.returncode, said) == (0, "stopped\n")
    assert "Traceback" not in complaints


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    with serving(tmp_path, grace=1000) as (process, address), connect(address):
        told_to_stop(process)
        process.send_signal(signal.SIGINT)
        said, complaints = process.communicate(timeout=20)
    assert (process.returncode, said) == (1, "")
    assert complaints == "stopped at once\n"


@pytest.mark.skipif(shutil.which("nc") is None, reason="there is no nc on this machine")
def test_it_talks_with_nc(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, (host, port)):
        answer = subprocess.run(
            ["nc", "-N", "-w", "5", host, str(port)],
            input="héllo\n", capture_output=True, text=True, encoding="utf-8", timeout=20, check=False,
        )  # fmt: skip
    assert answer.stdout == "1 here: HÉLLO\n"

"""Take it outside: the script of a chapter runs as a program of its own, with a stranger's client."""

from __future__ import annotations

import ast
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

CELL = "outside"

#: What a shell starts in the background, such as these tests may be, ignores Ctrl-C; in a terminal it is heard.
AS_IN_A_TERMINAL = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def script_of(chapter: Path) -> str:
    """The one Python program in the chapter's cell "outside"."""
    cells = [cell for cell in nbformat.read(chapter, 4).cells if cell.id == CELL]
    if not cells:
        pytest.skip("this chapter has nothing to take outside")
    (script,) = re.findall(r"```python\n(.*?)```", cells[0].source, flags=re.DOTALL)
    return str(script)


def server_of(chapter: Path) -> str:
    """The script, where it is a server of TCP connections; any other has tests of its own."""
    script = script_of(chapter)
    if "create_server" not in script or "import ssl" in script or "create_connection" in script:
        pytest.skip("what this chapter takes outside is no server of connections in clear, or not that alone")
    return script


@contextmanager
def running(script: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    """The script as a process, and the address that it printed first."""
    path = folder / "script.py"
    path.write_text(script, "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", AS_IN_A_TERMINAL, path],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        host, port = ast.literal_eval(first.partition("(")[1] + first.partition("(")[2])
        yield process, (host, port)
    finally:
        process.kill()
        process.communicate(timeout=10)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process of its own in another way there")
def test_the_script_serves_two_clients_at_once_and_ends_on_ctrl_c(chapter: Path, tmp_path: Path) -> None:
    with running(server_of(chapter), tmp_path) as (process, address):
        with (
            socket.create_connection(address, timeout=10) as silent,
            socket.create_connection(address, timeout=10) as client,
        ):
            client.sendall("नमस्ते\n".encode())
            assert client.recv(1024).decode() == "नमस्ते\n"
            assert silent.fileno() != -1
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "stopped" in printed


@pytest.mark.skipif(shutil.which("nc") is None, reason="there is no nc on this machine")
def test_the_script_talks_with_nc(chapter: Path, tmp_path: Path) -> None:
    with running(server_of(chapter), tmp_path) as (_, (host, port)):
        answer = subprocess.run(
            ["nc", "-w", "5", host, str(port)], input="héllo\n", capture_output=True, text=True, timeout=20, check=False
        )
    assert answer.stdout == "héllo\n"

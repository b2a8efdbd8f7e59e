"""The script that chapter 03 takes outside serves any number of clients by one socket."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebooks.test_outside import running, script_of

CHAPTER = Path(__file__).parents[2] / "notebooks" / "03_tcp_versus_udp.ipynb"


def client(server: tuple[str, int]) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(10)
    sock.connect(server)
    return sock


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process of its own in another way there")
def test_one_socket_answers_each_client_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    with running(script_of(CHAPTER), tmp_path) as (process, address):
        with client(address) as aiko, client(address) as bruno:
            aiko.send("नमस्ते".encode())
            bruno.send(b"")
            assert aiko.recv(100).decode() == "नमस्ते"
            assert bruno.recv(100) == b""
            mine = [aiko.getsockname(), bruno.getsockname()]
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert printed.splitlines() == [f"18 bytes from {mine[0]}", f"0 bytes from {mine[1]}", "stopped"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells a socket of what its answers met")
def test_a_client_that_has_gone_does_not_end_it(tmp_path: Path) -> None:
    with running(script_of(CHAPTER), tmp_path) as (_, address):
        with client(address) as gone:
            gone.send(b"good bye")
        with client(address) as next_one:
            next_one.send(b"still here?")
            assert next_one.recv(100) == b"still here?"


@pytest.mark.skipif(shutil.which("nc") is None, reason="there is no nc on this machine")
def test_nc_speaks_to_it_and_hears_when_it_has_gone(tmp_path: Path) -> None:
    with running(script_of(CHAPTER), tmp_path) as (process, address):
        nc = subprocess.Popen(
            ["nc", "-u", address[0], str(address[1])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert nc.stdin is not None
            assert nc.stdout is not None
            print("héllo", file=nc.stdin, flush=True)
            assert nc.stdout.readline() == "héllo\n"
            process.kill()
            process.wait(timeout=10)
            print("anybody?", file=nc.stdin, flush=True)
            nc.wait(timeout=10)
        finally:
            nc.kill()
            nc.communicate(timeout=10)


@pytest.mark.skipif(sys.platform != "linux", reason="who has a port is asked as on Linux")
@pytest.mark.skipif(shutil.which("ss") is None, reason="there is no ss on this machine")
def test_ss_shows_one_unconnected_socket(tmp_path: Path) -> None:
    with running(script_of(CHAPTER), tmp_path) as (_, address), client(address) as one:
        one.send(b"?")
        one.recv(10)
        shown = subprocess.run(
            ["ss", "-uan", f"sport = :{address[1]}"], capture_output=True, text=True, timeout=10, check=True
        ).stdout.splitlines()
    assert [line.split()[0] for line in shown[1:]] == ["UNCONN"]

"""A service as a program: it says where it is, a signal stops it gracefully, a second one at once."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from labsupport import services
from tests.leftovers import until

EACH = pytest.mark.parametrize("name", services.ALL)
SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def module(name: str) -> str:
    return f"labsupport.services.{services.ALL[name].file}"


@contextlib.contextmanager
def program(name: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    """A service in a terminal, so to say, and its address."""
    command = [sys.executable, "-m", module(name), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            host, port = process.stdout.readline().split()
            assert process.stdout.readline().startswith("open files allowed: ")
            yield process, (host, int(port))
        finally:
            process.kill()


def refuses(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address).close()
    except OSError:
        return True
    return False


@EACH
@SIGNALS
def test_a_signal_stops_it_gracefully(name: str, number: int) -> None:
    with program(name, "--grace", "60") as (process, address):
        with socket.create_connection(address, timeout=60) as client:
            client.sendall(b"hi\npi")
            assert client.recv(100) == b"2 HI\n"
            process.send_signal(number)
            client.sendall(b"ng\n")
            assert client.recv(100) == b"4 PING\n"
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b""
        assert process.wait(60) == 0
        assert process.stdout is not None
        assert process.stdout.read() == "stopped\n"


@SIGNALS
def test_a_second_signal_ends_it_at_once(number: int) -> None:
    with (
        program("selectors", "--grace", "600") as (process, address),
        socket.create_connection(address, timeout=60) as client,
    ):
        client.sendall(b"hi\n")
        assert client.recv(100) == b"2 HI\n"
        process.send_signal(number)
        until(lambda: refuses(address))  # it has seen the first
        process.send_signal(number)
        assert process.wait(60) == -number


def test_who_does_not_go_is_cut_after_the_grace() -> None:
    with (
        program("asyncio", "--grace", "0.1") as (process, address),
        socket.create_connection(address, timeout=60) as client,
    ):
        process.send_signal(signal.SIGTERM)
        assert client.recv(100) == b""
        assert process.wait(60) == 0


def test_the_end_of_its_input_stops_it_if_that_was_asked_for() -> None:
    with program("asyncio", "--until-input-ends") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port", "http"], "argument --port: a port is a number from 0 to 65535, not 'http'; --help"),
        (["--port", "70000"], "argument --port: a port is a number from 0 to 65535, not '70000'; --help"),
        (["--port", "-1"], "argument --port: a port is a number from 0 to 65535, not '-1'; --help"),
        (["--grace", "nan"], "argument --grace: seconds are a number of at least 0, not 'nan'; --help"),
        (["--grace", "1e300"], "argument --grace: seconds are a number of at least 0, not '1e300'; --help"),
        (["--quick"], "unrecognized arguments: --quick; --help shows what there is"),
    ],
)
def test_bad_arguments_give_one_clear_sentence(options: list[str], sentence: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", module("selectors"), *options], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        command = [sys.executable, "-m", module("asyncio"), "--port", port]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == f"cannot listen on port {port}: Address already in use; --port 0 takes a free one\n"


def test_help_says_what_it_does() -> None:
    result = subprocess.run(
        [sys.executable, "-m", module("a pool"), "--help"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0
    assert "until Ctrl-C or SIGTERM" in result.stdout

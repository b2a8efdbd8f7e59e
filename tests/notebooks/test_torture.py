"""Learners run cells twice, run everything again, and press the stop button: nothing may break or be left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

Start = Callable[[Path], Any]

pytestmark = pytest.mark.timeout(600)

SERVER = """
import socket, threading
from labsupport import background

@background
def server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(100):
                connection.sendall(data)
"""
CLIENT = """
with socket.create_connection(server.address, timeout=2) as client:
    client.sendall(b"a")
    print(client.recv(100))
"""
WAITS = {
    "accept": "with socket.create_server(('127.0.0.1', 0)) as listener:\n    listener.accept()",
    "recv": "with socket.create_connection(server.address) as client:\n    client.recv(100)",
    "a datagram": "with socket.socket(type=socket.SOCK_DGRAM) as one:\n    one.bind(('127.0.0.1', 0))\n    one.recv(9)",
    "join": "server.join()",
    "an event": "threading.Event().wait()",
    "a computation": "while True:\n    sum(range(10**6))",
}


def test_every_cell_twice_and_then_all_again_gives_the_same_and_holds_no_more(chapter: Path, tortured: Start) -> None:
    """The last time in another order of threads, which `test_scrambled` can try with more seeds."""
    kernel = tortured(chapter)
    for cell in kernel.cells:
        kernel.run(cell)
        kernel.run(cell)
    twice = kernel.held()
    kernel.gives_the_stored(seed=0)
    assert not kernel.more_than(twice)
    assert not kernel.left_behind()


def test_a_cell_interrupted_while_it_waits_can_be_run_again(chapter: Path, tortured: Start) -> None:
    kernel = tortured(chapter)
    for cell in kernel.cells:
        kernel.tell("__import__('inside').arm()")
        kernel.run(cell, allow=("KeyboardInterrupt",))
        kernel.tell("__import__('inside').disarm()")
        kernel.run(cell)
    assert not kernel.left_behind()


@pytest.mark.parametrize("wait", WAITS)
def test_the_stop_button_frees_whatever_a_cell_waits_for(wait: str, tmp_path: Path, tortured: Start) -> None:
    cells = [new_code_cell(source) for source in (SERVER, WAITS[wait], SERVER, CLIENT)]
    path = tmp_path / "waits.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    kernel = tortured(path)
    server, waits, server_again, client = kernel.cells
    kernel.run(server)
    kernel.tell("__import__('inside').arm()")
    said = kernel.run(waits, allow=("KeyboardInterrupt",))
    assert kernel.tell("__import__('inside').disarm()") is True
    assert said[-1]["ename"] == "KeyboardInterrupt"
    kernel.run(server_again)
    assert kernel.run(client)[0]["text"] == "b'a'\n"
    assert not kernel.left_behind()


@pytest.mark.parametrize(
    ("leaves", "named"),
    [
        ("import socket\nkept = socket.create_server(('127.0.0.1', 0))", "socket tcp LISTEN"),
        ("import socket\nkept = socket.socket(type=socket.SOCK_DGRAM)\nkept.bind(('127.0.0.1', 0))", "socket udp"),
        ("import threading\nthreading.Thread(target=threading.Event().wait, name='lost').start()", "thread lost"),
    ],
)
def test_what_is_left_behind_is_found(leaves: str, named: str, tmp_path: Path, tortured: Start) -> None:
    path = tmp_path / "leaves.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(leaves)]), path)
    kernel = tortured(path)
    kernel.run(kernel.cells[0])
    assert [name for name in kernel.more_than(kernel.start, patience=0) if name.startswith(named)]

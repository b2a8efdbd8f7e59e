"""What went wrong in the background is shown under the cell that ran meanwhile, once."""

from __future__ import annotations

import re

from tests.cells import shown

START = """
import socket
from labsupport.threads import background
@background
def server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection, _ = listener.accept()
        raise ValueError("in the server")
"""

TALK = """
socket.create_connection(server.address, timeout=5).close()
server.join(5)
"""

FAIL = """
@background
def server():
    raise ValueError("before it listened")
server.join(5)
"""


def run(*cells: str) -> list[str]:
    """What each cell of a notebook shows, without colours."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", text) for text in shown(*cells)]


def test_under_the_cell_that_ran_and_only_there() -> None:
    start, talk, later = run(START, TALK, "print('later')")
    assert start == ""
    assert talk == (
        "server raised an exception.\n"
        "Traceback (most recent call last):\n"
        "  line 7, in server\n"
        '    raise ValueError("in the server")\n'
        "ValueError: in the server\n"
    )
    assert later == "later\n"


def test_not_when_the_cell_has_looked_at_the_error() -> None:
    assert run(START, TALK + "print(repr(server.error))") == ["", "ValueError('in the server')\n"]


def test_address_shows_it_instead() -> None:
    (shown,) = run(START + FAIL + "server.address")
    assert shown.count("in server()") == 1
    assert "server ended before it listened, with ValueError" in shown


def test_address_in_a_later_cell_does_not_repeat_it() -> None:
    first, second = run(START + FAIL, "server.address")
    assert 'raise ValueError("before it listened")' in first
    assert 'raise ValueError("before it listened")' not in second
    assert "server ended before it listened, with ValueError: before it listened" in second


def test_while_a_cell_fails_for_its_own_reason() -> None:
    _, shown = run(START, TALK + "1 / 0")
    assert "ZeroDivisionError" in shown
    assert shown.count("ValueError: in the server") == 1


REACHABLE = """
import socket
from labsupport.threads import background
@background
def server():
    with socket.socket() as listener:
        listener.listen()
        listener.accept()
server.address
print("ready")
"""


def test_a_server_that_others_can_reach_is_told_under_the_cell_once() -> None:
    start, later = run(REACHABLE, "print(server.output.count('others on your network')); server.stop()")
    assert start.startswith("ready\nserver: this socket can be reached at 0.0.0.0, on every network interface")
    assert start.count("others on your network") == 1
    assert later == "1\n"

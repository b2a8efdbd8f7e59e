"""The client by hand: what it leaves behind (nothing), and what it refuses."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

from labsupport import kernel, panels
from labsupport.panels.one_client import hand as hands
from labsupport.tape.watched import live
from labsupport.threads import background
from tests.leftovers import until
from tests.panels.servers import do, echo, serving


def test_an_unused_panel_has_no_thread_and_no_socket() -> None:
    server = serving(echo)
    address = server.address
    threads, sockets = set(threading.enumerate()), len(live())
    panel = panels.client(address)
    assert set(threading.enumerate()) <= threads
    assert len(live()) == sockets
    panel.close()
    background.stop_all()


def test_closing_the_panel_closes_the_socket_and_ends_its_threads(panel_for: Any) -> None:
    server = serving(echo)
    panel = panel_for(server)
    do(panel, "connect")
    sock = panel._hand.sock
    panel.close()
    panel.close()
    assert panel._hand.wait()
    panel._ticker.wait()
    assert sock is not None
    assert sock.fileno() == -1
    assert not panel._ticker.running
    assert not panel.do("connect")
    server.join(5)
    assert not server.running


def test_a_panel_that_ends_does_not_reset_the_server(panel_for: Any) -> None:
    server = serving(echo)
    panel = panel_for(server)
    do(panel, "connect")
    do(panel, "send")
    until(lambda: panel._hand.sock is not None and kernel.unread(panel._hand.sock) == 6)
    panel.close()
    server.join(5)
    assert server.error is None


def test_stopping_the_server_ends_the_panel(panel_for: Any) -> None:
    server = serving(echo)
    panel = panel_for(server)
    do(panel, "connect")
    server.stop()
    assert panel._hand.wait()
    panel._ticker.wait()
    assert panel._hand.sock is None
    assert "run its cell again" in panel._why_not.value


def test_running_the_cell_again_closes_the_earlier_panel(panel_for: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [("cell", "first"), ("cell", "second"), ("cell", "second")]
    monkeypatch.setattr("labsupport.panels.parts.cells._here", lambda: runs.pop(0))
    address = serving(echo).address
    first = panel_for(address)
    do(first, "connect")
    second, third = panel_for(address), panel_for(address)
    assert first._hand.wait()
    assert not second._hand.stopped
    assert not third._hand.stopped


def test_a_panel_that_is_thrown_away_leaves_nothing(panel_for: Any) -> None:
    panel = panel_for(serving(echo))
    do(panel, "connect")
    do(panel, "close")
    until(lambda: not panel._ticker.running)
    panel.close()
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name == "panel"]


def test_what_is_stored_is_short_and_always_the_same(panel_for: Any) -> None:
    server = serving(echo)
    expected = "<a client by hand for server: run this cell to use it>"
    assert repr(panel_for(server)) == repr(panel_for(server)) == expected


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        (5000, r"takes a background server, or its address such as \('127.0.0.1', 50007\), not 5000"),
        (None, "not None"),
        (("127.0.0.1",), "an address is a pair"),
        (("127.0.0.1", "80"), "a text and a number"),
        (("127.0.0.1", 70000), "a port is a number from 1 to 65535, and 70000 is not"),
        (("192.0.2.1", 80), "only within this machine, to 127.0.0.1 or ::1, and not to '192.0.2.1'"),
        (("example.org", 80), "and not to 'example.org'"),
    ],
)
def test_bad_input_gets_a_sentence(server: Any, sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        panels.client(server)


@pytest.mark.parametrize("name", ["", 7])
def test_bad_names_get_a_sentence(name: Any) -> None:
    with pytest.raises(TypeError, match="the name of a client is a piece of text"):
        panels.client(("127.0.0.1", 5000), name=name)


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("::", "::1"),
        ("localhost", "127.0.0.1"),
        ("127.1.2.3", "127.1.2.3"),
    ],
)
def test_hosts_that_mean_this_machine(given: str, host: str) -> None:
    assert hands.to_loopback((given, 80)) == (host, 80)


def test_there_is_no_such_action_and_no_such_panel() -> None:
    panel = panels.client(("127.0.0.1", 5000))
    with pytest.raises(ValueError, match="and not 'shout'"):
        panel.do("shout")
    panel.close()
    with pytest.raises(AttributeError, match=r"labsupport\.panels has no 'cleint'\. It has: .*client"):
        panels.cleint  # type: ignore[attr-defined]  # noqa: B018

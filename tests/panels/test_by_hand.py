"""The client by hand: every button, against servers that do what servers do; no browser needed."""

from __future__ import annotations

import gc
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport import kernel, panels
from labsupport.panels import hand as hands
from labsupport.panels.by_hand import ClientPanel
from labsupport.tape.watched import live
from labsupport.threads import Background, background


@pytest.fixture
def panel_for(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ClientPanel]]:
    monkeypatch.setattr(hands, "PATIENCE", 0.3)
    made: list[ClientPanel] = []

    def make(server: Any, **settings: Any) -> ClientPanel:
        made.append(panels.client(server, **settings))
        return made[-1]

    yield make
    for panel in made:
        panel.close()
        assert panel._hand.wait()
        panel._ticker.wait()
    background.stop_all()


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "nothing came of it within 5 s"
        time.sleep(0.002)


def do(panel: ClientPanel, action: str) -> str:
    """Press a button and wait until the call has returned."""
    before = panel._hand.outcome
    assert panel.do(action), panel._hand.reason(action)
    wait_until(lambda: not panel.busy and panel._hand.outcome is not before)
    return panel.said


def serving(handle: Callable[[socket.socket], object]) -> Background:
    def server() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                handle(connection)

    return background(server, name="server")


def echo(connection: socket.socket) -> None:
    while data := connection.recv(1024):
        connection.sendall(data)


def test_a_whole_conversation(panel_for: Callable[..., ClientPanel]) -> None:
    panel = panel_for(serving(echo))
    assert "connected" in do(panel, "connect")
    assert panel.stage == "connected"
    panel.text, panel.newline = "né", True
    assert panel.data == b"n\xc3\xa9\n"
    assert "4 bytes" in do(panel, "send")
    panel.most = 2
    assert "b&#x27;n\\xc3&#x27;" in do(panel, "receive")
    assert "not whole UTF-8" in panel.said
    panel.most = 1024
    do(panel, "receive")
    assert "finished sending" in do(panel, "half-close")
    assert panel.stage == "half-closed"
    assert "b&#x27;&#x27;" in do(panel, "receive")
    assert "let go" in do(panel, "close")
    assert panel.stage == "not connected"


def test_half_close_gives_the_server_its_end_and_leaves_the_way_back_open(panel_for: Any) -> None:
    def counts(connection: socket.socket) -> None:
        total = 0
        while data := connection.recv(1024):
            total += len(data)
        connection.sendall(b"%d bytes" % total)

    panel = panel_for(serving(counts))
    for action in ("connect", "send", "half-close"):
        do(panel, action)
    assert "6 bytes" in do(panel, "receive")


def test_connect_returns_and_bytes_wait_though_nobody_accepts(panel_for: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        panel = panel_for(listener.getsockname())
        do(panel, "connect")
        wait_until_shown(panel, "the listener</th><td><b>LISTEN</b></td><td>1 waiting for accept()")
        do(panel, "send")
        wait_until_shown(panel, "the server's end</th><td><b>ESTABLISHED</b></td><td>6 bytes arrived and not yet read")
        wait_until_shown(panel, "your end</th><td><b>ESTABLISHED</b>")
        assert "own timeout" in do(panel, "receive")
        assert panel.stage == "connected"


def wait_until_shown(panel: ClientPanel, line: str) -> None:
    if sys.platform != "linux":
        pytest.skip("here the kernel does not list another's connections to everybody")
    wait_until(lambda: line in panel.kernel_says)


def test_a_reset_is_an_error_at_the_server(panel_for: Any) -> None:
    errors: list[type[BaseException]] = []

    def reads(connection: socket.socket) -> None:
        try:
            while connection.recv(1024):
                pass
        except OSError as error:
            errors.append(type(error))

    server = serving(reads)
    panel = panel_for(server)
    do(panel, "connect")
    assert "ConnectionResetError" in do(panel, "reset")
    server.join(5)
    assert errors == [ConnectionResetError]


def test_bytes_left_unread_make_a_close_a_reset(panel_for: Any) -> None:
    def talks(connection: socket.socket) -> None:
        connection.sendall(b"unread")
        connection.recv(1)

    panel = panel_for(serving(talks))
    do(panel, "connect")
    wait_until(lambda: panel._hand.sock is not None and kernel.unread(panel._hand.sock) == 6)
    assert "not read 6 bytes" in do(panel, "close")


def test_what_is_not_possible_is_refused_with_its_reason(panel_for: Any) -> None:
    panel = panel_for(serving(echo))
    assert not panel.do("send")
    assert panel.buttons["send"].disabled
    assert panel.buttons["send"].tooltip == "Not now: connect first"
    assert "Send, Receive (connect first)" in panel._why_not.value
    do(panel, "connect")
    assert not panel.do("connect")
    assert not panel.buttons["send"].disabled
    panel.text = ""
    assert not panel.do("send")
    assert panel.buttons["send"].tooltip == "Not now: type something first"
    panel.text = "x"
    do(panel, "half-close")
    assert not panel.do("send")
    wait_until(lambda: "you have said that you are done sending" in panel._why_not.value)


def test_the_buttons_and_enter_do_what_they_say(panel_for: Any) -> None:
    server = serving(echo)
    panel = panel_for(server)
    panel.buttons["connect"].click()
    wait_until(lambda: panel.stage == "connected" and not panel.busy)
    panel._text.value = "by keyboard"
    panel._text._handle_custom_msg({"event": "submit"}, [])
    wait_until(lambda: "sendall" in panel.said and not panel.busy)
    assert "by keyboard" in do(panel, "receive")
    assert all(button.description for button in panel.buttons.values())


def test_nobody_listens(panel_for: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    panel = panel_for(address)
    assert "Nobody listens" in do(panel, "connect")
    assert "ConnectionRefusedError" in panel.said
    assert panel.stage == "not connected"


def test_what_comes_over_the_wire_is_escaped(panel_for: Any) -> None:
    panel = panel_for(serving(lambda connection: connection.sendall(b"<script>alert(1)</script>")))
    do(panel, "connect")
    do(panel, "receive")
    assert "&lt;script&gt;" in panel.said
    assert "<script>" not in panel.said


def test_the_ladder_shows_the_conversation_and_nothing_else(panel_for: Any) -> None:
    before = serving(echo)
    with socket.create_connection(before.address, timeout=2) as other:
        other.sendall(b"earlier")
        other.recv(10)
    panel = panel_for(serving(echo), name="maria")
    for action in ("connect", "send", "receive", "close"):
        do(panel, action)
    panel._ticker.wait()
    assert not panel.ladder.head["growing"]
    text = panel.ladder._picture.text()
    assert "maria" in text
    assert "héllo" in text
    assert "earlier" not in text


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
    wait_until(lambda: panel._hand.sock is not None and kernel.unread(panel._hand.sock) == 6)
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


def test_running_the_cell_again_closes_the_earlier_panel(
    panel_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [("cell", "first"), ("cell", "second"), ("cell", "second")]
    monkeypatch.setattr("labsupport.panels.cells._here", lambda: runs.pop(0))
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
    wait_until(lambda: not panel._ticker.running)
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
    with pytest.raises(AttributeError, match=r"no panel 'cleint'. There are: client"):
        panels.cleint  # noqa: B018

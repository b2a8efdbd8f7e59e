"""The client by hand: every button, against servers that do what servers do; no browser needed."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest

from labsupport import kernel
from labsupport.panels.one_client.by_hand import ClientPanel
from tests.leftovers import until
from tests.panels.servers import do, echo, serving


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
    until(lambda: line in panel.kernel_says)


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
    until(lambda: panel._hand.sock is not None and kernel.unread(panel._hand.sock) == 6)
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
    until(lambda: "you have said that you are done sending" in panel._why_not.value)


def test_the_buttons_and_enter_do_what_they_say(panel_for: Any) -> None:
    server = serving(echo)
    panel = panel_for(server)
    panel.buttons["connect"].click()
    until(lambda: panel.stage == "connected" and not panel.busy)
    panel._text.value = "by keyboard"
    panel._text._handle_custom_msg({"event": "submit"}, [])
    until(lambda: "sendall" in panel.said and not panel.busy)
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

"""watch: what is in the window, when it is closed, and that the picture does not depend on a race."""

from __future__ import annotations

import gc
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport.pictures import Picture
from labsupport.tape import settling
from labsupport.tape.events import Sync
from labsupport.tape.record import TAPE
from labsupport.tape.watched import install, uninstall
from labsupport.threads import Background, Signal, background
from labsupport.window import Tape, label, watch
from tests.cells import shown
from tests.leftovers import until


@pytest.fixture(autouse=True)
def _stop_all() -> Iterator[None]:
    yield
    background.stop_all()


def echo_once(before_recv: Callable[[], object] = lambda: None) -> Background:
    """A server for one client; it has an address and waits in accept()."""

    def server() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                before_recv()
                while data := connection.recv(1024):
                    connection.sendall(data)

    return background(server, name="echo")


def talk(server: Background) -> None:
    with socket.create_connection(server.address, timeout=2) as client:
        client.sendall(b"hello")
        assert client.recv(1024) == b"hello"


def summary(tape: Any) -> list[str]:
    """The calls, without what differs from run to run."""
    return sorted(f"{call.role}.{call.op}{'…' if call.open else ''} {call.length}" for call in tape.calls())


def grows(tape: Tape) -> bool:
    """Whether the window is open."""
    return tape.open


def everything() -> Picture:
    """All of the tape."""
    return Picture(TAPE.events())


# --- what is in it --------------------------------------------------------------------------


def test_a_window_holds_the_conversation_and_the_listener_from_its_bind_on() -> None:
    server = echo_once()
    assert server.address
    with watch() as tape:
        talk(server)
    ops = [call.op for call in tape.calls("listener")]
    assert ops[0] == "socket"
    assert [op for op in ops if op in ("bind", "listen", "accept", "close")] == ["bind", "listen", "accept", "close"]
    assert [call.op for call in tape.calls("client") if call.op != "settimeout"] == [
        "socket", "connect", "sendall", "recv", "close"
    ]  # fmt: skip
    assert [call.result for call in tape.calls(role="server", op="recv")] == [b"hello", b""]


def test_idle_servers_of_earlier_cells_are_not_in_it() -> None:
    def idle() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.accept()

    port = background(idle).address[1]
    server = echo_once()
    with watch() as tape:
        talk(server)
    assert all(call.endpoint.local is None or call.endpoint.local[1] != port for call in tape.calls())


def test_a_call_has_what_the_design_promises() -> None:
    server = echo_once()
    with watch() as tape:
        talk(server)
    (call,) = tape.calls(role="client", op="recv")
    assert (call.op, call.role, call.layer, call.result, call.error) == ("recv", "client", "plain", b"hello", None)
    assert call.ended is not None
    assert call.started <= call.ended


def test_the_picture_is_the_same_on_every_run_though_nobody_joins() -> None:
    runs = []
    for _ in range(30):
        server = echo_once()
        with watch() as tape:
            talk(server)
        runs.append(summary(tape))
    assert runs == runs[:1] * len(runs)


def test_a_server_alone_is_shown_where_it_waits() -> None:
    def server() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.accept()

    with watch() as tape:
        background(server)
    assert summary(tape)[0] == "listener.accept… None"


def test_syncs_of_the_programs_concerned() -> None:
    ready = Signal()
    unrelated = Signal()
    server = echo_once(lambda: ready.wait(2))
    with watch() as tape:
        unrelated.set()
        with socket.create_connection(server.address, timeout=2) as client:
            client.sendall(b"x")
            ready.set()
        server.join(2)
    kinds = {event.kind for event in tape.events if isinstance(event, Sync)}
    assert {"start", "wait", "set", "join"} <= kinds


# --- while it is open -----------------------------------------------------------------------


def test_it_grows_while_the_block_runs() -> None:
    server = echo_once()
    with watch() as tape:
        assert grows(tape)
        assert tape.calls() == []
        client = socket.create_connection(server.address, timeout=2)
        assert "connect" in [call.op for call in tape.calls("client")]
        client.sendall(b"hi")
        assert tape.exchange.arrows[0].source is tape.calls("client", "sendall")[0]
        client.close()
    assert not grows(tape)
    assert isinstance(tape, Tape)
    assert isinstance(tape, Picture)


def test_after_the_block_it_stays_as_it_was() -> None:
    stay = threading.Event()

    def server() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                connection.recv(10)
                stay.set()

    running = background(server)
    with watch() as tape, socket.create_connection(running.address, timeout=2) as client:
        client.sendall(b"")
        before = tape.now()
        until(lambda: tape.calls("server", "recv"))
        client_end = client.dup()
    (waiting,) = tape.calls("server", "recv")
    assert waiting.open
    assert before.calls("server", "close") == []
    client_end.sendall(b"late")
    client_end.close()
    assert stay.wait(5)
    running.join(5)
    (waiting,) = tape.calls("server", "recv")
    assert waiting.open
    assert (waiting.result, waiting.data, waiting.length) == (None, None, None)
    assert tape.calls("server", "close") == []
    assert tape.exchange is tape.exchange


def test_windows_nest_overlap_and_can_be_used_again() -> None:
    window = watch()
    with window as outer:
        talk(echo_once())
        with window as inner:
            talk(echo_once())
    with window as again:
        talk(echo_once())
    assert len(outer.calls(op="connect")) == 2
    assert len(inner.calls(op="connect")) == 1
    assert len(again.calls(op="connect")) == 1
    assert not any(call.endpoint in {other.endpoint for other in inner.calls()} for call in again.calls())


def test_the_cell_can_be_run_twice() -> None:
    def cell() -> list[str]:
        server = echo_once()
        with watch() as tape:
            talk(server)
        return summary(tape)

    assert cell() == cell()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_it_swallows_nothing_and_is_closed_all_the_same(error: type[BaseException]) -> None:
    with pytest.raises(error), watch() as tape:  # noqa: PT012  what happens before it is the point
        socket.create_server(("127.0.0.1", 0)).close()
        raise error
    assert not tape.open
    assert "bind" in [call.op for call in tape.calls()]


def test_an_interrupt_while_it_settles_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), watch() as tape:
        monkeypatch.setattr("labsupport.window.settle", interrupted)
    assert not tape.open


def test_it_says_what_to_do_with_it() -> None:
    assert "with watch() as tape" in repr(watch())


def test_it_holds_no_socket() -> None:
    with watch() as tape:
        listener = socket.create_server(("127.0.0.1", 0))
        descriptor = listener.fileno()
    with pytest.warns(ResourceWarning):  # noqa: PT031  the collector is what warns
        del listener
        gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        socket.socket(fileno=descriptor)
    assert tape.calls()


# --- settling -------------------------------------------------------------------------------


def test_a_server_that_has_ended_is_settled() -> None:
    server = echo_once()
    with watch() as tape:
        talk(server)
    assert all(not call.open for call in tape.calls())
    assert not server.running
    assert settling.settle(tape._begin, limit=5)


def test_an_idle_server_of_an_earlier_cell_that_sleeps_holds_nothing_up() -> None:
    awake = threading.Event()

    def sleeper() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.getsockname()
            while not awake.is_set():
                time.sleep(0.001)

    running = background(sleeper)
    assert running.address
    until(lambda: "getsockname" in [call.op for call in everything().calls() if not call.open])
    with watch() as tape:
        pass
    assert settling.settle(tape._begin, limit=5)
    awake.set()


def test_bytes_that_the_server_is_about_to_take_are_waited_for() -> None:
    slow = threading.Event()

    def server() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                connection.recv(10)
                slow.wait(0.1)  # longer than two looks
                connection.sendall(b"late")
                connection.recv(10)

    running = background(server)
    with watch() as tape, socket.create_connection(running.address, timeout=2) as client:
        client.sendall(b"x")
        assert client.recv(10) == b"late"
    assert [call.result for call in tape.calls("server", "recv")] == [b"x", b""]


def test_a_server_that_waits_for_a_signal_is_settled_until_it_is_set() -> None:
    go = Signal()
    server = echo_once(lambda: go.wait(5))
    with watch() as tape, socket.create_connection(server.address, timeout=2) as client:
        client.sendall(b"x")
        until(lambda: any(isinstance(event, Sync) and event.kind == "wait" for event in tape.events))
        began = time.monotonic()
        assert settling.settle(tape._begin, limit=10)
        assert time.monotonic() - began < 5  # the look itself ended it, not the limit
    go.set()
    server.join(5)


def test_a_server_that_computes_holds_a_window_up_for_no_longer_than_the_limit() -> None:
    done = False

    def server() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            connection, _ = listener.accept()
            with connection:
                while not done:
                    time.sleep(0.01)

    running = background(server)
    with watch() as tape, socket.create_connection(running.address, timeout=2):
        pass
    assert not settling.settle(tape._begin, limit=0.01)
    done = True
    running.join(5)
    assert settling.settle(tape._begin, limit=0.01)


def test_a_thread_that_waits_for_a_lock_or_a_selector_is_settled() -> None:
    import selectors

    entered = threading.Barrier(3)

    def server() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=lambda: (listener.getsockname(), entered.wait(), held.wait(5)), daemon=True).start()
        with selectors.DefaultSelector() as selector, listener:
            selector.register(listener, selectors.EVENT_READ)
            entered.wait()
            selector.select(5)

    held = threading.Event()
    running = background(server)
    with watch() as tape:
        entered.wait()
    assert settling.settle(tape._begin, limit=5)
    held.set()
    running.stop()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a warning that is kept keeps the socket
def test_a_look_holds_nothing_of_another_thread() -> None:
    """A frame that is kept holds its sockets; one's own frame, kept in a variable, would hold all for ever."""
    dropped: list[bool] = []

    def server() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            gone = weakref.ref(listener.accept()[0])
            dropped.append(gone() is None)

    running = background(server)
    address = running.address
    gc.disable()
    try:
        assert settling.settle(0, limit=5)
        socket.create_connection(address, timeout=2).close()
        running.join(5)
    finally:
        gc.enable()
    assert dropped == [True]


# --- a block that raises ---------------------------------------------------------------------

SERVE = """
import socket
from labsupport import background, watch
@background
def server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection, _ = listener.accept()
        connection.recv(10)
"""

RAISE = """
with watch() as tape:
    with socket.create_connection(server.address, timeout=0.05) as client:
        client.recv(10)
"""


def test_a_block_that_raises_shows_its_ladder_under_the_cell_that_it_ended_once() -> None:
    said = shown(SERVE, RAISE, "1", "tape")
    assert "TimeoutError" in said[1]
    assert said[1].count("[SYN-SENT]") == 1
    assert "[SYN-SENT]" not in said[2]
    assert said[3].count("[SYN-SENT]") == 1


def test_what_the_cell_catches_is_not_shown_for_it() -> None:
    caught = f"try:{RAISE}".replace("\n", "\n    ") + "\nexcept TimeoutError:\n    pass"
    assert shown(SERVE, caught)[1] == ""
    again = f"{caught}\n1 / 0"
    assert "[SYN-SENT]" not in shown(SERVE, again)[1]


def test_a_block_that_raises_elsewhere_lets_its_error_through() -> None:
    with pytest.raises(ZeroDivisionError), watch() as tape:
        raise ZeroDivisionError
    assert not tape.open


# --- label ----------------------------------------------------------------------------------


def test_a_label_names_an_end_also_when_it_is_closed() -> None:
    server = echo_once()
    with watch() as tape:
        client = socket.create_connection(server.address, timeout=2)
        client.close()
    label(client, "maria")
    assert {call.op for call in tape.calls(role="maria")} >= {"connect", "close"}
    assert tape.calls("client") == []


@pytest.mark.parametrize(
    ("what", "name", "sentence"),
    [
        ("no socket", "maria", "expected a socket, got 'no socket'"),
        (None, "", "a name that can be read, such as 'maria', not ''"),
        (None, "  ", "not '  '"),
        (None, "a\nb", "not 'a\\\\nb'"),
        (None, 7, r"not 7 \(int\)"),
        (None, "m" * 21, "at most 20 characters, to fit above its line; '.*' has 21"),
    ],
)
def test_bad_labels_get_a_sentence(what: Any, name: Any, sentence: str) -> None:
    with socket.socket() as sock, pytest.raises((TypeError, ValueError), match=sentence):
        label(what or sock, name)


# --- what is done wrong ---


def test_the_ladder_is_the_blocks_and_not_the_windows() -> None:
    window: Any = watch()
    with pytest.raises(AttributeError, match=r"with watch\(\) as tape"):
        window.text()


def test_after_uninstall_it_says_that_nothing_is_on_the_tape() -> None:
    uninstall()
    try:
        with pytest.raises(RuntimeError, match=r"uninstall\(\) was called"), watch():
            pass
    finally:
        install()

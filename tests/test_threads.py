"""`background`: what the object says, and that a cell run again replaces its server."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from labsupport.servers import serve
from labsupport.tape import watched
from labsupport.tape.events import Sync
from labsupport.tape.programs import Owner
from labsupport.tape.record import TAPE
from labsupport.tape.watched import live
from labsupport.threads import Background, Signal, background
from tests.leftovers import until

LOOPBACK = ("127.0.0.1", 0)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    background.stop_all()
    assert background.running() == []


def fixed_port() -> int:
    """A free port that no system gives to somebody who asks for none: below all ranges of ephemeral ports."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def echo_once() -> None:
    with socket.create_server(LOOPBACK) as listener:
        connection, _ = listener.accept()
        with connection:
            data = connection.recv(1024)
            print("got", data)
            connection.sendall(data)


def wait_for_clients() -> None:
    with socket.create_server(LOOPBACK) as listener:
        while True:
            listener.accept()[0].close()


def serve_nothing() -> object:
    return serve(lambda connection, address: None)


def background_nothing() -> object:
    return background(wait_for_clients)


def ask(server: Background, data: bytes = b"h\xc3\xa9llo") -> bytes:
    with socket.create_connection(server.address, timeout=5) as client:
        client.sendall(data)
        return client.recv(1024)


# --- address, output, error ---


def test_a_conversation() -> None:
    server = background(echo_once)
    assert ask(server) == b"h\xc3\xa9llo"
    server.join(5)
    assert server.output == "got b'h\\xc3\\xa9llo'\n"
    assert not server.running
    assert server.error is None


def test_decorator_with_and_without_a_name() -> None:
    @background
    def plain() -> None:
        wait_for_clients()

    @background(name="left")
    def other() -> None:
        wait_for_clients()

    assert (plain.name, other.name) == ("plain", "left")
    assert background.running() == [plain, other]


def test_async_function() -> None:
    @background
    async def server() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            data = await reader.read(1024)
            print(data)
            writer.write(data)
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer, *LOOPBACK) as listening:
            await listening.serve_forever()

    assert ask(server, b"one") == b"one"
    assert ask(server, b"two") == b"two"
    server.stop()
    assert server.output == "b'one'\nb'two'\n"
    assert server.error is None


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_address_is_a_pair_for_streams_and_datagrams(family: socket.AddressFamily, host: str) -> None:
    def stream() -> None:
        with socket.create_server((host, 0), family=family) as listener:
            listener.accept()

    def datagrams() -> None:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((host, 0))
            sock.recv(10)

    for function in (stream, datagrams):
        address = background(function).address
        assert len(address) == 2
        assert address[0] == host


def test_address_of_a_server_on_every_interface_can_be_connected_to() -> None:
    @background
    def server() -> None:
        with socket.create_server(("0.0.0.0", 0)) as listener:
            listener.accept()

    assert server.address[0] == "127.0.0.1"
    with socket.create_connection(server.address, timeout=5):
        server.join(5)


def test_address_of_a_listener_that_another_cell_made() -> None:
    with socket.create_server(LOOPBACK) as listener:
        server = background(listener.accept)
        assert server.address == listener.getsockname()
        with socket.create_connection(server.address, timeout=5):
            server.join(5)


def test_address_when_the_function_raises_first(capsys: pytest.CaptureFixture[str]) -> None:
    @background
    def server() -> None:
        raise ZeroDivisionError("on purpose")

    with pytest.raises(
        RuntimeError, match=r"server ended before it listened, with ZeroDivisionError: on purpose"
    ) as it:
        _ = server.address
    assert it.value.__cause__ is server.error
    shown = capsys.readouterr().err + "".join(traceback.format_exception(it.value))
    assert shown.count('raise ZeroDivisionError("on purpose")') == 1


def test_address_when_the_function_ends_first() -> None:
    server = background(lambda: None, name="server")
    with pytest.raises(RuntimeError, match=r"server ended without listening.*create_server"):
        _ = server.address


def test_address_when_the_function_does_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsupport.threads._server.PATIENCE", 0.2)
    ready = threading.Event()

    @background
    def server() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", ("127.0.0.1", 9))
            ready.set()
            sock.recv(10)  # no bind

    assert ready.wait(5)
    with pytest.raises(
        TimeoutError, match=r"it has bound no socket; it is waiting in recv\(\), at line \d+.*# no bind"
    ):
        _ = server.address

    @background
    def other() -> None:
        with socket.socket() as sock:
            sock.bind(LOOPBACK)
            time.sleep(0.6)

    with pytest.raises(TimeoutError, match=r"listen\(\) was not called; it is at line \d+.*time.sleep\(0.6\)"):
        _ = other.address
    other.join(5)


def test_address_asked_from_inside() -> None:
    bound = threading.Event()

    @background
    def server() -> None:
        bound.wait(5)
        print(server.address)

    bound.set()
    server.join(5)
    assert "getsockname" in str(server.error)


def test_the_error_is_kept_without_the_sockets() -> None:
    @background
    def server() -> None:
        listener = socket.create_server(LOOPBACK)
        connection, _ = listener.accept()
        connection.recv(10)
        raise ValueError("on purpose")

    with socket.create_connection(server.address, timeout=5) as client:
        client.sendall(b"x")
        server.join(5)
        assert isinstance(server.error, ValueError)
        assert client.recv(10) == b""  # the kernel was told, as when a program ends


def test_the_traceback_is_printed_once_and_in_the_learners_frames(capsys: pytest.CaptureFixture[str]) -> None:
    @background
    def server() -> None:
        with socket.create_server(LOOPBACK) as listener:
            listener.settimeout(0.01)
            listener.accept()

    server.join(5)
    shown = capsys.readouterr().err
    assert shown.startswith("server raised an exception.\nTraceback (most recent call last):\n")
    assert 'File "test_threads.py", line ' in shown
    assert "    listener.accept()\n" in shown
    assert "TimeoutError: timed out\n" in shown
    assert "labsupport" not in shown
    assert "socket.py" not in shown
    assert server.output == ""
    assert repr(server) == "<background 'server': ended with TimeoutError: timed out>"


def test_a_thread_that_it_started_raises(capsys: pytest.CaptureFixture[str]) -> None:
    def handle() -> None:
        raise ValueError("in a thread")

    @background
    def server() -> None:
        threading.Thread(target=handle).start()

    server.join(5)
    assert "a thread of server raised an exception" in capsys.readouterr().err
    assert str(server.error) == "in a thread"
    assert server.output == ""


def test_prints_of_its_threads_are_its_output(capsys: pytest.CaptureFixture[str]) -> None:
    @background
    def server() -> None:
        print("first")
        thread = threading.Thread(target=print, args=("second",))
        thread.start()
        thread.join()
        print("third", file=sys.stderr)

    server.join(5)
    assert server.output == "first\nsecond\nthird\n"
    assert capsys.readouterr() == ("", "")


def test_sys_exit_is_an_error_that_is_told() -> None:
    server = background(lambda: sys.exit("enough"), name="server")
    server.join(5)
    assert isinstance(server.error, SystemExit)


# --- join, repr, call ---


def test_join_gives_up_and_waits_for_all_threads() -> None:
    go = Signal("go")

    @background
    def server() -> None:
        threading.Thread(target=lambda: (go.wait(5), print("late"))).start()

    server.join(0.01)
    assert server.running
    go.set()
    server.join(5)
    assert server.output == "late\n"


def test_start_and_join_are_on_the_tape_once() -> None:
    since = TAPE.events()[-1].order if TAPE.events() else 0
    server = background(lambda: None, name="on the tape")
    server.join(5)
    server.stop()
    syncs = [(event.kind, event.name) for event in TAPE.events(since) if isinstance(event, Sync)]
    assert syncs == [("start", "on the tape"), ("join", "on the tape")]


@pytest.mark.parametrize(
    ("timeout", "error", "message"),
    [("2", TypeError, "number of seconds or None, not '2'"), (-1, ValueError, "cannot wait -1 seconds")],
)
def test_join_with_a_bad_timeout(timeout: Any, error: type[Exception], message: str) -> None:
    server = background(lambda: None, name="server")
    with pytest.raises(error, match=message):
        server.join(timeout)


def test_join_itself() -> None:
    bound = threading.Event()
    server: Any = background(lambda: bound.wait(5) and server.join(), name="server")
    bound.set()
    server.join(5)
    assert "cannot wait for its own end" in str(server.error)


def test_repr_says_what_it_does_and_no_numbers_of_this_run() -> None:
    server = background(wait_for_clients)
    port = server.address[1]
    _until(lambda: "accept" in repr(server))
    assert repr(server).startswith("<background 'wait_for_clients': running, waiting in accept(), at line ")
    assert str(port) not in repr(server)
    server.stop()
    assert repr(server) == "<background 'wait_for_clients': stopped>"
    assert repr(background(lambda: None, name="short")).startswith("<background 'short': ")


def test_calling_it_says_what_to_do() -> None:
    server: Any = background(wait_for_clients)
    with pytest.raises(TypeError, match=r"already runs in the background and is not called. Connect to .*\.address"):
        server()


# --- bad input ---


def _generator() -> Iterator[int]:
    yield 1


async def _coroutine() -> None: ...


def _needs(connection: socket.socket) -> None: ...


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "given None; pass the function itself"),
        (5, r"5 \(int\) cannot be called"),
        (socket.socket, "socket is a class"),
        (_generator, "_generator has a yield in it"),
        (_needs, r"_needs needs connection.*background\(lambda: _needs\(...\), name='_needs'\)"),
        (partial(partial(_needs)), "needs connection"),
    ],
)
def test_what_is_no_function(given: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        background(given)


def test_a_coroutine_and_a_server_are_no_functions() -> None:
    made: Any = _coroutine()
    with pytest.raises(TypeError, match="_coroutine without the parentheses"):
        background(made)
    server: Any = background(lambda: None, name="server")
    with pytest.raises(TypeError, match="leave one @background out"):
        background(server)


def test_bad_names_and_counts() -> None:
    start: Any = background
    with pytest.raises(TypeError, match="needs a function"):
        start()
    with pytest.raises(TypeError, match="is a string such as 'left', not 5"):
        start(wait_for_clients, name=5)
    with pytest.raises(ValueError, match="cannot be empty"):
        start(wait_for_clients, name=" ")
    with pytest.raises(TypeError, match="one function, not 2"):
        start(wait_for_clients, wait_for_clients)


def test_after_uninstall_it_says_why_it_cannot() -> None:
    watched.uninstall()
    try:
        with pytest.raises(RuntimeError, match=r"uninstall\(\) was called"):
            background(wait_for_clients)
    finally:
        watched.install()


# --- the same cell again ---


def test_the_same_name_replaces_and_another_does_not() -> None:
    first = background(wait_for_clients)
    left = background(wait_for_clients, name="left")
    again = background(wait_for_clients)
    assert not first.running
    assert left.running
    assert background.running() == [again, left] or background.running() == [left, again]


def test_two_lambdas_are_two_servers_and_one_run_again_is_one() -> None:
    source = "one = background(lambda: serve(1)); two = background(lambda: serve(2))"
    cell: dict[str, Any] = {"background": background, "serve": lambda _: wait_for_clients(), "__name__": "__main__"}
    exec(compile(source, "<cell>", "exec"), cell)
    assert cell["one"].running
    assert cell["two"].running
    exec(compile(source, "<cell>", "exec"), cell)
    assert len(background.running()) == 2


def test_a_fixed_port_without_reuseaddr_is_free_again_at_once() -> None:
    port = fixed_port()
    clients = []
    for _ in range(5):  # each leaves a client that has not closed its end

        @background
        def server() -> None:
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", port))
                listener.listen()
                connection, _ = listener.accept()
                connection.sendall(b"hello")
                connection.recv(1024)

        client = socket.create_connection(server.address, timeout=5)
        clients.append(client)
        assert client.recv(10) == b"hello"
    assert server.error is None
    for client in clients:
        client.close()


def test_a_fixed_port_is_free_again_though_the_server_ends_as_soon_as_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told_and_gone(owner: Owner, kind: type[BaseException]) -> None:
        tell_it(owner, kind)
        until(lambda: not owner.threads())

    tell_it = Owner.halt
    monkeypatch.setattr(Owner, "halt", told_and_gone)
    port = fixed_port()
    with contextlib.ExitStack() as clients:
        for _ in range(2):

            @background
            def server() -> None:
                with socket.socket() as listener:
                    listener.bind(("127.0.0.1", port))
                    listener.listen()
                    connection, _ = listener.accept()
                    connection.sendall(b"hello")
                    while True:  # never blocked: it notices at its next call
                        connection.send(b"")

            client = clients.enter_context(socket.create_connection(server.address, timeout=5))
            assert client.recv(10) == b"hello"
        background.stop_all()
        assert server.error is None


@pytest.mark.parametrize("start", [serve_nothing, background_nothing])
def test_who_presses_stop_while_a_server_starts_leaves_none(
    start: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(thread: threading.Thread) -> None:
        start_it(thread)
        raise KeyboardInterrupt

    before = set(threading.enumerate())
    start_it = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start()
    monkeypatch.undo()
    gc.collect()
    background.stop_all()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # each run drops the client of the run before
def test_500_runs_leave_the_threads_and_sockets_of_one() -> None:
    cell = compile(
        "@background\n"
        "def server():\n"
        "    with socket.create_server(('127.0.0.1', 0)) as listener:\n"
        "        while True:\n"
        "            connection, _ = listener.accept()\n"
        "            with connection:\n"
        "                connection.recv(10)\n"
        "client = socket.create_connection(server.address, timeout=5)\n",
        "<cell>",
        "exec",
    )
    names: dict[str, Any] = {"background": background, "socket": socket, "__name__": "__main__"}
    exec(cell, names)
    gc.collect()
    before = threading.active_count(), len(live())
    for _ in range(499):
        exec(cell, names)
    # One connection more or less: the newest client may have been accepted or not.
    assert threading.active_count() == before[0]
    _until(lambda: len(live()) <= before[1] + 1)
    names.pop("client").close()


def test_2000_clients_that_connect_at_once_are_not_refused() -> None:
    server = background(wait_for_clients)
    address = server.address
    refused: list[OSError] = []

    def many() -> None:
        for _ in range(250):
            try:
                socket.create_connection(address, timeout=10).close()
            except OSError as error:
                refused.append(error)

    crowd = [threading.Thread(target=many) for _ in range(8)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert refused == []


def test_the_interpreter_ends_although_a_worker_is_blocked() -> None:
    program = (
        "import socket\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from labsupport.threads import background\n"
        "@background\n"
        "def server():\n"
        "    with ThreadPoolExecutor() as pool, socket.create_server(('127.0.0.1', 0)) as listener:\n"
        "        pool.submit(listener.accept).result()\n"
        "print(server.address[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[1],
        check=True,
    )
    assert (done.stdout, done.stderr) == ("127.0.0.1\n", "")


def _until(condition: Any) -> None:
    """Wait until a thread has come so far; pytest's own timeout is the limit."""
    while not condition():
        time.sleep(0.001)

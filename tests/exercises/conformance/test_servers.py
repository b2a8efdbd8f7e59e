"""Right servers and clients pass, however they are made; a wrong one fails in the case that is about its fault."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from labsupport.exercises.conformance import Report, check_client, check_server
from tests.leftovers import none_left

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

LINES = [("héllo\n".encode(), "HÉLLO\n".encode()), (b"again\n", b"AGAIN\n")]


def failing(report: Report) -> set[str]:
    return {result.name for result in report.failures}


def _in_threads(serve: Callable[[Any], None]) -> Callable[[Any], None]:
    def server(listener: Any) -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    return server


def _echo(connection: Any) -> None:
    with connection, contextlib.suppress(ConnectionError):
        while data := connection.recv(1024):
            connection.sendall(data)


def _shout(connection: Any) -> None:
    with connection, contextlib.suppress(ConnectionError), connection.makefile("rb") as file:
        while (line := file.readline(100)).endswith(b"\n"):
            connection.sendall(line.decode().upper().encode())


def _with_a_selector(listener: Any) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                sock: Any = key.fileobj
                if sock is listener:
                    selector.register(listener.accept()[0], selectors.EVENT_READ)
                    continue
                try:
                    data = sock.recv(1024)
                    sock.sendall(data)
                except ConnectionError:
                    data = b""
                if not data:
                    selector.unregister(sock)
                    sock.close()


def _with_asyncio(listener: Any) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1024):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(echo, sock=listener)
        async with server:
            await server.serve_forever()

    asyncio.run(main())


@pytest.mark.parametrize("maker", [_in_threads(_echo), _with_a_selector, _with_asyncio])
def test_a_right_server_passes(maker: Callable[[Any], None]) -> None:
    report = check_server(maker)
    assert report.passed, report.text()


def test_a_server_of_lines_passes_with_a_maximum() -> None:
    report = check_server(_in_threads(_shout), LINES, oversize=b"x" * 1000)
    assert report.passed, report.text()


def test_the_standard_librarys_server_passes() -> None:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):
                for line in self.rfile:
                    self.wfile.write(line)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    def maker(listener: Any) -> None:
        server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
        server.socket.close()
        server.socket = listener
        server.serve_forever(poll_interval=0.01)

    report = check_server(maker)
    assert report.passed, report.text()


def _one_at_a_time(listener: Any) -> None:
    while True:
        _echo(listener.accept()[0])


def _one_client(listener: Any) -> None:
    _echo(listener.accept()[0])


def _one_recv(connection: Any) -> None:
    with connection:
        connection.sendall(connection.recv(1024))


def _dies_of_a_reset(listener: Any) -> None:
    while True:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data)


def _takes_pieces_for_questions(connection: Any) -> None:
    with connection, contextlib.suppress(ConnectionError, UnicodeError):
        while data := connection.recv(1024):
            connection.sendall(data.decode().upper().encode())


def _no_maximum(connection: Any) -> None:
    with connection, contextlib.suppress(ConnectionError), connection.makefile("rb") as file:
        for line in file:
            connection.sendall(line.decode().upper().encode())


RESET = "a client resets its connection in the middle of a question"


@pytest.mark.parametrize(
    ("maker", "exchanges", "names"),
    [
        (_one_client, None, {"a client leaves without a word", "12 clients at once"}),
        (_in_threads(_one_recv), None, {"one question after the other", "a question comes byte by byte"}),
        (_dies_of_a_reset, None, {RESET, "a client that says nothing keeps nobody waiting"}),
        (_in_threads(_takes_pieces_for_questions), LINES, {"a question comes byte by byte"}),
        (_in_threads(_no_maximum), LINES, {"a question is too large"}),
    ],
)
def test_a_wrong_server_fails_where_its_fault_is(maker: Any, exchanges: Any, names: set[str]) -> None:
    report = check_server(maker, exchanges, oversize=b"x" * 1000) if exchanges else check_server(maker)
    assert names <= failing(report), report.text()


def test_a_server_for_one_at_a_time_passes_if_that_is_all_it_is_to_do() -> None:
    assert failing(check_server(_one_at_a_time)) == {"a client that says nothing keeps nobody waiting"}
    assert check_server(_one_at_a_time, at_once=False).passed


def test_nothing_is_left_of_a_server() -> None:
    with none_left():
        check_server(_one_at_a_time)
        check_server(lambda listener: time.sleep(0.01))


def test_exchanges_that_say_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no question is empty"):
        check_server(_one_at_a_time, [(b"", b"hello")])


# --- clients ---------------------------------------------------------------------------------


def _ask(address: Any) -> str:
    with socket.create_connection(address, timeout=0.3) as sock:
        sock.sendall(b"how are you?\n")
        got = b""
        while not got.endswith(b"\n"):
            piece = sock.recv(1024)
            if not piece:
                raise EOFError
            got += piece
    return got.decode().strip()


def _asks_until_it_works(address: Any) -> str:
    until = time.monotonic() + 0.5
    while True:
        try:
            return _ask(address)
        except (OSError, EOFError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _one_recv_client(address: Any) -> str:
    with socket.create_connection(address, timeout=0.3) as sock:
        sock.sendall(b"how are you?\n")
        return sock.recv(1024).decode().strip()


def _without_a_timeout(address: Any) -> str:
    with socket.create_connection(address) as sock, sock.makefile("rwb") as file:
        file.write(b"how are you?\n")
        file.flush()
        line = file.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return line.decode().strip()


def asked(maker: Callable[[Any], object], retries: bool = False) -> Report:
    return check_client(maker, b"how are you?\n", "fíne\n".encode(), returns="fíne", retries=retries)


def test_a_right_client_passes() -> None:
    for report in (asked(_ask), asked(_asks_until_it_works, retries=True)):
        assert report.passed, report.text()


def test_a_wrong_client_fails_where_its_fault_is() -> None:
    assert failing(asked(_one_recv_client)) >= {"the answer comes byte by byte", "the answer ends early"}
    report = asked(_without_a_timeout)
    assert failing(report) == {"the server never answers"}, report.text()


def test_a_client_that_never_connects_passes_in_no_case() -> None:
    def unwritten(_address: Any) -> str:
        raise NotImplementedError

    report = asked(unwritten)
    assert failing(report) == {result.name for result in report.results}


def test_nothing_is_left_of_a_client() -> None:
    with none_left():
        asked(_without_a_timeout)

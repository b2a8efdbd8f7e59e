"""A server of one's own, that outlives clients which leave without a word, or reset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Outcome, Stage, Task

from .greeting_mistakes import EVERYWHERE, MISTAKES, STARTER, fixed_ports, listeners, served

__all__ = ["GREETING_SERVER"]


# --- the other side --------------------------------------------------------------------------


def _case(title: str, play: Callable[[Stage], None]) -> Case:
    return Case(title, "greeting_server()", play, given=lambda _: (), serves=True, holds=_only_here)


def _only_here(outcome: Outcome) -> str:
    open_to_all = any(end.local is not None and end.local[0] in EVERYWHERE for end in listeners(outcome))
    if open_to_all:
        return "a server that only this machine can reach, on 127.0.0.1"
    return "a server at a free port: it binds port 0" if fixed_ports(outcome) else ""


def _greets(stage: Stage, name: str) -> None:
    client = stage.client(name)
    client.says(name.encode())
    client.hears(b"hello " + name.encode())
    client.hears_the_end()


def _polite(stage: Stage) -> None:
    _greets(stage, "Amara")
    _greets(stage, "Bo")


def _without_a_word(stage: Stage) -> None:
    chen = stage.client("Chen")
    chen.finishes()
    chen.hears_the_end()
    stage.client("Dewi").leaves()
    stage.rest()
    _greets(stage, "Amara")


def _reset_in_the_queue(stage: Stage) -> None:
    """Eli's name has come, and so has the reset, before a server that serves one after another has accepted it."""
    amara = stage.client("Amara")
    eli = stage.client("Eli")
    eli.says(b"Eli")
    stage.rest()
    eli.resets()
    stage.rest()
    amara.says(b"Amara")
    amara.hears(b"hello Amara")
    amara.hears_the_end()
    stage.rest()
    _greets(stage, "Bo")


def _reset(stage: Stage) -> None:
    femi = stage.client("Femi")
    femi.resets()
    stage.rest()
    _greets(stage, "Bo")


GREETING_SERVER: Final = Task(
    name="greeting_server",
    chapter=1,
    prompt=(
        "**A greeting server that stays.** Write `greeting_server()`: it listens on 127.0.0.1 at a free port and "
        "serves "
        "one client after another, for ever. A client says its name, in one short piece here (at most 100 bytes). "
        "Answer "
        "`b'hello '` and the name, and close its connection. A client that leaves without a word gets no greeting, "
        "only the end. "
        "Whatever one client does, leave or reset, the next one is served."
    ),
    hints=(
        "Three things can come out of recv(): a name, b'', or an error. What happens to your server in each?",
        "`socket.create_server(('127.0.0.1', 0))` makes, binds and listens. One accept() for each client, in a loop.",
        (
            "An error that is not caught ends the function, and the server with it. A reset arrives as "
            "ConnectionResetError, "
            "in recv() or in sendall(): `except ConnectionError` around one client's turn, inside the loop."
        ),
        (
            "In the loop: accept; then `with connection:` and in it `try:`, recv(100), `if name:` sendall(b'hello ' + "
            "name), "
            "`except ConnectionError: pass`."
        ),
    ),
    starter=STARTER,
    solution=served("""
try:
    name = connection.recv(100)
    if name:
        connection.sendall(b"hello " + name)
except ConnectionError:
    pass  # this client is gone; the next one is not
"""),
    alternatives=(
        """\
import socket
import threading


def greet(connection):
    with connection:
        if name := connection.recv(100):
            connection.sendall(b"hello " + name)


def greeting_server():
    listener = socket.socket()
    listener.bind(("localhost", 0))
    listener.listen()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=greet, args=(connection,), daemon=True).start()
""",
        """\
import contextlib
import socketserver


class Greeter(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError):
            if name := self.request.recv(100):
                self.request.sendall(b"hello " + name)


def greeting_server():
    with socketserver.TCPServer(("127.0.0.1", 0), Greeter) as server:
        server.serve_forever()
""",
    ),
    cases=(
        _case("Amara and Bo, both polite", _polite),
        _case("Chen and Dewi leave without a word, then Amara comes", _without_a_word),
        _case("Femi resets while you wait for a name, then Bo comes", _reset),
        _case("Eli says a name and resets before being served, then Bo comes", _reset_in_the_queue),
    ),
    praise=(
        "Your server has met silence, an early end and two resets, and greeted everybody who waited. "
        "In the ladder: Eli's connection breaks, and accept() is called again all the same."
    ),
    mistakes=MISTAKES,
)

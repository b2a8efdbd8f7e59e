"""A server of one's own, that outlives clients which leave without a word, or reset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from labsupport.exercises.engine import Case, Facts, Mistake, Outcome, Stage, Task, fill
from labsupport.tape.events import Endpoint

__all__ = ["GREETING_SERVER"]

STARTER: Final = """\
import socket


def greeting_server():
    # Listen on 127.0.0.1 at port 0 (any free port), and greet one client after another, for ever.
    raise NotImplementedError
"""
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})


# --- the other side --------------------------------------------------------------------------


def _case(title: str, play: Callable[[Stage], None]) -> Case:
    return Case(title, "greeting_server()", play, given=lambda _: (), serves=True, holds=_only_here)


def _listeners(outcome: Outcome) -> list[Endpoint]:
    return [call.endpoint for call in outcome.calls("listen") if call.error is None]


def _only_here(outcome: Outcome) -> str:
    open_to_all = any(end.local is not None and end.local[0] in _EVERYWHERE for end in _listeners(outcome))
    return "a server that only this machine can reach, on 127.0.0.1" if open_to_all else ""


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
    """Eli's name has come, and so has his reset, before a server that serves one after another has accepted him."""
    amara = stage.client("Amara")
    stage.rest()
    eli = stage.client("Eli")
    eli.says(b"Eli")
    eli.resets()
    amara.says(b"Amara")
    amara.hears(b"hello Amara")
    amara.hears_the_end()
    stage.rest()
    _greets(stage, "Bo")


def _reset(stage: Stage) -> None:
    femi = stage.client("Femi")
    stage.rest()
    femi.resets()
    stage.rest()
    _greets(stage, "Bo")


# --- the signs of mistakes -------------------------------------------------------------------


def _dies_with_a_reset(outcome: Outcome) -> Facts | None:
    error = outcome.error
    if not isinstance(error, ConnectionError) or not outcome.receives or outcome.receives[-1].error is None:
        return None
    return {"error": type(error).__name__}


def _guards_only_recv(outcome: Outcome) -> Facts | None:
    error = outcome.error
    if not isinstance(error, ConnectionError) or not outcome.sends or outcome.sends[-1].error is None:
        return None
    return {"error": type(error).__name__}


def _guards_the_whole_loop(outcome: Outcome) -> Facts | None:
    return {} if outcome.gone and outcome.error is None and outcome.failed(ConnectionError) else None


def _serves_one(outcome: Outcome) -> Facts | None:
    once = len(outcome.calls("accept")) == 1
    quietly = outcome.error is None and not outcome.failed(ConnectionError)
    return {} if outcome.gone and quietly and once else None


def _mixes_text(outcome: Outcome) -> Facts | None:
    return {"error": outcome.error} if outcome.raised(TypeError, "bytes") and outcome.at else None


def _everyone(outcome: Outcome) -> Facts | None:
    found = [end.local[0] for end in _listeners(outcome) if end.local is not None and end.local[0] in _EVERYWHERE]
    return {"host": found[0]} if found and outcome.unmet is None else None


def _greets_nobody(outcome: Outcome) -> Facts | None:
    ends = {call.endpoint for call in outcome.receives if call.length == 0 and not call.open and call.error is None}
    sent = [call for call in outcome.sends if call.endpoint in ends and call.data]
    return {"data": sent[0].data} if sent and outcome.unmet is not None and outcome.unmet.got.startswith("b'") else None


def _keeps_the_connection(outcome: Outcome) -> Facts | None:
    unmet = outcome.unmet
    waits = unmet is not None and unmet.expected.startswith("the end") and unmet.got == "nothing"
    return {"who": unmet.who} if waits and unmet is not None and outcome.sends else None


_GREETING: Final = """
with socket.create_server(("127.0.0.1", 0)) as listener:
    while True:
        connection, _ = listener.accept()
        with connection:
            {body}
"""


def _with(body: str) -> str:
    return fill(STARTER, _GREETING.format(body=body.strip().replace("\n", "\n" + " " * 12)))


GREETING_SERVER: Final = Task(
    name="greeting_server",
    chapter=1,
    prompt=(
        "**A greeting server that stays.** Write `greeting_server()`: it listens on 127.0.0.1 at a free port and serves "
        "one client after another, for ever. A client says its name, in one short piece here (at most 100 bytes). Answer "
        "`b'hello '` and the name, and close its connection. Who leaves without a word gets no greeting, only the end. "
        "Whatever one client does, leave or reset, the next one is served."
    ),
    hints=(
        "Three things can come out of recv(): a name, b'', or an error. What happens to your server in each?",
        "`socket.create_server(('127.0.0.1', 0))` makes, binds and listens. One accept() for each client, in a loop.",
        "An error that is not caught ends the function, and the server with it. A reset arrives as ConnectionResetError, "
        "in recv() or in sendall(): `except ConnectionError` around one client's turn, inside the loop.",
        "In the loop: accept; then `with connection:` and in it `try:`, recv(100), `if name:` sendall(b'hello ' + name), "
        "`except ConnectionError: pass`.",
    ),
    starter=STARTER,
    solution=_with("""
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
        _case("Eli says his name and resets before his turn, then Bo comes", _reset_in_the_queue),
    ),
    praise=(
        "Your server has met silence, an early end and two resets, and greeted everybody who waited. "
        "In the ladder: Eli's connection breaks, and accept() is called again all the same."
    ),
    mistakes=(
        Mistake(
            "dies_with_a_reset",
            _with("""
if name := connection.recv(100):
    connection.sendall(b"hello " + name)
"""),
            "One client reset its connection, and your whole server ended with {error}. "
            "Catch ConnectionError around one client, inside the loop, so that the next one is served.",
            _dies_with_a_reset,
            {"error": "ConnectionResetError"},
        ),
        Mistake(
            "guards_only_recv",
            _with("""
try:
    name = connection.recv(100)
except ConnectionError:
    continue
if name:
    connection.sendall(b"hello " + name)
"""),
            "You caught the reset in recv(), and this one came in sendall(): the name had arrived, and then the client was "
            "gone. Your server ended with {error}. Put the whole of one client's turn inside the try.",
            _guards_only_recv,
            {"error": "ConnectionResetError"},
        ),
        Mistake(
            "guards_the_whole_loop",
            """\
import socket


def greeting_server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if name := connection.recv(100):
                        connection.sendall(b"hello " + name)
        except ConnectionError:
            print("a client has gone")
""",
            "Your `except` stands around the loop: it caught the reset, and the loop was over with it. "
            "Put try and except inside the loop, around one client, so that the next one is served.",
            _guards_the_whole_loop,
        ),
        Mistake(
            "serves_one",
            """\
import socket


def greeting_server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection, _ = listener.accept()
        with connection:
            if name := connection.recv(100):
                connection.sendall(b"hello " + name)
""",
            "Your server took one client, and then its function was over. After a client, go back to accept(): a loop.",
            _serves_one,
        ),
        Mistake(
            "mixes_text_and_bytes",
            _with("""
name = connection.recv(100)
connection.sendall("hello " + name)
"""),
            "Sockets carry bytes, and 'hello ' is text; the two do not mix ({error}). "
            "b'hello ' is bytes; .encode() makes bytes of a text, .decode() text of bytes.",
            _mixes_text,
            {"error": 'can only concatenate str (not "bytes") to str'},
        ),
        Mistake(
            "everyone_can_reach_it",
            """\
import socket


def greeting_server():
    listener = socket.socket()
    listener.bind(("", 0))
    listener.listen()
    while True:
        connection, _ = listener.accept()
        with connection:
            if name := connection.recv(100):
                connection.sendall(b"hello " + name)
""",
            "Your server listens on every network interface of this machine ('' means 0.0.0.0; here it was {host}), so "
            "others on your network can reach it. Bind 127.0.0.1 while you practise. (listen() without bind() does the same.)",
            _everyone,
            {"host": "0.0.0.0"},
        ),
        Mistake(
            "greets_nobody",
            _with("""
try:
    name = connection.recv(100)
    connection.sendall(b"hello " + name)
except ConnectionError:
    pass
"""),
            "A client left without a word: recv() gave b'', which is no name but the end. You greeted nobody with {data!r}. "
            "Answer only if there is a name.",
            _greets_nobody,
            {"data": b"hello "},
        ),
        Mistake(
            "keeps_the_connection",
            """\
import socket


def greeting_server():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        while True:
            connection, _ = listener.accept()
            try:
                if name := connection.recv(100):
                    connection.sendall(b"hello " + name)
            except ConnectionError:
                pass
""",
            "{who} has the greeting and still waits: your server never closed the connection, so no end comes. "
            "`with connection:` closes it when the client's turn is over.",
            _keeps_the_connection,
            {"who": "Amara"},
        ),
    ),
)
